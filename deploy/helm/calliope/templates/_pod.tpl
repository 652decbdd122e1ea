{{/* The parts of a pod that capture, serve and relay share. */}}

{{- define "calliope.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "calliope.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Scheduling of a component; of (list $ "capture" .Values.capture). */}}
{{- define "calliope.scheduling" -}}
{{- $labels := include "calliope.selectorLabels" . -}}
{{- $part := index . 2 -}}
{{- with $part.topologySpread }}
topologySpreadConstraints:
{{- range . }}
  - {{ mergeOverwrite (dict "maxSkew" 1 "labelSelector" (dict "matchLabels" ($labels | fromYaml))) (deepCopy .) | toYaml | nindent 4 | trim }}
{{- end }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with include "calliope.affinity" . | fromYaml }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "calliope.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where secrets come from, as the volume "secrets". */}}
{{- define "calliope.secretsVolume" -}}
- name: secrets
{{- with include "calliope.secretName" . }}
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- else }}
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes:
      secretProviderClass: {{ .Values.secrets.csi.secretProviderClass }}
{{- end }}
{{- end -}}

{{/* Annotations of a pod; of (list $ CONFIG-TEXT .Values.capture). Another configuration means other pods. */}}
{{- define "calliope.podAnnotations" -}}
checksum/config: {{ sha256sum (index . 1) }}
{{- with (index . 2).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A probe of a path; of (dict "path" "/readyz" "period" 5 "failures" 2), on the node's network with "host". */}}
{{- define "calliope.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
  {{- with .host }}
  host: {{ . }}
  {{- end }}
periodSeconds: {{ .period }}
timeoutSeconds: 3
failureThreshold: {{ .failures }}
{{- end -}}

{{/* The parts that are on. */}}
{{- define "calliope.parts" -}}
- capture
{{- if .Values.serve.enabled }}
- serve
{{- end }}
{{- if .Values.relay.enabled }}
- relay
{{- end }}
{{- end -}}

{{/* The part's affinity, and for capture the preference for spot nodes. */}}
{{- define "calliope.affinity" -}}
{{- $root := index . 0 -}}
{{- $affinity := deepCopy (index . 2).affinity -}}
{{- $spot := $root.Values.spot -}}
{{- if and $spot.enabled (eq (index . 1) "capture") -}}
{{- $terms := list -}}
{{- $all := add $spot.onDemandWeight $spot.spotWeight -}}
{{- range $value, $weight := dict $spot.onDemandValue $spot.onDemandWeight $spot.spotValue $spot.spotWeight -}}
{{- if gt (int $weight) 0 -}}
{{- $in := list (dict "key" $spot.labelKey "operator" "In" "values" (list $value)) -}}
{{- $terms = append $terms (dict "weight" (max 1 (div (mul 100 $weight) $all)) "preference" (dict "matchExpressions" $in)) -}}
{{- end -}}
{{- end -}}
{{- $node := default dict $affinity.nodeAffinity -}}
{{- $key := "preferredDuringSchedulingIgnoredDuringExecution" -}}
{{- $_ := set $node $key (concat (default list (index $node $key)) $terms) -}}
{{- $_ := set $affinity "nodeAffinity" $node -}}
{{- end -}}
{{- with $affinity }}{{ toYaml . }}{{ end -}}
{{- end -}}
