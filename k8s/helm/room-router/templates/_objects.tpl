{{/* What the values make of the kustomizations. All work on the context of _kustomize.tpl. */}}

{{/* The whole deployment. In: dict of root ($), objects, level. */}}
{{- define "room-router.build" -}}
{{- $root := .root }}{{ $values := $root.Values }}
{{- $_ := set . "files" $root.Files }}
{{- $_ := set . "replace" (include "room-router.replacements" $root | fromYamlArray) }}
{{- include "kustomize.load" (list . "base/namespace") }}
{{- if ne $values.split.role "data" }}{{ if $values.router.enabled }}{{ include "kustomize.load" (list . "base/router") }}{{ end }}{{ end }}
{{- range $number := until (int $values.shards) }}{{ include "room-router.shard" (list $ $number) }}{{ end }}
{{- range include "room-router.components" $root | fromYamlArray }}{{ include "kustomize.load" (list $ .) }}{{ end }}
{{- include "room-router.settings" . }}
{{- include "room-router.data" . }}
{{- range $values.extraObjects }}
{{- $key := printf "%s/%s" .kind .metadata.name }}
{{- if hasKey $.objects $key }}{{ fail (printf "extraObjects: the chart has a %s of its own" $key) }}{{ end }}
{{- $_ := set $.objects $key (deepCopy .) }}
{{- end }}
{{- end }}

{{/* Text of the files → text of the values. What stands there is checked by values.schema.json. */}}
{{- define "room-router.replacements" -}}
{{- $values := .Values }}
{{- $proxies := $values.edge.namespace }}
{{- $certificate := ternary "gatewayHTTPRoute: {parentRefs: [{name: meet, kind: Gateway}]}" (printf "ingress: {ingressClassName: %s}" ($values.edge.className | default "nginx")) (eq $values.edge.type "gateway") }}
- [meet.example.com, {{ include "room-router.host" . | quote }}]
- ["secretName: meet-tls", "secretName: {{ $values.edge.tlsSecret }}"]
- ["certificateRefs: [{name: meet-tls}]", "certificateRefs: [{name: {{ $values.edge.tlsSecret }}}]"]
- [ops@example.com, {{ $values.certificate.email | quote }}]
- ["ingress: {ingressClassName: nginx}", {{ $certificate | quote }}]
- ["metadata.name: ingress-nginx", "metadata.name: {{ $proxies | default "ingress-nginx" }}"]
- ["metadata.name: envoy-gateway-system", "metadata.name: {{ $proxies | default "envoy-gateway-system" }}"]
- ["metadata.name: monitoring", "metadata.name: {{ $values.monitoring.namespace }}"]
- ["http://prometheus-operated.monitoring.svc:9090", {{ $values.autoscaling.prometheus | quote }}]
- ['namespace="jitsi"', 'namespace="{{ .Release.Namespace }}"']
- ["ClusterSecretStore, name: jitsi", "ClusterSecretStore, name: {{ $values.secrets.external.store }}"]
{{- if not $values.secrets.external.enabled }}
- ["name: jitsi-secrets", "name: {{ $values.secrets.jitsi.existingSecret }}"]
- ["secretName: router-gossip", "secretName: {{ $values.secrets.gossip.existingSecret }}"]
{{- end }}
- ["secretName: router-admin-token", "secretName: {{ $values.secrets.adminToken.existingSecret }}"]
{{- end }}

{{- define "room-router.host" -}}
{{- (urlParse .Values.publicUrl).hostname }}
{{- end }}

{{/* Folders of the components that the values ask for, in the order kustomize would have them. */}}
{{- define "room-router.components" -}}
{{- $values := .Values }}
{{- $found := list }}
{{- $edges := dict "ingress" "ingress" "gateway" "gateway" "loadBalancer" "loadbalancer" }}
{{- with get $edges $values.edge.type }}{{ $found = append $found . }}{{ end }}
{{- $exposed := dict "loadBalancer" "jvb-loadbalancer" "hostPort" "jvb-hostport" "hostNetwork" "jvb-hostnetwork" "metacontroller" "jvb-metacontroller" }}
{{- with get $exposed $values.jvb.expose }}{{ if ne $values.split.role "control" }}{{ $found = append $found . }}{{ end }}{{ end }}
{{- if $values.certificate.enabled }}{{ $found = append $found "cert-manager" }}{{ end }}
{{- if $values.auth.jwt.enabled }}{{ $found = append $found "auth-jwt" }}{{ end }}
{{- if $values.turn.enabled }}{{ $found = append $found "turn" }}{{ end }}
{{- if hasKey $values.customFiles.web "plugin.head.html" }}{{ $found = append $found "custom-files" }}{{ end }}
{{- if $values.drainHooks }}{{ $found = append $found "drain-hooks" }}{{ end }}
{{- if $values.zoneSpread }}{{ $found = append $found "zone-spread" }}{{ end }}
{{- if $values.loadTest }}{{ $found = append $found "load-test" }}{{ end }}
{{- if $values.legacyColibriWs }}{{ $found = append $found "legacy-colibri-ws" }}{{ end }}
{{- if $values.secrets.external.enabled }}{{ $found = append $found "external-secrets" }}{{ end }}
{{- if eq $values.split.role "control" }}{{ $found = append $found "split-control/namespace" }}{{ end }}
{{- if eq $values.split.role "data" }}{{ $found = append $found "split-data" }}{{ end }}
{{- if $values.dualStack }}{{ $found = append $found "dual-stack" }}{{ end }}
{{- range $found }}
- components/{{ . }}
{{- end }}
{{- $monitoring := dict "operator" "monitoring" "annotations" "monitoring/scrape-annotations" }}
{{- with get $monitoring $values.monitoring.by }}
- {{ . }}
{{- end }}
{{- if $values.haproxy.enabled }}
- migrate
{{- end }}
{{- end }}

{{/* One shard, with its number in every name. In: list of context, number. */}}
{{- define "room-router.shard" -}}
{{- $ctx := index . 0 }}{{ $number := index . 1 }}{{ $values := $ctx.root.Values }}
{{- $name := printf "shard-%d" $number }}
{{- $own := dict "files" $ctx.files "replace" (append $ctx.replace (list "shard-0" $name)) "objects" dict }}
{{- if ne $values.split.role "data" }}{{ include "kustomize.load" (list $own "base/shard/signalling") }}{{ end }}
{{- if eq $values.split.role "control" }}{{ include "kustomize.load" (list $own "components/split-control") }}
{{- else }}
{{- include "kustomize.load" (list $own "base/shard/media") }}
{{- include "room-router.ports" (list $own $number $values) }}
{{- $scaling := dict "keda" "hpa-keda/0" "adapter" "hpa-adapter" "cpu" "hpa-cpu" "network" "hpa-network" }}
{{- with get $scaling $values.autoscaling.by }}{{ include "kustomize.load" (list $own (printf "components/%s" .)) }}{{ end }}
{{- end }}
{{- range $object := $own.objects }}
{{- if and (eq $object.kind "StatefulSet") (hasKey $own.objects (printf "Service/%s" $object.spec.serviceName)) }}
{{- $_ := set $object.spec "serviceName" (printf "%s-%s" $name $object.spec.serviceName) }}
{{- end }}
{{- if eq $object.kind "HorizontalPodAutoscaler" }}
{{- $_ := set $object.spec.scaleTargetRef "name" (printf "%s-%s" $name $object.spec.scaleTargetRef.name) }}
{{- end }}
{{- end }}
{{- range $object := $own.objects }}
{{- $_ := set $object.metadata "name" (printf "%s-%s" $name $object.metadata.name) }}
{{- include "kustomize.label" (list $object (dict "pairs" (dict "shard" $name) "includeSelectors" true)) }}
{{- $_ := set $ctx.objects (printf "%s/%s" $object.kind $object.metadata.name) $object }}
{{- end }}
{{- end }}

{{/* A Service for each bridge that there can be. In: list of context, number of the shard, values. */}}
{{- define "room-router.ports" -}}
{{- $ctx := index . 0 }}{{ $number := index . 1 }}{{ $values := index . 2 }}
{{- range $bridge := until (int $values.jvb.maxReplicas) }}
{{- $port := add $values.jvb.basePort (mul 100 $number) $bridge }}
{{- $object := dict "apiVersion" "v1" "kind" "Service"
  "metadata" (dict "name" (printf "jvb-%d" $bridge) "labels" (dict "app.kubernetes.io/component" "jvb-media"))
  "spec" (dict "type" "NodePort" "externalTrafficPolicy" "Local"
    "selector" (dict "statefulset.kubernetes.io/pod-name" (printf "shard-%d-jvb-%d" $number $bridge))
    "ports" (list (dict "name" "media" "protocol" "UDP" "port" $port "targetPort" $port "nodePort" $port))) }}
{{- $_ := set $ctx.objects (printf "Service/jvb-%d" $bridge) $object }}
{{- end }}
{{- end }}

{{/* Replicas, images, resources and where pods run. */}}
{{- define "room-router.settings" -}}
{{- $values := .root.Values }}{{ $jitsi := $values.images.jitsi }}
{{- range $key, $object := .objects }}
{{- $component := dig "labels" "app.kubernetes.io/component" "" $object.metadata }}
{{- if has $object.kind (list "StatefulSet" "Deployment") }}
{{- $own := get $values $component | default dict }}
{{- $shard := get ($object.metadata.labels) "shard" | default "" }}
{{- $override := get $values.shardOverrides (trimPrefix "shard-" $shard) | default dict }}
{{- if $shard }}{{ $own = mergeOverwrite (deepCopy $own) (get $override $component | default dict) }}{{ end }}
{{- if and (hasKey $object.spec "replicas") $own.replicas }}{{ $_ := set $object.spec "replicas" $own.replicas }}{{ end }}
{{- $pod := $object.spec.template.spec }}{{ $container := index $pod.containers 0 }}
{{- if eq $component "router" }}{{ $_ := set $container "image" (printf "%s:%v" $values.images.router.repository $values.images.router.tag) }}
{{- else if and $shard (not $values.legacyColibriWs) }}
{{- $_ := set $container "image" (get $jitsi.names $component | default (printf "%s/%s:%s" $jitsi.repository $component ($override.tag | default $jitsi.tag))) }}
{{- end }}
{{- with $values.images.pullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end }}
{{- with $own.terminationGracePeriodSeconds }}{{ $_ := set $pod "terminationGracePeriodSeconds" . }}{{ end }}
{{- if and (eq $component "router") $values.region }}{{ $_ := set $container "env" (append $container.env (dict "name" "REGION" "value" $values.region)) }}{{ end }}
{{- with $own.resources }}{{ $_ := set $container "resources" . }}{{ end }}
{{- with $own.nodeSelector }}{{ $_ := set $pod "nodeSelector" . }}{{ end }}
{{- with $own.tolerations }}{{ $_ := set $pod "tolerations" . }}{{ end }}
{{- with $own.podAnnotations }}{{ $_ := set $object.spec.template.metadata "annotations" (merge (deepCopy .) ($object.spec.template.metadata.annotations | default dict)) }}{{ end }}
{{- with $override.zone }}{{ $_ := set $pod "nodeSelector" (merge (dict "topology.kubernetes.io/zone" .) ($pod.nodeSelector | default dict)) }}{{ end }}
{{- end }}
{{- if eq $object.kind "HorizontalPodAutoscaler" }}
{{- $_ := set $object.spec "minReplicas" $values.autoscaling.minReplicas }}{{ $_ := set $object.spec "maxReplicas" $values.jvb.maxReplicas }}
{{- else if eq $object.kind "ScaledObject" }}
{{- $_ := set $object.spec "minReplicaCount" $values.autoscaling.minReplicas }}{{ $_ := set $object.spec "maxReplicaCount" $values.jvb.maxReplicas }}
{{- else if and (eq $object.kind "ExternalSecret") (eq $object.metadata.name "jitsi-secrets") }}
{{- range $key, $remote := $values.secrets.external.more }}
{{- $_ := set $object.spec "data" (append $object.spec.data (dict "secretKey" $key "remoteRef" (dict "key" $remote))) }}
{{- end }}
{{- else if eq $object.kind "Ingress" }}
{{- $_ := set $object.metadata "annotations" (merge (deepCopy $values.edge.annotations) $object.metadata.annotations) }}
{{- with $values.edge.className }}{{ $_ := set $object.spec "ingressClassName" . }}{{ end }}
{{- else if eq $object.kind "Gateway" }}
{{- with $values.edge.annotations }}{{ $_ := set $object.metadata "annotations" . }}{{ end }}
{{- with $values.edge.className }}{{ $_ := set $object.spec "gatewayClassName" . }}{{ end }}
{{- else if has $object.metadata.name (list "router-from-ingress" "router-from-gateway") }}
{{- $rule := index $object.spec.ingress 0 }}{{ $from := list }}
{{- range $values.edge.cidrs }}{{ $from = append $from (dict "ipBlock" (dict "cidr" .)) }}{{ end }}
{{- with $from }}{{ $_ := set $rule "from" . }}{{ end }}
{{- if $values.edge.healthChecks }}{{ $_ := set $rule "ports" (append $rule.ports (dict "port" "admin" "protocol" "TCP")) }}{{ end }}
{{- else if and (eq $object.kind "Service") (eq $object.metadata.name "router") (eq $values.edge.type "loadBalancer") }}
{{- with $values.edge.annotations }}{{ $_ := set $object.metadata "annotations" . }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The ConfigMaps: the shards' environment, the router's configuration, files of one's own. */}}
{{- define "room-router.data" -}}
{{- $values := .root.Values }}{{ $objects := .objects }}
{{- $environment := (get $objects "ConfigMap/jitsi-env").data }}
{{- $_ := set $environment "PUBLIC_URL" $values.publicUrl }}
{{- $_ := set $environment "CLUSTER_DOMAIN" $values.clusterDomain }}
{{- $_ := set $environment "JVB_BASE_PORT" (toString (int $values.jvb.basePort)) }}
{{- with $values.region }}
{{- $_ := set $environment "XMPP_CONFIGURATION_EXTRA" (printf "region_name=%q" .) }}
{{- range $name := list "DEPLOYMENTINFO_REGION" "JVB_OCTO_REGION" "JICOFO_OCTO_REGION" }}{{ $_ := set $environment $name $values.region }}{{ end }}
{{- end }}
{{- if $values.auth.jwt.enabled }}{{ $_ := set $environment "JWT_APP_ID" $values.auth.jwt.appId }}{{ end }}
{{- if $values.turn.enabled }}
{{- range $name, $value := $environment }}{{ $_ := set $environment $name (replace "turn.example.com" $values.turn.host $value) }}{{ end }}
{{- end }}
{{- if eq $values.split.role "data" }}{{ $_ := set $environment "XMPP_SERVERS_DOMAIN" $values.split.xmppServersDomain }}{{ end }}
{{- range $name, $value := $values.environment }}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}{{ $value = int64 $value }}{{ end }}
{{- $_ := set $environment $name (toString $value) }}
{{- end }}
{{- with get $objects "ConfigMap/router-config" }}
{{- with $values.haproxy.config }}{{ $_ := set (get $objects "ConfigMap/router-config").data "65-values.yaml" (toYaml .) }}{{ end }}
{{- with $values.router.config }}{{ $_ := set (get $objects "ConfigMap/router-config").data "80-values.yaml" (toYaml .) }}{{ end }}
{{- end }}
{{- $own := dict "web-custom" $values.customFiles.web "prosody-plugins" $values.customFiles.prosodyPlugins "jvb-custom" $values.customFiles.jvb "jvb-addresses" $values.jvb.addresses }}
{{- range $name, $data := $own }}
{{- $_ := unset $objects (printf "ConfigMap/%s" $name) }}
{{- with $data }}{{ $_ := set $objects (printf "ConfigMap/%s" $name) (dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" (dict "name" $name) "data" .) }}{{ end }}
{{- end }}
{{- end }}
