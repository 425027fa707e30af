using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>semver and semverCompare.</summary>
internal static class SemVerFunctions
{
    public static void Register(FunctionTable table)
    {
        table.Add("semver", [GoType.String], a => new VersionObject(SemVersion.TryParse((string)a[0]!) ?? throw new FunctionException(Fault((string)a[0]!))));
        table.Add("semverCompare", [GoType.String, GoType.String], a =>
        {
            var constraint = SemConstraint.TryParse((string)a[0]!) ?? throw new FunctionException(
                // The alternative that does not parse, as it was written.
                $"improper constraint: {GoQuote.Quote(((string)a[0]!).Split("||").FirstOrDefault(p => SemConstraint.TryParse(p) is null) ?? (string)a[0]!)}");
            var version = SemVersion.TryParse((string)a[1]!) ?? throw new FunctionException("invalid semantic version");
            return constraint.Matches(version);
        });
    }

    private static string Fault(string text) =>
        text.Split('+')[0].Split('-', 2) is [_, var prerelease] && prerelease.Split('.').Any(SemVersion.HasLeadingZero) ? "version segment starts with 0" : "invalid semantic version";

    private sealed class VersionObject(SemVersion version) : IGoObject
    {
        public string GoType => "*semver.Version";

        public SemVersion Version => version;

        private static SemVersion Plain(long major, long minor, long patch) => SemVersion.TryParse(FormattableString.Invariant($"{major}.{minor}.{patch}"))!;

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
            Function Compared(Func<int, object> result) => new(name, [Templating.GoType.Any], false, (_, a) => result(version.CompareTo(
                (a[0] as VersionObject)?.Version ?? throw new FunctionException($"wrong type for value; expected *semver.Version; got {GoValue.TypeName(a[0])}"))));
            Function Made(Func<SemVersion> result) => new(name, [], false, (_, _) => new VersionObject(result()));
            var found = name switch
            {
                "Compare" => Compared(order => (nint)order),
                "GreaterThan" => Compared(order => order > 0),
                "LessThan" => Compared(order => order < 0),
                "Equal" => Compared(order => order == 0),
                "IncMajor" => Made(() => Plain(version.Major + 1, 0, 0)),
                "IncMinor" => Made(() => Plain(version.Major, version.Minor + 1, 0)),
                "IncPatch" => Made(() => Plain(version.Major, version.Minor, version.Prerelease.Length > 0 ? version.Patch : version.Patch + 1)),
                _ => null,
            };
            method = found!;
            return found is not null;
        }

        public override string ToString() => version.ToString();
    }
}
