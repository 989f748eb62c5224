#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/configuration.md and docs/man/room-router.yaml.5 from config/schema.json: run it after
changing the schema.

With --check it writes nothing and fails when a page is not what it would write.
"""
import json
import pathlib
import re
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
    meaning = key["description"] + choices(key)
    yield f"| `{path}` | {cell(default)} | {cell(meaning)} |"
    if "properties" in key.get("items", {}):
        yield from rows(path + "[]", key["items"])


def page(schema):
    parts = [INTRO]
    for name, key in schema["properties"].items():
        parts.append(f"## {name}\n")
        if "properties" in key:
            parts.append(key["description"] + "\n")
        parts.append("| key | default | meaning |\n|---|---|---|")
        parts.append("\n".join(rows(name, key)) + "\n")
    return "\n".join(parts)


MAN_HEAD = r"""\
.\" SPDX-License-Identifier: Apache-2.0
.\" Written by docs/configuration.py from config/schema.json; change that file, then run the script.
.Dd November 21, 2026
.Dt ROOM-ROUTER.YAML 5
.Os "Room Router"
.Sh NAME
.Nm room-router.yaml
.Nd configuration of room-router
.Sh DESCRIPTION
"""
MAN_TAIL = """\
.Sh SEE ALSO
.Xr room-router 1 ,
.Xr room-router-ctl 1
"""


def roff(text):
    """Markdown's emphasis and links gone, what roff would read escaped."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text.replace("`", ""))
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    text = re.sub(r"([^\x00-\x7f])", lambda found: f"\\[u{ord(found[1]):04X}]", text)
    text = re.sub(r"([.:)]) (?=[A-Z])", r"\1\n", text)  # roff: a sentence, a line
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def intro_of_man():
    for block in INTRO.split("\n\n")[2:]:
        if not block.startswith("- "):
            yield ".Pp\n" + roff(block).strip()
            continue
        yield ".Bl -bullet"
        for item in re.split(r"^- ", block, flags=re.M)[1:]:
            yield ".It\n" + roff(re.sub(r"\n  ", "\n", item)).strip()
        yield ".El"


def items(path, key):
    if "properties" in key:
        for name, inner in key["properties"].items():
            yield from items(f"{path}.{name}", inner)
        return
    default = json.dumps(key["default"], ensure_ascii=False) if "default" in key else "required"
    yield f".It {roff(path)} ({roff(default)})"
    yield roff(key["description"] + choices(key))
    if "properties" in key.get("items", {}):
        yield from items(path + "[]", key["items"])


def man(schema):
    parts = [MAN_HEAD.rstrip(), "\n".join(intro_of_man()).removeprefix(".Pp\n"),
             ".Sh KEYS"]
    for name, key in schema["properties"].items():
        parts.append(f".Ss {name}")
        if "properties" in key:
            parts.append(roff(key["description"]))
        parts.append("\n".join([".Bl -tag -width Ds", *items(name, key), ".El"]))
    return "\n".join(parts) + "\n" + MAN_TAIL


if __name__ == "__main__":
    schema = json.loads((ROOT / "config/schema.json").read_text(encoding="utf-8"))
    pages = {"configuration.md": page(schema), "man/room-router.yaml.5": man(schema)}
    for name, text in pages.items():
        target = ROOT / "docs" / name
        if "--check" not in sys.argv:
            target.write_text(text, encoding="utf-8")
        elif target.read_text(encoding="utf-8") != text:
            sys.exit(f"docs/{name} is not what docs/configuration.py writes; run it")
