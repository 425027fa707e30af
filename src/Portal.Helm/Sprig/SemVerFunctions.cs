using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>semver and semverCompare.</summary>
internal static class SemVerFunctions
{
    public static void Register(FunctionTable table)
    {
        table.Add("semver", [GoType.String], a => new VersionObject(Version((string)a[0]!), IsPointer: true));
        table.Add("semverCompare", [GoType.String, GoType.String], a =>
        {
            var constraint = SemConstraint.TryParse((string)a[0]!, out var fault) ?? throw new FunctionException(fault);
            return constraint.Matches(Version((string)a[1]!));
        });
    }

    private static SemVersion Version(string text) => SemVersion.TryParse(text, out var fault) ?? throw new FunctionException(fault);

    /// <summary>semver.Version: semver answers a pointer to one, what counts on answers one itself, which has fewer methods.</summary>
    internal sealed record VersionObject(SemVersion Version, bool IsPointer) : IGoObject
    {
        public string GoType => IsPointer ? "*semver.Version" : "semver.Version";

        public bool TryGetField(string name, out object? value)
        {
            value = null;
            return false;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            Function? Compared(Func<int, object> result) => IsPointer ? new(name, [Templating.GoType.Version], false, (_, a) => a[0] is VersionObject other ? result(Math.Sign(Version.CompareTo(other.Version)))
                : name == "Equal" ? false : throw new FunctionException("runtime error: invalid memory address or nil pointer dereference")) : null;
            Function Value(object value) => new(name, [], false, (_, _) => value);
            Function Made(Func<SemVersion> result) => new(name, [], false, (_, _) => Changed(result()));
            Function Set(string what, Func<string, SemVersion> result) => new(name, [Templating.GoType.String], false, (_, a) => Changed(result(Checked((string)a[0]!, what))));
            var found = name switch
            {
                "Compare" => Compared(order => (nint)order),
                "GreaterThan" => Compared(order => order > 0),
                "GreaterThanEqual" => Compared(order => order >= 0),
                "LessThan" => Compared(order => order < 0),
                "LessThanEqual" => Compared(order => order <= 0),
                "Equal" => Compared(order => order == 0),
                "IncMajor" => Made(() => new SemVersion(unchecked(Version.Major + 1), 0, 0, "", "", "")),
                "IncMinor" => Made(() => new SemVersion(Version.Major, unchecked(Version.Minor + 1), 0, "", "", "")),
                "IncPatch" => Made(() => new SemVersion(Version.Major, Version.Minor, Version.Prerelease.Length > 0 ? Version.Patch : unchecked(Version.Patch + 1), "", "", "")),
                "Major" => Value(Version.Major),
                "Minor" => Value(Version.Minor),
                "Patch" => Value(Version.Patch),
                "Prerelease" => Value(Version.Prerelease),
                "Metadata" => Value(Version.Metadata),
                "Original" when IsPointer => Value(Version.Original),
                "String" or "Value" => Value(Version.ToString()),
                "MarshalJSON" => Value(GoBytes.ToBytes($"\"{Version}\"")),
                "MarshalText" => Value(GoBytes.ToBytes(Version.ToString())),
                "SetPrerelease" => Set("prerelease", text => Version with { Prerelease = text }),
                "SetMetadata" => Set("metadata", text => Version with { Metadata = text }),
                _ => null,
            };
            method = found!;
            return found is not null;
        }

        public override string ToString() => Version.ToString();

        private VersionObject Changed(SemVersion version) => new(version with { Original = (Version.Original.StartsWith('v') ? "v" : "") + version }, IsPointer: false);

        private static string Checked(string text, string what) => text.Length > 0 && !SemVersion.AreNames(text) ? throw new FunctionException($"invalid {what} string")
            : what == "prerelease" && text.Split('.').Any(SemVersion.HasLeadingZero) ? throw new FunctionException("version segment starts with 0")
            : text;
    }
}
