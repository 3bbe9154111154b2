{{- define "search.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- end }}
