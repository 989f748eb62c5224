# SPDX-License-Identifier: Apache-2.0
"""Validates objects strictly against the schemas of Kubernetes and of CustomResourceDefinitions. Run by
schemas.py in an environment of its own: {"versions", "definitions", "objects"} comes on standard input,
a JSON list of mistakes goes out."""
import functools
import json
import pathlib
import re
import sys

import jsonschema
import kubernetes_validate
import referencing
import yaml

SCHEMAS = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def strict(node):
    """A structural schema in which fields that it does not know are mistakes."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: ({name: strict(item) for name, item in value.items()} if key == "properties"
                  else strict(value)) for key, value in node.items()}
    if node.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    elif "properties" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if node.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def definitions(paths):
    """(apiVersion, kind) → validator."""
    found = {}
    for path in paths:
        for thing in yaml.safe_load_all(pathlib.Path(path).read_text()):
            if not thing or thing["kind"] != "CustomResourceDefinition":
                continue
            spec = thing["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = (
                    jsonschema.Draft202012Validator(schema))
    return found


def _resource(path):
    return referencing.Resource.from_contents(json.loads(path.read_text()))


@functools.cache
def registry(version):
    return _resource(SCHEMAS / f"v{version}.0-local-strict" / "_definitions.json") @ referencing.Registry()


@functools.cache
def built_in(api, kind, version):
    """The validator of a kind that is part of Kubernetes, or None."""
    short = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)  # autoscaling-v2, networking-v1, v1
    path = SCHEMAS / f"v{version}.0-local-strict" / f"{kind.lower()}-{short}.json"
    if not path.exists():
        return None
    schema = _resource(path)
    return jsonschema.Draft202012Validator(schema.contents, registry=schema @ registry(version))


def mistakes(thing, versions, known):
    """What is wrong with one object."""
    api, kind = thing["apiVersion"], thing["kind"]
    custom = known.get((api, kind))
    looks = [("", custom)] if custom else [(f"{version}: ", built_in(api, kind, version))
                                           for version in versions]
    return [line for where, look in looks for line in (
        [f"{where}{error.json_path}: {error.message}" for error in look.iter_errors(thing)]
        if look else [f"{where}there is no such kind"])]


def main():
    asked = json.load(sys.stdin)
    known = definitions(asked["definitions"])
    made = [f"{thing['apiVersion']} {thing['kind']} {thing['metadata']['name']}: {line}"
            for thing in asked["objects"] for line in mistakes(thing, asked["versions"], known)]
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
