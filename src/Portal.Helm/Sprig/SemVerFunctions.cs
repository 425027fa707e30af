using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>semver and semverCompare.</summary>
internal static class SemVerFunctions
{
    public static void Register(FunctionTable table)
    {
        table.Add("semver", [GoType.String], a => new VersionObject(SemVersion.TryParse((string)a[0]!) ?? throw new FunctionException("invalid semantic version")));
        table.Add("semverCompare", [GoType.String, GoType.String], a =>
        {
            var constraint = SemConstraint.TryParse((string)a[0]!) ?? throw new FunctionException($"improper constraint: {a[0]}");
            var version = SemVersion.TryParse((string)a[1]!) ?? throw new FunctionException("invalid semantic version");
            return constraint.Matches(version);
        });
    }

    private sealed class VersionObject(SemVersion version) : IGoObject
    {
        public string GoType => "*semver.Version";

        public bool TryGetField(string name, out object? value)
        {
            value = name switch
            {
                "Major" => (ulong)version.Major,
                "Minor" => (ulong)version.Minor,
                "Patch" => (ulong)version.Patch,
                "Prerelease" => version.Prerelease,
                "Metadata" => version.Metadata,
                "Original" => version.Original,
                "String" => version.ToString(),
                _ => null,
            };
            return value is not null;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = null!;
            return false;
        }

        public override string ToString() => version.ToString();
    }
}
