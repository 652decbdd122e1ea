{{/* The pod of a capture node. */}}
{{- define "calliope.capturePod" -}}
{{- $c := .Values.capture -}}
{{- $isDaemonSet := eq $c.kind "DaemonSet" -}}
serviceAccountName: {{ include "calliope.serviceAccountName" (list . "capture") }}
automountServiceAccountToken: false
# Else Kubernetes sets CALLIOPE_… for every Service of ours.
enableServiceLinks: false
{{- if $isDaemonSet }}
hostNetwork: true
dnsPolicy: ClusterFirstWithHostNet
{{- end }}
# preStop + drain.wait + drain.timeout + spare: what drains has the time it was given.
terminationGracePeriodSeconds: {{ add (int $c.preStopSeconds) (include "calliope.drainSeconds" (include "calliope.captureConfig" .) | int) (int $c.graceSpareSeconds) }}
securityContext: {{ include "calliope.podSecurity" . | nindent 2 }}
  {{- with $c.sysctls }}
  sysctls: {{ toYaml . | nindent 4 }}
  {{- end }}
{{- include "calliope.pullSecrets" . }}
{{- include "calliope.scheduling" (list . "capture" $c) }}
containers:
  - name: capture
    image: {{ include "calliope.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [capture, --config, /etc/calliope/calliope.toml]
    env:
      - name: CALLIOPE_NODE
        valueFrom:
          fieldRef:
            fieldPath: {{ ternary "spec.nodeName" "metadata.name" $isDaemonSet }}
      {{- with $c.env }}{{ toYaml . | nindent 6 }}{{ end }}
    ports: {{ include "calliope.capturePorts" . | nindent 6 }}
    resources: {{ toYaml $c.resources | nindent 6 }}
    securityContext: {{ include "calliope.containerSecurity" . | nindent 6 }}
    startupProbe: {{ include "calliope.probe" (dict "path" "/healthz" "period" 2 "failures" 60) | nindent 6 }}
    # For HEP: a database that is away later on is no reason to send packets elsewhere, they wait in the
    # spool. Else one outage would take every node out of the Services at once.
    readinessProbe: {{ include "calliope.probe" (dict "path" "/readyz?for=hep" "period" 5 "failures" 2) | nindent 6 }}
    livenessProbe: {{ include "calliope.probe" (dict "path" "/healthz" "period" 10 "failures" 6) | nindent 6 }}
    {{- if gt (int $c.preStopSeconds) 0 }}
    lifecycle:
      preStop:
        sleep:
          seconds: {{ $c.preStopSeconds }}
    {{- end }}
    volumeMounts:
      - name: config
        mountPath: /etc/calliope
        readOnly: true
      - name: secrets
        mountPath: /run/secrets/calliope
        readOnly: true
      {{- if gt (int $c.ports.tls) 0 }}
      - name: tls
        mountPath: /run/secrets/calliope-tls
        readOnly: true
      {{- end }}
      - name: spool
        mountPath: /var/lib/calliope
      - name: tmp
        mountPath: /tmp
      {{- with $c.extraVolumeMounts }}{{ toYaml . | nindent 6 }}{{ end }}
volumes:
  - name: config
    configMap:
      name: {{ include "calliope.name" (list . "capture") }}
  {{- include "calliope.secretsVolume" . | nindent 2 }}
  {{- if gt (int $c.ports.tls) 0 }}
  - name: tls
    secret:
      secretName: {{ $c.tlsSecret }}
      defaultMode: 0440
  {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- if and $isDaemonSet $c.spool.hostPath }}
  - name: spool
    hostPath:
      path: {{ $c.spool.hostPath }}
      type: Directory
  {{- else if ne $c.kind "StatefulSet" }}
  - name: spool
    emptyDir:
      sizeLimit: {{ $c.spool.size }}
  {{- end }}
  {{- with $c.extraVolumes }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{/* The ports that are open, by name. */}}
{{- define "calliope.capturePorts" -}}
{{- range $name := list "udp" "tcp" "tls" "ws" "http" }}
{{- $port := int (index $.Values.capture.ports $name) }}
{{- if gt $port 0 }}
- name: {{ ternary $name (printf "hep-%s" $name) (eq $name "http") }}
  containerPort: {{ $port }}
  protocol: {{ ternary "UDP" "TCP" (eq $name "udp") }}
{{- end }}
{{- end }}
{{- end -}}
