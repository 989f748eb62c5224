# SPDX-License-Identifier: Apache-2.0
"""k8s/ops: the table, the commands and the values files say the same, and nothing floats."""
import pathlib
import re
import shlex

import pytest
import yaml

OPS = pathlib.Path(__file__).parents[2] / "k8s/ops"
README = (OPS / "README.md").read_text()


def _table():
    """Values file → (chart, version)."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in README.splitlines() if re.match(r"\|.*`[\w-]+\.yaml` \|$", line)]
    return {row[4].strip("`"): (row[2], row[3]) for row in rows}


def _commands():
    """Values file → what its command installs."""
    found = {}
    for line in re.findall(r"^helm .*$", README, re.M):
        words = shlex.split(line)
        assert words[:3] == ["helm", "upgrade", "--install"], line
        options = dict(zip(words, words[1:]))
        path = pathlib.PurePath(options["-f"])
        assert path.parent.as_posix() == "k8s/ops", line
        assert path.name not in found, line
        found[path.name] = {"release": words[3], "chart": words[4], "version": options["--version"],
                            "repository": options.get("--repo"), "namespace": options["-n"]}
    return found


FILES = sorted(path.name for path in OPS.glob("*.yaml"))


def test_every_file_has_a_row_and_a_command():
    assert FILES and sorted(_table()) == FILES and sorted(_commands()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_command_installs_what_the_table_says(name):
    command, (chart, version) = _commands()[name], _table()[name]
    assert command["version"] == version and re.fullmatch(r"v?\d+\.\d+\.\d+", version)
    assert command["chart"].rpartition("/")[2] == chart
    # A chart is named with its place: nobody has to add repositories before.
    assert command["chart"].startswith("oci://") != bool(command["repository"])


def _scalars(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, (*path, str(index)))
    else:
        yield path, value


@pytest.mark.parametrize("name", FILES)
def test_values(name):
    text = (OPS / name).read_text()
    assert text.startswith("# "), "a comment says first what it is for"
    values = list(_scalars(yaml.safe_load(text)))
    assert values
    for path, value in values:
        assert "latest" not in str(value), path
        assert not re.search(r"password$", path[-1], re.I) or value == "", f"{path} is a secret"
        if path[-1] == "version":
            assert re.fullmatch(r"v?\d+\.\d+\.\d+", str(value)), path


def test_nothing_is_bundled():
    allowed = {"README.md", *FILES}
    assert {path.name for path in OPS.rglob("*")} == allowed
    assert not [name for name in FILES if re.search(r"^kind: (?!Controller)", (OPS / name).read_text(), re.M)]


def test_rights_of_metacontroller_are_not_those_of_an_administrator():
    rules = yaml.safe_load((OPS / "metacontroller.yaml").read_text())["clusterRole"]["rules"]
    assert "*" not in {word for rule in rules for words in rule.values() for word in words}


def test_rules_of_the_adapter_are_those_of_monitoring():
    rules = yaml.safe_load((OPS / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    assert rules == yaml.safe_load((OPS.parent / "monitoring/adapter-rules.yaml").read_text())["rules"]
