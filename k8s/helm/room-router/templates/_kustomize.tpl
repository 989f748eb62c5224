{{/*
Reads this repository's kustomizations, which are in files/, so that the chart and `kubectl apply -k` have
one set of manifests. It knows of kustomize what they use, and fails where one uses something else.

All templates here work on a context: files (.Files), objects (key → object), replace (list of [text, other
text] for what files say), level (Pod Security of the namespace). They change it and print nothing.
*/}}

{{/* A folder with a kustomization.yaml. In: list of context, path below files/. */}}
{{- define "kustomize.load" -}}
{{- $ctx := index . 0 }}{{ $path := index . 1 }}
{{- $text := $ctx.files.Get (printf "files/%s/kustomization.yaml" $path) }}
{{- if not $text }}{{ fail (printf "%s: no such kustomization in this chart" $path) }}{{ end }}
{{- $own := fromYaml $text }}
{{- range $key := keys (omit $own "apiVersion" "kind" "resources" "labels" "generatorOptions" "configMapGenerator" "patches" "images") }}
{{- fail (printf "%s/kustomization.yaml: the chart cannot read %s; see templates/_kustomize.tpl" $path $key) }}
{{- end }}
{{- $before := keys $ctx.objects }}
{{- range $own.resources }}
{{- if hasSuffix ".yaml" . }}{{ include "kustomize.file" (list $ctx (printf "%s/%s" $path .)) }}
{{- else }}{{ include "kustomize.load" (list $ctx (clean (printf "%s/%s" $path .))) }}{{ end }}
{{- end }}
{{- range $own.configMapGenerator }}{{ include "kustomize.configMap" (list $ctx $path .) }}{{ end }}
{{- range $label := $own.labels }}
{{- range $key, $object := $ctx.objects }}
{{- if not (has $key $before) }}{{ include "kustomize.label" (list $object $label) }}{{ end }}
{{- end }}
{{- end }}
{{- range $own.images }}{{ include "kustomize.image" (list $ctx .) }}{{ end }}
{{- range $own.patches }}{{ include "kustomize.patch" (list $ctx $path .) }}{{ end }}
{{- end }}

{{/* The objects of a file. In: list of context, path below files/. */}}
{{- define "kustomize.file" -}}
{{- $ctx := index . 0 }}{{ $path := index . 1 }}
{{- $text := $ctx.files.Get (printf "files/%s" $path) }}
{{- if not $text }}{{ fail (printf "%s: no such file in this chart" $path) }}{{ end }}
{{- range $ctx.replace }}{{ $text = replace (index . 0) (index . 1) $text }}{{ end }}
{{- range regexSplit "(?m)^---$" $text -1 }}
{{- $object := fromYaml . }}
{{- if hasKey $object "Error" }}{{ fail (printf "%s: %s" $path $object.Error) }}{{ end }}
{{- if $object.kind }}
{{- $key := printf "%s/%s" $object.kind $object.metadata.name }}
{{- if hasKey $ctx.objects $key }}{{ fail (printf "%s: %s is there twice" $path $key) }}{{ end }}
{{- if ne $object.kind "Namespace" }}{{ $_ := set $ctx.objects $key $object }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Literals, env files and files become the data of a ConfigMap. In: context, path, generator. */}}
{{- define "kustomize.configMap" -}}
{{- $ctx := index . 0 }}{{ $path := index . 1 }}{{ $own := index . 2 }}{{ $key := printf "ConfigMap/%s" $own.name }}
{{- if not (hasKey $ctx.objects $key) }}
{{- $metadata := dict "name" $own.name }}
{{- with dig "options" "labels" nil $own }}{{ $_ := set $metadata "labels" . }}{{ end }}
{{- $_ := set $ctx.objects $key (dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" dict) }}
{{- end }}
{{- $data := (get $ctx.objects $key).data }}
{{- range $own.files }}
{{- $_ := set $data (base .) (required (printf "%s/%s is not in this chart" $path .) ($ctx.files.Get (printf "files/%s/%s" $path .))) }}
{{- end }}
{{- $lines := $own.literals | default list }}
{{- range $own.envs }}{{ $lines = concat $lines (splitList "\n" ($ctx.files.Get (printf "files/%s/%s" $path .))) }}{{ end }}
{{- range $lines }}
{{- if and . (not (hasPrefix "#" .)) }}{{ $_ := set $data (index (splitn "=" 2 .) "_0") (index (splitn "=" 2 .) "_1") }}{{ end }}
{{- end }}
{{- end }}

{{/* In: list of object, item of `labels`. */}}
{{- define "kustomize.label" -}}
{{- $object := index . 0 }}{{ $label := index . 1 }}
{{- range $name, $value := $label.pairs }}
{{- if not $object.metadata.labels }}{{ $_ := set $object.metadata "labels" dict }}{{ end }}
{{- $_ := set $object.metadata.labels $name $value }}
{{- with dig "spec" "template" nil $object }}
{{- if or $label.includeTemplates $label.includeSelectors }}{{ $_ := set .metadata.labels $name $value }}{{ end }}
{{- range .spec.topologySpreadConstraints }}
{{- if $label.includeSelectors }}{{ $_ := set .labelSelector.matchLabels $name $value }}{{ end }}
{{- end }}
{{- end }}
{{- if $label.includeSelectors }}
{{- with dig "spec" "selector" nil $object }}
{{- $_ := set (ternary . .matchLabels (eq $object.kind "Service")) $name $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* In: list of context, item of `images`. */}}
{{- define "kustomize.image" -}}
{{- $image := index . 1 }}
{{- range (index . 0).objects }}
{{- range dig "spec" "template" "spec" "containers" list . }}
{{- if eq (regexReplaceAll "[:@][^/]*$" .image "") $image.name }}
{{- $_ := set . "image" (printf "%s:%s" ($image.newName | default $image.name) $image.newTag) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* In: list of context, path, item of `patches`. */}}
{{- define "kustomize.patch" -}}
{{- $ctx := index . 0 }}{{ $path := index . 1 }}{{ $own := index . 2 }}{{ $target := $own.target }}
{{- $patch := regexReplaceAll "(?m)^ *#.*\n" (required (printf "%s: the chart reads patches that are in the kustomization" $path) $own.patch) "" }}
{{- $label := splitn "=" 2 ($target.labelSelector | default "=") }}
{{- if eq $target.kind "Namespace" }}
{{- range fromYamlArray $patch }}{{ $_ := set $ctx "level" .value }}{{ end }}
{{- end }}
{{- range $key, $object := $ctx.objects }}
{{- $labels := $object.metadata.labels | default dict }}
{{- if and (regexMatch (printf "^(%s)$" $target.kind) $object.kind)
           (or (not $target.name) (eq ($target.name | default "") $object.metadata.name))
           (or (not $label._0) (eq (get $labels $label._0) $label._1)) }}
{{- if contains "$patch: delete" $patch }}{{ $_ := unset $ctx.objects $key }}
{{- else if hasPrefix "apiVersion:" $patch }}
{{- if regexMatch `(?m)^ *- |\[` $patch }}{{ fail (printf "%s: the chart merges no lists" $path) }}{{ end }}
{{- $_ := mergeOverwrite $object (omit (fromYaml $patch) "apiVersion" "kind" "metadata") }}
{{- else }}
{{- range fromYamlArray $patch }}{{ include "kustomize.operation" (list $object (deepCopy .) $path) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
One operation of a JSON patch. Lists cannot be changed in place here, so the changed one replaces it in the
map that holds it. In: list of object, operation, path for the message.
*/}}
{{- define "kustomize.operation" -}}
{{- $node := index . 0 }}{{ $operation := index . 1 }}{{ $where := printf "%s: %s %s" (index . 2) $operation.op $operation.path }}
{{- $steps := splitList "/" (trimPrefix "/" $operation.path) }}
{{- $last := replace "~1" "/" (last $steps) }}
{{- $holder := dict }}{{ $held := "" }}
{{- range initial $steps }}
{{- $step := replace "~1" "/" . }}
{{- if kindIs "slice" $node }}{{ $node = index $node (int $step) }}
{{- else }}
{{- if not (hasKey $node $step) }}{{ fail (printf "%s: there is no %s" $where $step) }}{{ end }}
{{- $holder = $node }}{{ $held = $step }}{{ $node = get $node $step }}
{{- end }}
{{- end }}
{{- if kindIs "slice" $node }}
{{- if eq $last "-" }}{{ $_ := set $holder $held (append $node $operation.value) }}
{{- else if eq $operation.op "replace" }}
{{- $rest := slice $node (int (add1 (int $last))) }}
{{- $_ := set $holder $held (concat (slice $node 0 (int $last)) (list $operation.value) $rest) }}
{{- else }}{{ fail (printf "%s: the chart cannot do that to a list" $where) }}{{ end }}
{{- else if eq $operation.op "test" }}
{{- if ne (get $node $last) $operation.value }}{{ fail (printf "%s: it is %v" $where (get $node $last)) }}{{ end }}
{{- else if eq $operation.op "remove" }}{{ $_ := unset $node $last }}
{{- else if has $operation.op (list "add" "replace") }}{{ $_ := set $node $last $operation.value }}
{{- else }}{{ fail (printf "%s: the chart knows no such operation" $where) }}{{ end }}
{{- end }}
