using System.Formats.Tar;
using System.IO.Compression;
using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Helm.Charts;

/// <summary>Reads charts from a folder or a .tgz, subcharts included (helm.sh/docs/topics/charts).</summary>
public static class ChartLoader
{
    private const int MostLinks = 40;

    /// <summary>The chart in a folder. Files that .helmignore names are left out; links are followed inside the folder and to other charts, nowhere else.</summary>
    /// <exception cref="ChartException">The folder holds no valid chart.</exception>
    public static Chart LoadDirectory(string path, ChartLimits? limits = null)
    {
        var account = new Account(limits ?? new ChartLimits());
        return Load(ReadDirectory(path, account), account, 0);
    }

    /// <summary>The files of a chart in a folder; nothing is read out of them.</summary>
    /// <exception cref="ChartException">The folder holds no chart, or more than the limits allow.</exception>
    public static IReadOnlyList<ChartFile> ReadDirectory(string path, ChartLimits? limits = null) => ReadDirectory(path, new Account(limits ?? new ChartLimits()));

    private static List<ChartFile> ReadDirectory(string path, Account account)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!File.Exists(Path.Combine(root, "Chart.yaml")))
        {
            throw new ChartException($"unable to detect chart at {root}/Chart.yaml: open {root}/Chart.yaml: no such file or directory");
        }

        var ignorePath = Path.Combine(root, ".helmignore");
        var ignore = HelmIgnore.Parse(File.Exists(ignorePath) ? File.ReadAllText(ignorePath) : "");
        var files = new List<ChartFile>();
        // The real places of the folders that the walk is in: each link that is followed adds one that no path shows.
        var way = new Stack<string>();
        Walk(root, "");
        return files;

        void Walk(string folder, string prefix)
        {
            account.AddFolder(prefix, way.Count);
            way.Push(RealPath(folder, 0));
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                var name = prefix + entry.Name;
                if (ignore.Ignores(name, entry is DirectoryInfo))
                {
                    continue;
                }

                var real = entry.Attributes.HasFlag(FileAttributes.ReparsePoint) ? Followed(entry, name) : entry;
                if (real is DirectoryInfo)
                {
                    Walk(real.FullName, name + "/");
                    continue;
                }

                // What is no file - a pipe, a device - has no length, and could be waited for in vain.
                var length = ((FileInfo)real).Length;
                account.Add("chart", entry.Name, length);
                files.Add(new ChartFile(name, length == 0 ? ReadOnlyMemory<byte>.Empty : WithoutMark(File.ReadAllBytes(real.FullName))));
            }

            way.Pop();
        }

        // Charts of one repository share subcharts and files by links; what belongs to no chart is none of a chart's business.
        FileSystemInfo Followed(FileSystemInfo link, string name)
        {
            var place = RealPath(link.FullName, 0);
            FileSystemInfo target = Directory.Exists(place) ? new DirectoryInfo(place) : new FileInfo(place);
            if (!target.Exists)
            {
                throw new ChartException($"{name} is a link to something that is not there");
            }

            // Helm walks in circles until the system has enough of it (ELOOP).
            if (way.Any(f => IsIn(f, place)))
            {
                throw new ChartException($"{name} is a link to a folder that it is in");
            }

            return IsIn(place, way.Last()) || IsInChart(target)
                ? target : throw new ChartException($"{name} is a link that leads out of the chart");
        }
    }

    private static bool IsIn(string place, string folder) => (place + Path.DirectorySeparatorChar).StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // A path without links: one may stand anywhere on the way.
    private static string RealPath(string path, int links)
    {
        var result = Path.GetPathRoot(path)!;
        foreach (var part in path[result.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            result = Path.Combine(result, part);
            if (new FileInfo(result).LinkTarget is { } target)
            {
                result = links < MostLinks
                    ? RealPath(Path.GetFullPath(target, Path.GetDirectoryName(result)!), links + 1)
                    : throw new ChartException($"{path} is a link to itself");
            }
        }

        return result;
    }

    private static bool IsInChart(FileSystemInfo entry)
    {
        for (var folder = entry as DirectoryInfo ?? ((FileInfo)entry).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Chart.yaml")))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The chart in a .tgz stream.</summary>
    /// <exception cref="ChartException">No gzip, no tar, a path outside the chart, a link, too large, or no valid chart.</exception>
    public static Chart LoadArchive(Stream stream, ChartLimits? limits = null)
    {
        var account = new Account(limits ?? new ChartLimits());
        List<ChartFile> files;
        try
        {
            files = ReadArchive(stream, account);
        }
        catch (ChartException error)
        {
            throw new ChartException($"unable to load chart archive: {error.Message}", error);
        }

        return files.Exists(f => f.Name == "Chart.yaml") ? Load(files, account, 0) : throw new ChartException("unable to detect chart version, no Chart.yaml found");
    }

    /// <summary>The files of a chart in a .tgz stream; nothing is read out of them.</summary>
    /// <exception cref="ChartException">No gzip, no tar, a path outside the chart, a link, or more than the limits allow.</exception>
    public static IReadOnlyList<ChartFile> ReadArchive(Stream stream, ChartLimits? limits = null) => ReadArchive(stream, new Account(limits ?? new ChartLimits()));

    private static List<ChartFile> ReadArchive(Stream stream, Account account)
    {
        var files = new List<ChartFile>();
        try
        {
            using var gzip = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            using var tar = new TarReader(gzip);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                {
                    throw new ChartException($"{entry.Name} is a {entry.EntryType}: a chart holds plain files only");
                }

                var name = InChart(entry.Name);
                account.Add("decompressed chart", entry.Name, entry.Length);
                using var data = new MemoryStream();
                entry.DataStream?.CopyTo(data);
                files.Add(new ChartFile(name, WithoutMark(data.ToArray())));
            }
        }
        // .NET's reader of tar files has no error of its own: these are what it throws for wrong sizes, names and numbers.
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or InvalidOperationException or ArgumentException or OverflowException or NotSupportedException)
        {
            throw new ChartException($"the file is not a chart archive (gzip of tar): {error.Message}", error);
        }

        return files.Count > 0 ? files : throw new ChartException("no files in chart archive");
    }

    /// <summary>A chart from its files, as both readers give them.</summary>
    /// <exception cref="ChartException">The files make no valid chart.</exception>
    public static Chart Load(IReadOnlyList<ChartFile> files) => Load(files, new Account(new ChartLimits()), 0);

    private static Chart Load(IReadOnlyList<ChartFile> files, Account account, int depth)
    {
        if (depth > account.Limits.Depth)
        {
            throw new ChartException($"the chart has subcharts more than {account.Limits.Depth} levels deep");
        }

        // An archive may hold a path twice: the later file replaces the earlier one, as it does when tar unpacks it.
        var byName = new Dictionary<string, ChartFile>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            byName[file.Name] = file;
        }

        if (byName.Count < files.Count)
        {
            files = [.. files.Where(f => ReferenceEquals(byName[f.Name], f))];
        }

        var metadata = byName.TryGetValue("Chart.yaml", out var chartYaml)
            ? Read("Chart.yaml", () => MetadataReader.Read(Text(chartYaml)))
            : throw new ChartException("Chart.yaml file is missing");
        if (byName.TryGetValue("requirements.yaml", out var requirements))
        {
            // Charts of v2 should have none, but it counts where they do.
            var table = Read("requirements.yaml", () => GoYaml.ReadTable(Text(requirements)));
            metadata = metadata with
            {
                Dependencies = Read("requirements.yaml", () => MetadataReader.ReadDependencies(table, metadata.Dependencies)),
                HasDependencyList = table.ContainsKey("dependencies") ? MetadataReader.HasDependencyList(table) : metadata.HasDependencyList,
            };
        }

        // Subcharts are not asked.
        if (depth == 0 && metadata.ApiVersion is not ("" or "v1" or "v2" or "v3"))
        {
            throw new ChartException("unsupported chart version");
        }

        metadata = MetadataText.Clean(metadata);
        // A chart without an apiVersion is one of Helm 2's: v1.
        metadata = metadata.ApiVersion.Length == 0 ? metadata with { ApiVersion = "v1" } : metadata;
        Validate(metadata);

        // Helm can read charts of this one, but do nothing with them (pkg/action/install.go).
        if (depth == 0 && metadata.ApiVersion == "v3")
        {
            throw new ChartException("invalid chart apiVersion");
        }

        var templates = new List<ChartFile>();
        var others = new List<ChartFile>();
        var subcharts = new Dictionary<string, List<ChartFile>>(StringComparer.Ordinal);
        var dependencies = new List<Chart>();
        foreach (var file in files)
        {
            switch (file.Name)
            {
                case "Chart.yaml" or "values.yaml" or "values.schema.json" or "Chart.lock":
                case "requirements.yaml" or "requirements.lock" when metadata.ApiVersion != "v1":
                    break;
                case var name when name.StartsWith("templates/", StringComparison.Ordinal):
                    templates.Add(file);
                    break;
                case var name when name.StartsWith("charts/", StringComparison.Ordinal) && !name.EndsWith(".prov", StringComparison.Ordinal):
                    AddSubchart(file, name["charts/".Length..]);
                    break;
                default:
                    others.Add(file);
                    break;
            }
        }

        dependencies.AddRange(subcharts.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Unpacked(s.Key, () => Load(s.Value, account, depth + 1))));
        return new Chart
        {
            Metadata = metadata,
            Lock = byName.TryGetValue("Chart.lock", out var locked) ? Read("Chart.lock", () => GoYaml.ReadTable(Text(locked))) : null,
            Values = byName.TryGetValue("values.yaml", out var values) ? Read("values.yaml", () => ValuesFile.Read(Text(values))) : [],
            Schema = byName.TryGetValue("values.schema.json", out var schema) ? schema.Data : (ReadOnlyMemory<byte>?)null,
            Templates = templates,
            Files = others,
            Raw = [.. files],
            Dependencies = dependencies,
        };

        // A file that lies in charts/ by itself is a subchart without files.
        void AddSubchart(ChartFile file, string rest)
        {
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            var name = slash < 0 ? rest : rest[..slash];
            if (name[0] is '_' or '.')
            {
                return;
            }

            if (name.EndsWith(".tgz", StringComparison.Ordinal))
            {
                dependencies.Add(slash < 0
                    ? Unpacked(name, () => Load(ReadArchive(new MemoryStream(file.Data.ToArray()), account), account, depth + 1))
                    : throw new ChartException($"error unpacking subchart tar in {metadata.Name}: expected {name}, got {rest}"));
                return;
            }

            if (!subcharts.TryGetValue(name, out var list))
            {
                subcharts[name] = list = [];
            }

            if (slash >= 0)
            {
                list.Add(file with { Name = rest[(slash + 1)..] });
            }
        }

        Chart Unpacked(string name, Func<Chart> load)
        {
            try
            {
                return load();
            }
            catch (ChartException error)
            {
                throw new ChartException($"error unpacking subchart {name} in {metadata.Name}: {error.Message}", error);
            }
        }
    }

    private static T Read<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (YamlException error)
        {
            throw new ChartException($"cannot load {name}: {error.Message}", error);
        }
    }

    private static void Validate(Metadata metadata)
    {
        if (metadata.Name.Length == 0)
        {
            throw new ChartException("validation: chart.metadata.name is required");
        }

        if (metadata.Name is "." or "..")
        {
            throw new ChartException($"validation: chart.metadata.name {GoQuote.Quote(metadata.Name)} is not allowed");
        }

        if (metadata.Name != Path.GetFileName(metadata.Name))
        {
            throw new ChartException($"validation: chart.metadata.name {GoQuote.Quote(metadata.Name)} is invalid");
        }

        if (metadata.Version.Length == 0)
        {
            throw new ChartException("validation: chart.metadata.version is required");
        }

        if (Sprig.SemVersion.TryParse(metadata.Version) is null)
        {
            throw new ChartException($"validation: chart.metadata.version {GoQuote.Quote(metadata.Version)} is invalid");
        }

        if (metadata.Type is not ("" or "application" or "library"))
        {
            throw new ChartException("validation: chart.metadata.type must be application or library");
        }

        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var dependency in metadata.Dependencies)
        {
            if (!dependency.Alias.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                throw new ChartException($"validation: dependency {GoQuote.Quote(dependency.Name)} has disallowed characters in the alias");
            }

            var key = dependency.Alias.Length > 0 ? dependency.Alias : dependency.Name;
            if (!keys.Add(key))
            {
                throw new ChartException($"validation: more than one dependency with name or alias {GoQuote.Quote(key)}");
            }
        }
    }

    // The path below the archive's one top folder (pkg/chart/loader/archive). What is named like a place of this machine is refused in the top folder's name as well.
    private static string InChart(string path)
    {
        var delimiter = path.Contains('\\') ? '\\' : '/';
        var parts = path.Split(delimiter, 2);
        var rest = parts.Length > 1 ? parts[1].Replace(delimiter, '/') : "";
        if (path.StartsWith(delimiter) || rest.StartsWith('/'))
        {
            throw new ChartException("chart illegally contains absolute paths");
        }

        var clean = Sprig.Paths.Clean(rest);
        if (clean == ".")
        {
            throw new ChartException($"chart illegally contains content outside the base directory: {GoQuote.Quote(path)}");
        }

        if (parts[0] == ".." || clean.StartsWith("..", StringComparison.Ordinal))
        {
            throw new ChartException("chart illegally references parent directory");
        }

        if (IsDrive(parts[0] + "/") || IsDrive(clean))
        {
            throw new ChartException("chart contains illegally named files");
        }

        return parts[0] == "Chart.yaml" ? throw new ChartException("chart yaml not in base directory") : clean;
    }

    private static bool IsDrive(string path) => path.Length > 2 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] == '/';

    /// <summary>What a chart has used of its limits, archives inside of archives included.</summary>
    private sealed class Account(ChartLimits limits)
    {
        private int _files;
        private long _bytes;

        public ChartLimits Limits => limits;

        /// <summary>Folders count as files: links to the same few can make many.</summary>
        public void AddFolder(string name, int depth)
        {
            if (depth > limits.FolderDepth)
            {
                throw new ChartException($"the chart has folders more than {limits.FolderDepth} levels deep: {name}");
            }

            Count();
        }

        public void Add(string chart, string name, long length)
        {
            Count();
            if (length > limits.TotalBytes - _bytes)
            {
                throw new ChartException($"{chart} is larger than the maximum size {limits.TotalBytes}");
            }

            if (length > limits.FileBytes)
            {
                throw new ChartException($"{chart} file {GoQuote.Quote(name)} is larger than the maximum file size {limits.FileBytes}");
            }

            // A chart that is just as large as the limit is too large for Helm.
            if ((_bytes += length) >= limits.TotalBytes)
            {
                throw new ChartException($"{chart} is larger than the maximum size {limits.TotalBytes}");
            }
        }

        private void Count()
        {
            if (++_files > limits.Files)
            {
                throw new ChartException($"the chart has more than {limits.Files} files and folders");
            }
        }
    }

    private static ReadOnlyMemory<byte> WithoutMark(byte[] data) => data.AsSpan().StartsWith("\uFEFF"u8) ? data.AsMemory(3) : data;

    private static string Text(ChartFile file) => GoBytes.ToText(file.Data.Span);
}
