{{- define "dataplane.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "dataplane.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "dataplane.image" -}}
{{ .root.Values.docker.repo }}/{{ .component }}:{{ .tag | default .root.Chart.AppVersion }}
{{- end -}}

{{/* One environment variable with a password: from the operator's own Secret, else from the Secret with all values. */}}
{{- define "dataplane.password" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      {{- if .secret }}
      name: {{ required (printf "%s needs a name" .path) .secret.name }}
      key: {{ required (printf "%s needs a key" .path) .secret.key }}
      {{- else }}
      name: data-plane
      key: {{ .key }}
      {{- end }}
{{- end -}}

{{/* A stateless service of the platform: Deployment and Service. */}}
{{- define "dataplane.service" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .component }}
  labels:
    {{- include "dataplane.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  replicas: {{ .replicas | default 1 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "dataplane.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "dataplane.selector" . | nindent 8 }}
      annotations:
        checksum/config: {{ toYaml .root.Values | sha256sum }}
    spec:
      containers:
        - name: {{ .component }}
          image: {{ include "dataplane.image" . }}
          imagePullPolicy: {{ .root.Values.docker.pullPolicy }}
          ports:
            - name: http
              containerPort: {{ .port | default 8080 }}
          env:
            - name: CLUSTER_DOMAIN
              value: {{ .root.Values.clusterDomain }}
            - name: DATABASE_URL
              value: jdbc:mysql://{{ .root.Values.database.host }}:{{ .root.Values.database.port }}/{{ .root.Values.database.prefix }}{{ .database | default "core" }}_db
            {{- include "dataplane.password" (dict "name" "DATABASE_PASSWORD" "secret" .root.Values.database.passwordSecret "key" "database-password" "path" "database.passwordSecret") | nindent 12 }}
            {{- with .env }}
            {{- . | nindent 12 }}
            {{- end }}
          readinessProbe:
            httpGet:
              path: {{ .health | default "/health" }}
              port: http
          {{- with .resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: values
              mountPath: /etc/data-plane
              readOnly: true
      volumes:
        - name: values
          secret:
            secretName: data-plane
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .component }}
  labels:
    {{- include "dataplane.labels" .root | nindent 4 }}
spec:
  selector:
    {{- include "dataplane.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
{{- end -}}
