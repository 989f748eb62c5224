#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/configuration.md from config/schema.json: run it after changing the schema.

With --check it writes nothing and fails when the page is not what it would write.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INTRO = """\
# Configuration

Written by `docs/configuration.py` from `config/schema.json`; change that file, then run the script.

`room-router run` reads `/etc/room-router/room-router.yaml`, or what `-c` names. A directory stands
for its `*.yaml` files in name order: maps are merged key by key, anything else is replaced by the
later file. `room-router check -c FILE` tells every mistake as `file:line:column: message`;
`--print` adds the configuration in effect, with all defaults and without secrets.

- Every key is optional, except that `shards` needs `discovery.srv` or `static`. An empty value
  (`key:`) means the default. Unknown keys and keys given twice are mistakes.
- Durations: `10ms` `5s` `2m` `1h` `1d`. Sizes: `512B` `16KiB` `1MiB`, or bytes.
- `${VAR}` and `${VAR:-default}` in values are replaced from the environment, after parsing; the
  default counts when the variable is unset or empty. An unset variable without a default is a
  mistake. `$${` stands for `${`. Inside `{…}` and `[…]` such a value needs quotes.
- YAML anchors and aliases work; merge keys (`<<`) do not.
- A file is UTF-8 and at most 4 MiB.

Some features are not in this version. Their keys are known and checked, but a value that would
need the feature is refused, as the last column of the tables says.
"""


def cell(text):
    return text.replace("|", "\\|")


def choices(key):
    for option in [key, *key.get("anyOf", [])]:
        if "enum" in option:
            return " One of " + ", ".join(f"`{word}`" for word in option["enum"]) + "."
        if "minimum" in option and "maximum" in option:
            return f" {option['minimum']} to {option['maximum']}."
    return ""


def rows(path, key):
    """The row of a key, or those of the keys in it."""
    if "properties" in key:
        for name, inner in key["properties"].items():
            yield from rows(f"{path}.{name}", inner)
        return
    default = f"`{json.dumps(key['default'], ensure_ascii=False)}`" if "default" in key else "required"
    refused = f"refused: {key['x-refused']}" if "x-refused" in key else ""
    meaning = key["description"] + choices(key)
    yield f"| `{path}` | {cell(default)} | {cell(meaning)} | {cell(refused)} |"
    if "properties" in key.get("items", {}):
        yield from rows(path + "[]", key["items"])


def page(schema):
    parts = [INTRO]
    for name, key in schema["properties"].items():
        parts.append(f"## {name}\n")
        if "properties" in key:
            parts.append(key["description"] + "\n")
        parts.append("| key | default | meaning | this version |\n|---|---|---|---|")
        parts.append("\n".join(rows(name, key)) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    text = page(json.loads((ROOT / "config/schema.json").read_text(encoding="utf-8")))
    target = ROOT / "docs/configuration.md"
    if "--check" in sys.argv:
        sys.exit(target.read_text(encoding="utf-8") != text)
    target.write_text(text, encoding="utf-8")
