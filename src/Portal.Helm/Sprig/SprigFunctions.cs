using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>The functions of sprig, family by family.</summary>
public static class SprigFunctions
{
    /// <summary>Adds all of them to a table.</summary>
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        Strings.Register(table, environment);
        Casts.Register(table);
        Lists.Register(table);
        Dicts.Register(table);
        Flow.Register(table);
        Numbers.Register(table, environment);
        Dates.Register(table, environment);
        Encoding.Register(table);
        Crypto.Register(table, environment);
        Passwords.Register(table, environment);
        Certificates.Register(table, environment);
        Urls.Register(table, environment);
        Regexes.Register(table);
        SemVerFunctions.Register(table);
        Paths.Register(table);
    }
}
