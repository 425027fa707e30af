using Portal.Helm.Templating;

namespace Portal.Server;

/// <summary>A setting that is wrong or missing: one line, then the start ends.</summary>
public sealed class SettingsException(string message) : Exception(message);

/// <summary>Where the portal keeps its data and what it was told at the start (README, Configuration).</summary>
public sealed record PortalSettings
{
    private const string UsualCheckImage = "busybox:1.37";

    public required string DataDirectory { get; init; }

    /// <summary>An ADO.NET connection string; "Server=" means MySQL.</summary>
    public required string Database { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>StackExchange.Redis' connection string, or null: then jobs are kept in memory and other replicas are noticed within a quarter of a second.</summary>
    public string? Redis { get; init; }

    /// <summary>Clusters that the server's own settings name; only these may use files and exec plugins.</summary>
    public IReadOnlyList<ConfiguredCluster> Clusters { get; init; } = [];

    public string? AdminPassword { get; init; }

    public string? MetricsToken { get; init; }

    public bool SandboxEnabled { get; init; }

    /// <summary>How often chart sources are read again; zero: only when somebody asks.</summary>
    public TimeSpan RefreshSources { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The image of a reachability check; it has nc.</summary>
    public string CheckImage { get; init; } = UsualCheckImage;

    /// <summary>Where values revisions are kept in Git as well; null: nowhere.</summary>
    public GitSettings? Git { get; init; }

    /// <summary>What a chart's templates may use of this server: see <see cref="TemplateLimits"/>.</summary>
    public TemplateLimits Templates { get; init; } = new();

    /// <summary>False when no portal was ever started with these settings; a MySQL server is not asked.</summary>
    public bool HasDatabase => UsesMySql || !Database.StartsWith($"Data Source={DefaultFile(DataDirectory)};", StringComparison.Ordinal) || File.Exists(DefaultFile(DataDirectory));

    public bool UsesMySql => Database.Contains("Server=", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="SettingsException">A value cannot be used.</exception>
    public static PortalSettings Read(IConfiguration configuration, string contentRoot, bool development)
    {
        var data = configuration["PORTAL_DATA"] ?? (development ? Path.Combine(SolutionFolder(contentRoot), "portal-data") : Path.Combine(AppContext.BaseDirectory, "portal-data"));
        try
        {
            CreateForOwner(data);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"PORTAL_DATA: {data} cannot be written: {error.Message}");
        }

        if (configuration["PORTAL_ADMIN_PASSWORD"] is { Length: > 0 and < 10 })
        {
            throw new SettingsException("PORTAL_ADMIN_PASSWORD must have at least 10 characters");
        }

        var sandbox = configuration["PORTAL_SANDBOX"] ?? (configuration.GetSection("Clusters").GetChildren().Any() ? "false" : "true");
        return new PortalSettings
        {
            DataDirectory = Path.GetFullPath(data),
            Database = configuration.GetConnectionString("Portal") is { Length: > 0 } database ? Understood(database) : $"Data Source={DefaultFile(Path.GetFullPath(data))};Default Timeout=30",
            KeyFile = configuration["PORTAL_KEY_FILE"],
            Redis = configuration.GetConnectionString("Redis") is { Length: > 0 } redis ? redis : null,
            Clusters = [.. configuration.GetSection("Clusters").GetChildren().Select(ConfiguredCluster.Read)],
            AdminPassword = configuration["PORTAL_ADMIN_PASSWORD"],
            MetricsToken = configuration["PORTAL_METRICS_TOKEN"] is { Length: > 0 } token ? token : null,
            SandboxEnabled = bool.TryParse(sandbox, out var on) ? on : throw new SettingsException("PORTAL_SANDBOX must be true or false"),
            RefreshSources = ReadMinutes(configuration, "PORTAL_REFRESH_MINUTES", 60),
            CheckImage = configuration["PORTAL_CHECK_IMAGE"] is { Length: > 0 } image ? image : UsualCheckImage,
            Git = GitSettings.Read(configuration),
            Templates = ReadTemplates(configuration.GetSection("Templates")),
        };
    }

    // A word that the driver does not know is said now, in one line, and not by whoever opens the first connection.
    private static string Understood(string database)
    {
        try
        {
            _ = database.Contains("Server=", StringComparison.OrdinalIgnoreCase) ? (System.Data.Common.DbConnectionStringBuilder)new MySqlConnector.MySqlConnectionStringBuilder(database) : new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(database);
            return database;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw new SettingsException($"ConnectionStrings__Portal: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static string DefaultFile(string data) => Path.Combine(data, "portal.db");

    // The database holds chart values encrypted, but the simulated cluster beside it keeps its Secrets as a cluster does.
    private static void CreateForOwner(string folder)
    {
        if (OperatingSystem.IsWindows() || Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static TimeSpan ReadMinutes(IConfiguration configuration, string name, int usual) => configuration[name] is not { } text ? TimeSpan.FromMinutes(usual)
        : int.TryParse(text, out var minutes) && minutes is >= 0 and <= 10_080 ? TimeSpan.FromMinutes(minutes) : throw new SettingsException($"{name} must be a number of minutes from 0 (never) to 10080 (a week)");

    private static TemplateLimits ReadTemplates(IConfigurationSection section)
    {
        try
        {
            return section.Get<TemplateLimits>(o => o.ErrorOnUnknownConfiguration = true) ?? new TemplateLimits();
        }
        catch (InvalidOperationException error)
        {
            throw new SettingsException($"Templates: {error.Message}");
        }
    }

    private static string SolutionFolder(string contentRoot)
    {
        for (var folder = new DirectoryInfo(contentRoot); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Iomete.Portal.sln")))
            {
                return folder.FullName;
            }
        }

        return contentRoot;
    }
}
