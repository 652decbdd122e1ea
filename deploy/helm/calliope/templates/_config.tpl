{{/* calliope.toml out of values. Numbers that two places need (ports, times, sizes) are computed from one. */}}

{{/* "90s", "2m", "500ms" as whole seconds, rounded up. */}}
{{- define "calliope.seconds" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9]+" $text | int64 -}}
{{- $unit := regexFind "[a-z]+$" $text -}}
{{- if eq $unit "d" }}{{ mul $number 86400 }}
{{- else if eq $unit "h" }}{{ mul $number 3600 }}
{{- else if eq $unit "m" }}{{ mul $number 60 }}
{{- else if eq $unit "s" }}{{ $number }}
{{- else }}{{ div (add $number 999) 1000 }}
{{- end -}}
{{- end -}}

{{/* Nine tenths of a quantity such as 12Gi, in bytes: a file system needs room for itself. */}}
{{- define "calliope.spoolBytes" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9]+" $text | int64 -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := index $units (regexFind "[A-Za-z]*$" $text) | int64 -}}
{{- div (mul $number $unit 9) 10 -}}
{{- end -}}

{{/* A reference to a mounted secret; of its file's name. */}}
{{- define "calliope.secretFile" -}}
{{- printf "${secret:file:/run/secrets/calliope/%s}" . -}}
{{- end -}}

{{/* Tables and keys as TOML. Everything here is a text, a number, true, false, or a list of texts. */}}
{{- define "calliope.toml" -}}
{{- range $key, $value := . }}
{{- if not (kindIs "map" $value) }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- range $section, $table := . }}
{{- if kindIs "map" $table }}

[{{ $section }}]
{{- range $key, $value := $table }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What every part has. */}}
{{- define "calliope.commonConfig" -}}
database: {{ include "calliope.secretFile" .Values.secrets.keys.databaseUrl | quote }}
http:
  token: {{ include "calliope.secretFile" .Values.secrets.keys.httpToken | quote }}
{{- end -}}

{{/* The whole configuration of capture, as YAML: `config`, then `capture.config`, then what the chart knows. */}}
{{- define "calliope.captureConfig" -}}
{{- $c := .Values.capture -}}
{{- $own := include "calliope.commonConfig" . | fromYaml -}}
{{- $_ := set $own "data_dir" "/var/lib/calliope" -}}
{{- $_ := set $own.http "listen" (printf "0.0.0.0:%d" (int $c.ports.http)) -}}
{{- $hep := dict -}}
{{- range $name := list "udp" "tcp" "tls" "ws" -}}
{{- $port := int (index $c.ports $name) -}}
{{- $_ := set $hep $name (ternary (printf "0.0.0.0:%d" $port) "off" (gt $port 0)) -}}
{{- end -}}
{{- if gt (int $c.ports.tls) 0 -}}
{{- if not $c.tlsSecret }}{{ fail "capture.ports.tls is open, so capture.tlsSecret must name a kubernetes.io/tls Secret" }}{{ end -}}
{{- $_ := set $hep "tls_cert" "/run/secrets/calliope-tls/tls.crt" -}}
{{- $_ := set $hep "tls_key" "/run/secrets/calliope-tls/tls.key" -}}
{{- end -}}
{{- $_ := set $own "hep" $hep -}}
{{- $intake := dict "shards" (int $c.shards) -}}
{{- with .Values.secrets.keys.agentKeys }}{{ $_ := set $intake "keys" (include "calliope.secretFile" .) }}{{ end -}}
{{- $_ := set $own "intake" $intake -}}
{{- $given := mergeOverwrite (deepCopy .Values.config) (deepCopy $c.config) -}}
{{- $spool := dict "spool" (dict "bytes_max" (include "calliope.spoolBytes" $c.spool.size)) -}}
{{- mergeOverwrite $spool $given $own | toYaml -}}
{{- end -}}

{{- define "calliope.serveConfig" -}}
{{- $s := .Values.serve -}}
{{- $own := include "calliope.commonConfig" . | fromYaml -}}
{{- $_ := set $own.http "listen" (printf "0.0.0.0:%d" (int $s.port)) -}}
{{- with .Values.secrets.keys.oidcClientSecret }}{{ $_ := set $own "oidc" (dict "client_secret" (include "calliope.secretFile" .)) }}{{ end -}}
{{- $default := dict -}}
{{- if .Values.autoscaling.policyJson }}{{ $_ := set $default "fleet" (dict "policy" "/etc/calliope/policy.json") }}{{ end -}}
{{- if and $s.ingress.enabled $s.ingress.tlsSecret -}}
{{- $_ := set $default "http" (dict "public_url" (printf "https://%s" $s.ingress.host)) -}}
{{- end -}}
{{- mergeOverwrite $default (deepCopy .Values.config) (deepCopy $s.config) $own | toYaml -}}
{{- end -}}

{{/* Seconds that a drain may take, of a configuration as YAML. */}}
{{- define "calliope.drainSeconds" -}}
{{- $drain := (fromYaml .).drain | default dict -}}
{{- $wait := include "calliope.seconds" (default "0" $drain.wait) | int -}}
{{- $timeout := include "calliope.seconds" (default "90s" $drain.timeout) | int -}}
{{- add $wait $timeout -}}
{{- end -}}

{{/* A relay has no database. Off loopback its HTTP asks for the token. */}}
{{- define "calliope.relayConfig" -}}
{{- $r := .Values.relay -}}
{{- $keys := .Values.secrets.keys -}}
{{- $capture := include "calliope.name" (list . "capture") -}}
{{- $port := int .Values.capture.ports.http -}}
{{- $nodes := printf "http+k8s://%s.%s?port=http&name=capture" $capture .Release.Namespace -}}
{{- if eq $r.discovery "dns" }}{{ $nodes = printf "http://%s.%s.svc:%d?name=capture" $capture .Release.Namespace $port }}{{ end -}}
{{- $http := dict "listen" (printf "%s:%d" $r.httpListen (int $r.ports.http)) -}}
{{- if not (hasPrefix "127." $r.httpListen) }}{{ $_ := set $http "token" (include "calliope.secretFile" $keys.httpToken) }}{{ end -}}
{{- $tcp := int $r.ports.tcp -}}
{{- $hep := dict "udp" (printf "%s:%d" $r.listen (int $r.ports.udp)) "tcp" (ternary (printf "%s:%d" $r.listen $tcp) "off" (gt $tcp 0)) -}}
{{- $relay := dict "to" (default (list $nodes) $r.to) "token" (include "calliope.secretFile" (default $keys.httpToken $keys.relayToken)) -}}
{{- with $keys.relayKey }}{{ $_ := set $relay "key" (include "calliope.secretFile" .) }}{{ end -}}
{{- $own := dict "data_dir" "/var/lib/calliope" "http" $http "hep" $hep "relay" $relay -}}
{{- $spool := dict "spool" (dict "bytes_max" (include "calliope.spoolBytes" $r.spool.size)) -}}
{{- mergeOverwrite $spool (deepCopy .Values.config) (deepCopy $r.config) $own | toYaml -}}
{{- end -}}
