using System.Reflection;

namespace Portal.Architecture.Tests;

public sealed class WhoKnowsWhomTests
{
    // Right may use left, never back.
    private static readonly string[] Line = ["Access", "Clusters", "Catalog", "Releases", "Values", "Plans", "Operations", "Approvals", "Backups", "Overview"];

    [Theory]
    [InlineData("Portal.Core")]
    [InlineData("Portal.Helm")]
    [InlineData("Portal.Sandbox")]
    [InlineData("Portal.Client", "Portal.Core")]
    [InlineData("iomete-portal", "Portal.Helm")]
    [InlineData("Portal.Server", "Portal.Client", "Portal.Core", "Portal.Helm", "Portal.Sandbox")]
    public void A_project_knows_only_these_projects(string project, params string[] allowed)
    {
        var known = Assembly.Load(project).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Portal.", StringComparison.Ordinal));
        Assert.Empty(known.Except(allowed));
    }

    [Fact]
    public void Core_has_only_the_base_class_library() =>
        Assert.All(Assembly.Load("Portal.Core").GetReferencedAssemblies(), a => Assert.StartsWith("System", a.Name, StringComparison.Ordinal));

    [Fact]
    public void Features_of_the_server_use_only_what_stands_left_of_them()
    {
        var types = Assembly.Load("Portal.Server").GetTypes().Where(t => FeatureOf(t) is not null).ToArray();
        Assert.Equal(Line.Where(f => types.Any(t => FeatureOf(t) == f)), types.Select(t => FeatureOf(t)!).Distinct().OrderBy(f => Array.IndexOf(Line, f)));
        // The reading of compiled code sees what is allowed, so it would see what is not.
        Assert.Contains(types, t => FeatureOf(t) == "Overview" && UsedTypes.Of(t).Any(u => FeatureOf(u) == "Operations"));
        var wrong = from type in types
                    from used in UsedTypes.Of(type)
                    let feature = FeatureOf(used)
                    where feature is not null && Array.IndexOf(Line, feature) > Array.IndexOf(Line, FeatureOf(type))
                    select $"{Name(type)} uses {Name(used)}";
        Assert.Empty(wrong.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_helm_engine_knows_no_web_and_no_database()
    {
        string[] foreign = ["Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Hangfire"];
        Assert.DoesNotContain(Assembly.Load("Portal.Helm").GetReferencedAssemblies(), a => foreign.Any(f => a.Name!.StartsWith(f, StringComparison.Ordinal)));
    }

    private static string? FeatureOf(Type type)
    {
        const string Root = "Portal.Server.Features.";
        return type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true ? type.Namespace[Root.Length..].Split('.')[0] : null;
    }

    private static string Name(Type type)
    {
        while (type.DeclaringType is { } outer && type.Name.Contains('<', StringComparison.Ordinal))
        {
            type = outer;
        }

        return $"{FeatureOf(type)}/{type.Name}";
    }
}
