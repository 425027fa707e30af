using System.Text;
using Portal.Helm.Charts;

namespace Portal.Benchmarks;

/// <summary>The charts that are measured.</summary>
internal static class Charts
{
    /// <summary>The platform chart that the server brings along.</summary>
    public static Chart Sample() => ChartLoader.LoadDirectory(Path.Combine(AppContext.BaseDirectory, "sample"));

    /// <summary>The charts of the conformance suite that render with no values of one's own.</summary>
    public static IReadOnlyList<Chart> Suite()
    {
        var cases = Directory.EnumerateDirectories(Path.Combine(AppContext.BaseDirectory, "charts")).Order(StringComparer.Ordinal)
            .Where(c => File.Exists(Path.Combine(c, "cases", "default", "expected.yaml")) && !File.Exists(Path.Combine(c, "cases", "default", "args.txt")));
        return [.. cases.Select(c => ChartLoader.LoadDirectory(Path.Combine(c, "chart")))];
    }

    /// <summary>A chart with 1,000 objects in 200 files, written as charts are: helpers, labels, resources, lists, conditions.</summary>
    public static Chart Thousand()
    {
        var files = new List<ChartFile>
        {
            TextFile("Chart.yaml", "apiVersion: v2\nname: thousand\nversion: 1.0.0\n"),
            TextFile("values.yaml", "replicas: 2\nenabled: true\nimage: {repository: registry.example.com/app, tag: 1.2.3}\nresources:\n  requests: {cpu: 100m, memory: 128Mi}\n  limits: {cpu: 1, memory: 1Gi}\nenv: {A: one, B: two, C: three}\nports: [80, 443]\n"),
            TextFile("templates/_helpers.tpl", """
                {{- define "t.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
                {{- define "t.labels" -}}
                app.kubernetes.io/name: {{ include "t.name" . }}
                app.kubernetes.io/instance: {{ .Release.Name }}
                app.kubernetes.io/version: {{ .Values.image.tag | quote }}
                helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
                {{- end }}
                """),
        };
        for (var i = 0; i < 200; i++)
        {
            files.Add(TextFile($"templates/app-{i}.yaml", Application.Replace("NUMBER", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        }

        return ChartLoader.Load(files);
    }

    private static ChartFile TextFile(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    // Five objects.
    private const string Application = """
        {{- if .Values.enabled }}
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "t.name" . }}-NUMBER
          labels:
            {{- include "t.labels" . | nindent 4 }}
        spec:
          replicas: {{ .Values.replicas }}
          selector:
            matchLabels: {app: app-NUMBER}
          template:
            metadata:
              labels:
                app: app-NUMBER
                {{- include "t.labels" . | nindent 8 }}
              annotations:
                checksum/values: {{ toJson .Values | sha256sum }}
            spec:
              containers:
              - name: app
                image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
                env:
                {{- range $k, $v := .Values.env }}
                - name: {{ $k }}
                  value: {{ $v | quote }}
                {{- end }}
                resources:
                  {{- toYaml .Values.resources | nindent 10 }}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ include "t.name" . }}-NUMBER
        spec:
          ports:
          {{- range .Values.ports }}
          - port: {{ . | int }}
          {{- end }}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ include "t.name" . }}-NUMBER
        data:
          values.json: {{ toJson .Values.env | quote }}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: {{ include "t.name" . }}-NUMBER
          labels:
            {{- include "t.labels" . | nindent 4 }}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: {{ include "t.name" . }}-NUMBER
        spec:
          {{- with dict "minAvailable" 1 }}
          {{- toYaml . | nindent 2 }}
          {{- end }}
        {{- end }}
        """;
}
