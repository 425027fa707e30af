using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

/// <summary>One key before and after: path and default on each side; null where the version has no such key.</summary>
public sealed record KeyChangeFact(string? Old, object? OldDefault, string? New, object? NewDefault);

/// <summary>One change between two real versions of a platform's chart.</summary>
public sealed record BumpRow(string Id, string From, string To, MigrationKind Kind, string Note, params KeyChangeFact[] Keys)
{
    public string Pair => $"{From} > {To}";

    public override string ToString() => Id;
}

/// <summary>How a vendor's templates look.</summary>
public enum TemplateStyle
{
    /// <summary>Each key stands at its place in an object, and keeps that place when it is renamed.</summary>
    Places,

    /// <summary>Places behind a helper that gets the values in a dict.</summary>
    Helpers,

    /// <summary>One Secret holds all values; no template reads a key by itself.</summary>
    OneSecret,

    /// <summary>Files, objects and variables are named anew with the key: nothing but name, type and default is left.</summary>
    Rewritten,
}

/// <summary>49 real changes between versions of IOMETE's data plane, and small charts of our own that make them.</summary>
public static class RealBumps
{
    private static readonly List<object?> NoList = [];

    private static Dictionary<string, object?> NoMap => new(StringComparer.Ordinal);

    private static KeyChangeFact K(string old, object? oldDefault, string now, object? newDefault) => new(old, oldDefault, now, newDefault);

    private static KeyChangeFact K(string old, object? oldDefault, string now) => new(old, oldDefault, now, oldDefault);

    private static KeyChangeFact Gone(string old, object? oldDefault) => new(old, oldDefault, null, null);

    private static KeyChangeFact Added(string now, object? newDefault) => new(null, null, now, newDefault);

    /// <summary>The rows in the order in which they happened.</summary>
    public static IReadOnlyList<BumpRow> Rows { get; } =
    [
        new("01 lakehouse bucket into catalogs", "1.0.5", "1.4.0", MigrationKind.Rename, "", K("storage.lakehouse_bucket_name", "lakehouse", "storage.catalogs.spark_catalog.bucketName")),
        new("02 assets bucket", "1.0.5", "1.4.0", MigrationKind.Rename, "", K("storage.assets_bucket_name", "assets", "storage.assetsBucketName")),
        new("03 storage type", "1.0.5", "1.4.0", MigrationKind.Rename, "", K("storage.settings.type", "minio", "storage.type")),
        new("04 storage settings by type", "1.0.5", "1.4.0", MigrationKind.Move, "the target table depends on the type", K("storage.settings.endpoint", "http://minio:9000", "storage.minioSettings.endpoint"), K("storage.settings.accessKey", "access", "storage.minioSettings.accessKey"), K("storage.settings.secretKey", "keep", "storage.minioSettings.secretKey"), K("storage.settings.secretKeySecret", NoMap, "storage.minioSettings.secretKeySecret"), K("storage.settings.additionalConfigOverrides", NoMap, "storage.minioSettings.additionalConfigOverrides")),
        new("05 cloud added", "1.0.5", "1.4.0", MigrationKind.Add, "", Added("cloud.provider", "on-prem"), Added("cloud.region", "us-east")),
        new("06 keycloak switch added", "1.0.5", "1.4.0", MigrationKind.Add, "", Added("keycloak.enabled", true), Added("keycloak.endpoint", "http://keycloak-http/auth")),
        new("07 jupyter token default", "1.0.5", "1.4.0", MigrationKind.Default, "", K("jupyter.authToken", "1234", "jupyter.authToken", "eg_generated")),
        new("08 admin user to the top", "1.4.0", "1.7.0", MigrationKind.Move, "", K("dataPlane.adminUser.username", "admin", "adminUser.username"), K("dataPlane.adminUser.email", "admin@example.com", "adminUser.email"), K("dataPlane.adminUser.firstName", "Admin", "adminUser.firstName"), K("dataPlane.adminUser.lastName", "Admin", "adminUser.lastName"), K("dataPlane.adminUser.temporaryPassword", "admin", "adminUser.temporaryPassword")),
        new("09 cloud removed", "1.4.0", "1.7.0", MigrationKind.Remove, "", Gone("cloud.provider", "on-prem"), Gone("cloud.region", "us-east")),
        new("10 database type added", "1.4.0", "1.7.0", MigrationKind.Add, "", Added("database.type", "postgresql")),
        new("11 ranger becomes a module", "1.4.0", "1.7.0", MigrationKind.Rename, "", K("ranger.enabled", true, "modules.security")),
        new("12 modules added", "1.4.0", "1.7.0", MigrationKind.Add, "", Added("modules.authorization", true), Added("modules.catalog", false), Added("modules.monitoring", false), Added("docker.repo", "iomete")),
        new("13 chart renamed", "1.4.0", "1.7.0", MigrationKind.ChartRename, "the release moves to another namespace", K("iomete-dataplane", null, "iomete-data-plane-enterprise")),
        new("14 modules split", "1.7.1", "1.7.2", MigrationKind.Split, "", K("modules.security", true, "ranger.enabled", false), K("modules.authorization", true, "rbac.enabled", false), K("modules.catalog", false, "dataCatalog.enabled"), K("modules.monitoring", false, "monitoring.installed")),
        new("15 docker settings added", "1.7.1", "1.7.2", MigrationKind.Add, "", Added("istioGateway.namespace", "istio-system"), Added("docker.pullPolicy", "Always"), Added("docker.appVersion", "1.7.1"), Added("docker.sparkVersion", "3.5.0"), Added("docker.imagePullSecrets", NoList)),
        new("16 prerequisite chart renamed", "1.7.1", "1.7.2", MigrationKind.ChartRename, "", K("iomete-lakehouse-service-account", null, "iomete-data-plane-enterprise-base")),
        new("17 lakehouse bucket back", "1.7.2", "1.8.0", MigrationKind.Rename, "", K("storage.catalogs.spark_catalog.bucketName", "lakehouse", "storage.lakehouseBucketName")),
        new("18 jupyter gateway", "1.7.2", "1.8.0", MigrationKind.Rename, "", K("jupyter.authToken", "eg_generated", "jupyterGateway.authToken", "changeit")),
        new("19 rbac becomes opa", "1.7.2", "1.8.0", MigrationKind.Rename, "", K("rbac.enabled", false, "opa.enabled", true)),
        new("20 control plane removed", "1.7.2", "1.8.0", MigrationKind.Remove, "", Gone("controlPlane.enabled", false), Gone("istioGateway.namespace", "istio-system"), Gone("storage.minioSettings.additionalConfigOverrides", NoMap)),
        new("21 ssl and more stores added", "1.7.2", "1.8.0", MigrationKind.Add, "", Added("name", "iomete-data-plane"), Added("database.ssl.enabled", false), Added("database.ssl.mode", "disable"), Added("istioGateway.host", "*"), Added("storage.dellEcsSettings", NoMap), Added("storage.azureSettings", NoMap), Added("helmRepo.url", "https://charts.example.com"), Added("helmRepo.type", "default"), Added("helmRepo.secretRef", ""), Added("dataCatalog.storageSize", "1Gi"), Added("javaTrustStore.enabled", false), Added("javaTrustStore.mountPath", "/etc/ssl/certs")),
        new("22 gateway and repository removed", "1.8.0", "1.9.2", MigrationKind.Remove, "", Gone("istioGateway.host", "*"), Gone("istioGateway.tlsCertSecretName", ""), Gone("helmRepo.url", "https://charts.example.com"), Gone("helmRepo.type", "default"), Gone("jupyterGateway.authToken", "changeit")),
        new("23 trust store path default", "1.8.0", "1.9.2", MigrationKind.Default, "", K("javaTrustStore.mountPath", "/etc/ssl/certs", "javaTrustStore.mountPath", "/etc/ssl/iomete-certs")),
        new("24 https switch added", "1.8.0", "1.9.2", MigrationKind.Add, "", Added("ingress.httpsEnabled", true)),
        new("25 shuffle storage removed", "2.0.1", "2.1.0", MigrationKind.Remove, "set in the console since", Gone("spark.shuffleStorage.type", "hostPath"), Gone("spark.shuffleStorage.hostPath", "/local1")),
        new("26 two buckets become one", "1.9.2", "1.10.0", MigrationKind.Merge, "move the data of the old assets bucket first", K("storage.lakehouseBucketName", "lakehouse", "storage.bucketName", "lakehouse"), K("storage.assetsBucketName", "assets", "storage.bucketName", "lakehouse")),
        new("27 opa removed", "1.9.2", "1.10.0", MigrationKind.Remove, "", Gone("opa.enabled", true)),
        new("28 logging sources added", "1.9.2", "1.10.0", MigrationKind.Add, "", Added("ranger.audit.enabled", false), Added("logging.source", "kubernetes"), Added("logging.lokiSettings.host", "loki-gateway"), Added("logging.lokiSettings.port", "80"), Added("logging.elasticSearchSettings.host", ""), Added("logging.elasticSearchSettings.port", "9200")),
        new("29 pii detection added", "1.10.0", "1.11.0", MigrationKind.Add, "", Added("dataCatalog.piiDetection", false)),
        new("30 app version removed", "1.11.1", "1.12.0", MigrationKind.Remove, "", Gone("docker.appVersion", "1.11.1")),
        new("31 splunk added", "1.12.0", "1.15.0", MigrationKind.Add, "", Added("logging.splunkSettings.endpoint", ""), Added("logging.splunkSettings.token", "")),
        new("32 monitoring switch", "1.15.0", "1.16.0", MigrationKind.Rename, "", K("monitoring.installed", false, "monitoring.enabled")),
        new("33 spark operator settings added", "1.15.0", "1.16.0", MigrationKind.Add, "", Added("services.sparkOperator.metricAnnotations", NoMap), Added("services.sparkOperator.resources", NoMap)),
        new("34 metric annotations moved", "1.18.0", "1.19.3", MigrationKind.Move, "in a patch release", K("services.sparkOperator.metricAnnotations.prometheus\\.io/port", "10254", "monitoring.sparkOperator.metricAnnotations.prometheus\\.io/port"), K("services.sparkOperator.metricAnnotations.prometheus\\.io/path", "/metrics", "monitoring.sparkOperator.metricAnnotations.prometheus\\.io/path")),
        new("35 spark log level default", "1.18.0", "1.19.3", MigrationKind.Default, "in a patch release", K("spark.logLevel", "warn", "spark.logLevel", "info")),
        new("36 secret store added", "1.18.0", "1.19.3", MigrationKind.Add, "", Added("monitoring.iomServices.metricAnnotations.prometheus\\.io/path", "/q/metrics"), Added("secretStore.type", "kubernetes"), Added("secretStore.vault.host", "")),
        new("37 namespaces added", "1.19.3", "1.20.0", MigrationKind.Add, "", Added("namespaces", NoList)),
        new("38 base chart gone", "1.20.0", "1.22.0", MigrationKind.ChartRemove, "manifests are applied by a cluster admin", Gone("iomete-data-plane-base", null)),
        new("39 keycloak and ranger removed", "1.22.0", "2.0.0", MigrationKind.Remove, "", Gone("keycloak.enabled", true), Gone("keycloak.adminUser", "kc_admin"), Gone("keycloak.adminPassword", "Admin_123"), Gone("keycloak.endpoint", "http://keycloak-http/auth"), Gone("ranger.enabled", true), Gone("ranger.audit.enabled", false)),
        new("40 elasticsearch endpoint", "1.22.0", "2.0.0", MigrationKind.Replace, "", K("logging.elasticSearchSettings.host", "elastic", "logging.elasticSearchSettings.endpoint", ""), K("logging.elasticSearchSettings.port", "9200", "logging.elasticSearchSettings.endpoint", "")),
        new("41 resolver added", "1.22.0", "2.0.0", MigrationKind.Add, "", Added("dnsResolver", "kube-dns.kube-system.svc.cluster.local")),
        new("42 replicas and placement added", "2.0.1", "2.1.0", MigrationKind.Add, "", Added("services.gateway.replicas", 1d), Added("services.restCatalog.replicas", 1d), Added("controlPlaneNodeSelector", NoMap), Added("controlPlaneTolerations", NoList)),
        new("43 feature switches added", "3.1.3", "3.2.0", MigrationKind.Add, "", Added("features.jobOrchestrator.enabled", false), Added("features.activityMonitoring.enabled", false)),
        new("44 default spark version", "3.6.0", "3.7.0", MigrationKind.Rename, "", K("docker.sparkVersion", "3.5.3", "docker.defaultSparkVersion")),
        new("45 history interval default", "3.14.0", "3.15.0", MigrationKind.Default, "", K("services.sparkHistory.settings.updateInterval", "30s", "services.sparkHistory.settings.updateInterval", "2147000000s")),
        new("46 event stream switch", "3.15.0", "3.16.0", MigrationKind.Rename, "", K("eventIngest.enabled", false, "features.eventStream.enabled")),
        new("47 search storage class removed", "3.16.0", "3.17.0", MigrationKind.Remove, "back in a patch", Gone("typesense.storageClass", "standard")),
        new("48 gateway log level default", "3.17.0", "3.18.0", MigrationKind.Default, "", K("services.gateway.logging.errorLogLevel", "debug", "services.gateway.logging.errorLogLevel", "error")),
        new("49 switch becomes a fallback", "3.18.0", "4.0.0", MigrationKind.Meaning, "a rollout flag at run time decides, the value is the fallback", K("features.secretsV2.enabled", false, "features.secretsV2.enabled"), K("features.ldapGroupInheritance.enabled", false, "features.ldapGroupInheritance.enabled")),
    ];

    /// <summary>What stays as it is in every bump: 50 keys that templates read.</summary>
    public static IReadOnlyList<(string Path, object? Default)> Constant { get; } =
    [
        ("clusterDomain", "cluster.local"), ("database.host", "postgresql"), ("database.port", "5432"), ("database.user", "iomete_user"), ("database.password", "iomete_pass"), ("database.prefix", "iomete_"), ("database.passwordSecret", NoMap), ("database.adminCredentials.user", "postgres"), ("database.adminCredentials.password", ""), ("spark.eventLog", true),
        .. new[] { "core", "identity", "sql", "metastore" }.SelectMany(s => new (string, object?)[] { ($"workloads.{s}.replicas", 1d), ($"workloads.{s}.image.repository", $"iomete/iom-{s}"), ($"workloads.{s}.image.tag", "1.0"), ($"workloads.{s}.resources", NoMap), ($"workloads.{s}.logLevel", "info"), ($"workloads.{s}.enabled", true), ($"workloads.{s}.port", 8080d), ($"workloads.{s}.heap", "1g"), ($"workloads.{s}.javaOptions", ""), ($"workloads.{s}.nodeSelector", NoMap) }),
    ];

    /// <summary>Keys of a row's kind that evidence can know.</summary>
    public static bool IsMeasured(MigrationKind kind) => kind is MigrationKind.Rename or MigrationKind.Move or MigrationKind.Merge or MigrationKind.Remove or MigrationKind.Default;

    private static bool IsOfChart(BumpRow row) => row.Kind is MigrationKind.ChartRename or MigrationKind.ChartRemove;

    /// <summary>The two charts of a version pair, with all that changed between them.</summary>
    public static (Chart Old, Chart New) Charts(string pair, TemplateStyle style, bool withMigrations)
    {
        var rows = Rows.Where(r => r.Pair == pair).ToArray();
        var keys = rows.Where(r => !IsOfChart(r)).SelectMany(r => r.Keys).Concat(Constant.Select(c => new KeyChangeFact(c.Path, c.Default, c.Path, c.Default))).ToArray();
        return (
            Build(rows[0].From, [.. keys.Where(k => k.Old is not null).Select(k => (k.Old!, k.OldDefault, Purpose(k)))], style, old: true, null),
            Build(rows[0].To, [.. keys.Where(k => k.New is not null).Select(k => (k.New!, k.NewDefault, Purpose(k))).DistinctBy(k => k.Item1)], style, old: false, withMigrations ? Migrations(rows) : null));
    }

    /// <summary>Values in which every key of the old chart is overridden.</summary>
    public static string Overrides(string pair)
    {
        var tree = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (path, value) in Rows.Where(r => r.Pair == pair && !IsOfChart(r)).SelectMany(r => r.Keys).Where(k => k.Old is not null).Select(k => (k.Old!, k.OldDefault)).Concat(Constant.Select(c => (c.Path, c.Default))))
        {
            tree = ValuesPath.With(tree, path, Mine(value));
        }

        return GoYaml.Write(tree);
    }

    /// <summary>The pair's rows as a migrations file.</summary>
    public static string Migrations(IEnumerable<BumpRow> rows)
    {
        var items = rows.Select(r => (object?)new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["version"] = r.To, ["kind"] = r.Kind.ToString(), ["note"] = r.Note,
            ["from"] = r.Keys.Where(k => k.Old is not null).Select(k => (object?)k.Old).ToList(),
            ["to"] = r.Kind is MigrationKind.Merge or MigrationKind.Replace ? new List<object?> { r.Keys[0].New } : r.Keys.Where(k => k.New is not null).Select(k => (object?)k.New).ToList(),
            ["value"] = r.Kind == MigrationKind.Replace ? "https://{host}:{port}" : null,
        }).ToList();
        return GoYaml.Write(new Dictionary<string, object?>(StringComparer.Ordinal) { ["migrations"] = items });
    }

    public static object? Mine(object? value) => value switch
    {
        string text => text + "-mine",
        bool flag => !flag,
        double number => number + 1,
        Dictionary<string, object?> => new Dictionary<string, object?>(StringComparer.Ordinal) { ["mine"] = "yes" },
        _ => new List<object?> { "mine" },
    };

    // What the value is for: the same word in both versions, as a variable of the program that reads it.
    private static string Purpose(KeyChangeFact key) => string.Join('_', ValuesPath.Split(key.Old ?? key.New!).TakeLast(3)).Replace('.', '_').Replace('/', '_').ToUpperInvariant();

    private static Chart Build(string version, (string Path, object? Default, string Purpose)[] keys, TemplateStyle style, bool old, string? migrations)
    {
        var defaults = keys.Aggregate(new Dictionary<string, object?>(StringComparer.Ordinal), (tree, k) => ValuesPath.With(tree, k.Path, k.Default));
        var files = new List<(string Name, string Text)>
        {
            ("Chart.yaml", $"apiVersion: v2\nname: data-plane\nversion: {version}\n"),
            ("values.yaml", GoYaml.Write(defaults)),
        };
        if (style == TemplateStyle.OneSecret)
        {
            files.Add(("templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: data-plane\nstringData:\n  values.yaml: |\n{{ toYaml .Values | indent 4 }}\n"));
            files.Add(("templates/core.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: core\nspec:\n  replicas: {{ .Values.workloads.core.replicas }}\n  template:\n    metadata:\n      annotations:\n        checksum/values: {{ toYaml .Values | sha256sum }}\n"));
        }
        else
        {
            files.AddRange(Templates(keys, style, old));
        }

        if (migrations is not null)
        {
            files.Add((ValueMigrations.FileName, migrations));
        }

        return ChartLoader.Load([.. files.Select(f => new ChartFile(f.Name, Encoding.UTF8.GetBytes(f.Text)))]);
    }

    private static IEnumerable<(string, string)> Templates((string Path, object? Default, string Purpose)[] keys, TemplateStyle style, bool old)
    {
        var variables = new StringBuilder();
        var switches = new StringBuilder();
        foreach (var (path, fallback, purpose) in keys)
        {
            var keyed = ValuesPath.Split(path);
            var word = style == TemplateStyle.Rewritten ? string.Join('_', keyed).Replace('.', '_').Replace('/', '_').ToUpperInvariant() : purpose;
            var read = keyed.Any(k => k.Contains('.')) ? $"(index .Values {string.Join(' ', keyed.Select(k => $"\"{k}\""))})" : ".Values." + path;
            switch (fallback)
            {
                case bool:
                    switches.Append($"{{{{- if {read} }}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: switch-{word.ToLowerInvariant().Replace('_', '-')}\ndata:\n  on: \"{word}\"\n{{{{- end }}}}\n");
                    break;
                case Dictionary<string, object?> or List<object?>:
                    variables.Append($"        {{{{- with {read} }}}}\n        {word.ToLowerInvariant()}:\n          {{{{- toYaml . | nindent 10 }}}}\n        {{{{- end }}}}\n");
                    break;
                default:
                    variables.Append(style == TemplateStyle.Helpers
                        ? $"        {word}: {{{{ include \"data-plane.value\" (dict \"value\" {read} \"context\" $) }}}}\n"
                        : $"        {word}: {{{{ {read} | quote }}}}\n");
                    break;
            }
        }

        var name = style == TemplateStyle.Rewritten ? old ? "platform" : "services" : "core";
        yield return ("templates/_helpers.tpl", "{{- define \"data-plane.value\" -}}\n{{- tpl (.value | toString) .context | quote -}}\n{{- end -}}\n");
        yield return ($"templates/{name}.yaml", $"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    metadata:\n      annotations:\n{variables}");
        yield return ($"templates/{name}-switches.yaml", switches.ToString());
    }
}
