{{/* What a schema cannot say. Each message says which value, and what to do. */}}
{{- define "room-router.validate" -}}
{{- $values := .Values }}
{{- if not $values.secrets.external.enabled }}
{{- if not $values.secrets.jitsi.existingSecret }}
{{- fail "secrets.jitsi.existingSecret is not set, and there are no default passwords. Make a Secret, for example with\n  kubectl -n NAMESPACE create secret generic jitsi-secrets --from-literal=JICOFO_AUTH_PASSWORD=$(openssl rand -hex 24) --from-literal=JVB_AUTH_PASSWORD=$(openssl rand -hex 24)\nand name it: --set secrets.jitsi.existingSecret=jitsi-secrets" }}
{{- end }}
{{- if and $values.router.enabled (ne $values.split.role "data") (not $values.secrets.gossip.existingSecret) }}
{{- fail "secrets.gossip.existingSecret is not set, and replicas share rooms only with a key. Make a Secret, for example with\n  openssl rand -hex 32 >gossip.key && kubectl -n NAMESPACE create secret generic router-gossip --from-file=gossip.key\nand name it: --set secrets.gossip.existingSecret=router-gossip" }}
{{- end }}
{{- end }}
{{- range $key, $asked := dict "JWT_APP_SECRET" $values.auth.jwt.enabled "TURN_CREDENTIALS" $values.turn.enabled }}
{{- if and $asked $values.secrets.external.enabled (not (get $values.secrets.external.more $key)) }}{{ fail (printf "secrets.external.more.%s is not set: say where the store has it" $key) }}{{ end }}
{{- end }}
{{- if and $values.drainHooks (not $values.secrets.adminToken.existingSecret) }}
{{- fail "secrets.adminToken.existingSecret is not set, which drainHooks needs. Make a Secret, for example with\n  kubectl -n NAMESPACE create secret generic router-admin-token --from-literal=token=$(openssl rand -hex 24)\nand name it: --set secrets.adminToken.existingSecret=router-admin-token" }}
{{- end }}
{{- if and $values.certificate.enabled (not $values.certificate.email) }}{{ fail "certificate.email is not set: the authority wants to know whom to write to" }}{{ end }}
{{- if and $values.certificate.enabled (not (has $values.edge.type (list "ingress" "gateway"))) }}{{ fail (printf "certificate.enabled needs edge.type ingress or gateway, and it is %s" $values.edge.type) }}{{ end }}
{{- if and $values.turn.enabled (not $values.turn.host) }}{{ fail "turn.host is not set, which turn.enabled needs" }}{{ end }}
{{- if eq (include "room-router.host" .) "" }}{{ fail (printf "publicUrl: %s has no host" $values.publicUrl) }}{{ end }}
{{- if or (not $values.router.enabled) (eq $values.split.role "data") }}
{{- range $value, $set := dict "edge.type" (ne $values.edge.type "none") "drainHooks" $values.drainHooks "haproxy.enabled" $values.haproxy.enabled "loadTest" $values.loadTest }}
{{- if $set }}{{ fail (printf "%s needs the router, and router.enabled or split.role leaves it out" $value) }}{{ end }}
{{- end }}
{{- end }}
{{- include "room-router.validatePorts" . }}
{{- range $number, $override := $values.shardOverrides }}
{{- if ge (int $number) (int $values.shards) }}{{ fail (printf "shardOverrides.%s: there is no shard-%s; shards is %d, so the last one is shard-%d" $number $number (int $values.shards) (sub $values.shards 1)) }}{{ end }}
{{- $replicas := dig "jvb" "replicas" 0 $override | int }}
{{- if gt $replicas (int $values.jvb.maxReplicas) }}{{ fail (printf "shardOverrides.%s.jvb.replicas: %d is more than jvb.maxReplicas, %d: the others would have no port" $number $replicas (int $values.jvb.maxReplicas)) }}{{ end }}
{{- end }}
{{- if gt (int $values.jvb.replicas) (int $values.jvb.maxReplicas) }}{{ fail (printf "jvb.replicas: %d is more than jvb.maxReplicas, %d: the others would have no port" (int $values.jvb.replicas) (int $values.jvb.maxReplicas)) }}{{ end }}
{{- if gt (int $values.autoscaling.minReplicas) (int $values.jvb.maxReplicas) }}{{ fail (printf "autoscaling.minReplicas: %d is more than jvb.maxReplicas, %d" (int $values.autoscaling.minReplicas) (int $values.jvb.maxReplicas)) }}{{ end }}
{{- end }}

{{- define "room-router.validatePorts" -}}
{{- $values := .Values }}
{{- if and (has $values.jvb.expose (list "nodePort" "metacontroller")) (ne $values.split.role "control") }}
{{- $first := int $values.jvb.basePort }}
{{- $last := add $first (mul 100 (sub $values.shards 1)) (sub $values.jvb.maxReplicas 1) | int }}
{{- if gt (int $values.jvb.maxReplicas) 100 }}{{ fail (printf "jvb.maxReplicas: a shard has 100 ports, so at most 100 bridges; with %d, ports of shard-0 and shard-1 would collide" (int $values.jvb.maxReplicas)) }}{{ end }}
{{- if or (lt $first 30000) (gt $last 32767) }}{{ fail (printf "%d shards with %d bridges from jvb.basePort %d need the ports %d to %d, but NodePorts are 30000 to 32767: fewer shards or bridges, another basePort, or jvb.expose hostPort" (int $values.shards) (int $values.jvb.maxReplicas) $first $first $last) }}{{ end }}
{{- end }}
{{- end }}
