{{/* Names and labels. Components are capture, serve and relay. */}}

{{- define "calliope.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* RELEASE-calliope-COMPONENT, of (list $ "capture"); 50 + 13 characters are what a label may have. */}}
{{- define "calliope.name" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" (include "calliope.fullname" $root) (index . 1) -}}
{{- end -}}

{{/* What selectors go by: never changes in an upgrade. Of (list $ "capture"). */}}
{{- define "calliope.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "calliope.labels" -}}
{{- $root := index . 0 -}}
{{ include "calliope.selectorLabels" . }}
app.kubernetes.io/part-of: calliope
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "calliope.serviceAccountName" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.serviceAccount.create -}}
{{- include "calliope.name" . -}}
{{- else -}}
{{- default "default" $root.Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "calliope.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret that holds everything, whoever writes it; empty with the CSI driver. */}}
{{- define "calliope.secretName" -}}
{{- with .Values.secrets -}}
{{- $chosen := list -}}
{{- if .existingSecret }}{{ $chosen = append $chosen "secrets.existingSecret" }}{{ end -}}
{{- if .externalSecret.enabled }}{{ $chosen = append $chosen "secrets.externalSecret" }}{{ end -}}
{{- if .csi.enabled }}{{ $chosen = append $chosen "secrets.csi" }}{{ end -}}
{{- if ne (len $chosen) 1 -}}
{{- fail (printf "say where the database's URL and the administrator's token come from: exactly one of secrets.existingSecret, secrets.externalSecret.enabled and secrets.csi.enabled (chosen: %s)" (default "none" (join ", " $chosen))) -}}
{{- end -}}
{{- if .csi.enabled -}}
{{- if not .csi.secretProviderClass }}{{ fail "secrets.csi.secretProviderClass is empty: name a SecretProviderClass" }}{{ end -}}
{{- else if .externalSecret.enabled -}}
{{- if not .externalSecret.storeRef.name }}{{ fail "secrets.externalSecret.storeRef.name is empty: name a SecretStore" }}{{ end -}}
{{- include "calliope.fullname" $ -}}
{{- else -}}
{{- .existingSecret -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Of pods: without versions, so that a new chart with the same pods starts none anew. */}}
{{- define "calliope.podLabels" -}}
{{ include "calliope.selectorLabels" . }}
app.kubernetes.io/part-of: calliope
{{- end -}}
