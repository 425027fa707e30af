using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Defaults, choices, reflection and failing.</summary>
internal static class Flow
{
    public static void Register(FunctionTable table)
    {
        table.AddVariadic("default", [GoType.Any, GoType.Any], a => a.Length < 2 || !GoValue.IsTrue(a[1]) ? a[0] : a[1]);
        table.Add("empty", [GoType.Any], a => !GoValue.IsTrue(a[0]));
        table.AddVariadic("coalesce", [GoType.Any], a => a.FirstOrDefault(GoValue.IsTrue));
        table.AddVariadic("all", [GoType.Any], a => a.All(GoValue.IsTrue));
        table.AddVariadic("any", [GoType.Any], a => a.Any(GoValue.IsTrue));
        table.Add("ternary", [GoType.Any, GoType.Any, GoType.Bool], a => (bool)a[2]! ? a[0] : a[1]);
        table.Add("fail", [GoType.String], a => throw new ChartFailureException((string)a[0]!));
        table.Add("typeOf", [GoType.Any], a => GoValue.TypeName(a[0]));
        table.Add("typeIs", [GoType.String, GoType.Any], a => GoValue.TypeName(a[1]) == (string)a[0]!);
        table.Add("typeIsLike", [GoType.String, GoType.Any], a => GoValue.TypeName(a[1]) == (string)a[0]! || "*" + (string)a[0]! == GoValue.TypeName(a[1]));
        table.Add("kindOf", [GoType.Any], a => GoValue.KindName(a[0]));
        table.Add("kindIs", [GoType.String, GoType.Any], a => GoValue.KindName(a[1]) == (string)a[0]!);
    }
}
