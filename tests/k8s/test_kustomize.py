# SPDX-License-Identifier: Apache-2.0
"""Every overlay and every component renders, without a warning, to what check.py accepts; with --deep
every pair of components."""
import re

import made
import pytest
import rendering
import yaml

COMPONENTS = sorted(path.parent.relative_to(rendering.K8S / "components").as_posix()
                    for path in (rendering.K8S / "components").rglob("kustomization.yaml"))


def _problems(lint, things, components=()):
    """What check.py says, without what old images are known for."""
    found = lint.check(things)
    if "legacy-colibri-ws" in components:
        found = [line for line in found if not re.search(r"-web: port 80 needs a privilege", line)]
    return found


def test_the_chart_has_the_same_files():
    """By relative links, which a copy or an archive of the repository has to keep."""
    files = rendering.K8S / "helm" / "room-router" / "files"
    links = {path.name: path.readlink().as_posix() for path in files.iterdir() if path.is_symlink()}
    assert links == {name: f"../../../{name}" for name in ("base", "components", "migrate", "monitoring")}
    assert sorted(links) == sorted(path.name for path in files.iterdir())


@pytest.mark.parametrize("folder", [f"overlays/{name}" for name in rendering.OVERLAYS])
def test_overlay(tree, lint, folder):
    things = tree.render(folder)
    assert len(things) > 20 and _problems(lint, things) == []


@made.each_row
def test_components_together(tree, lint, row):
    components, scaling = row
    things = tree.render(made.overlay(tree, components, scaling))
    assert _problems(lint, things, components) == []


def test_every_component_is_rendered():
    used = {name for names, scaling in made.ROWS for name in [*names, scaling]}
    elsewhere = {"split-control", "split-control/namespace", "split-data",  # overlays/split
                 "jvb-metacontroller/cluster"}  # test_metacontroller.py
    numbered = {"jvb-nodeport", "hpa-keda"}
    left = {name for name in COMPONENTS if re.sub(r"/\d+$", "", name) not in numbered}
    assert left - elsewhere == used - {""} - numbered


def test_shard_is_five_lines_and_one_word(tree, lint):
    """docs/kubernetes.md promises it, and that nothing else changes."""
    overlay = tree.path / "overlays" / "production"
    before = {lint.name(thing): thing for thing in tree.render("overlays/production")}
    one = (overlay / "shards/shard-1/kustomization.yaml").read_text()
    assert one.count("\n") == 5
    copy = tree.path / "overlays" / "production-of-three"
    copy.mkdir()
    for path in overlay.rglob("*"):
        target = copy / path.relative_to(overlay)
        target.mkdir() if path.is_dir() else target.write_text(path.read_text())
    (copy / "shards/shard-2").mkdir()
    (copy / "shards/shard-2/kustomization.yaml").write_text(
        one.replace("shard-1", "shard-2").replace("nodeport/1", "nodeport/2"))
    whole = (copy / "kustomization.yaml").read_text()
    assert whole.count("shards/shard-1]") == 1
    (copy / "kustomization.yaml").write_text(whole.replace("shards/shard-1]",
                                                           "shards/shard-1, shards/shard-2]"))
    things = tree.render("overlays/production-of-three")
    after = {lint.name(thing): thing for thing in things}
    assert lint.check(things) == []
    assert all("shard-2" in name for name in after.keys() - before.keys())
    secret = {"Secret jitsi-secrets", "Secret router-gossip"}
    assert {name: thing for name, thing in after.items() if name in before.keys() - secret} == {
        name: thing for name, thing in before.items() if name not in secret}


@pytest.mark.parametrize("file", ["jitsi.env", "gossip.key"])
def test_missing_secret_stops_the_rendering(tree, file):
    path = tree.path / "overlays/development/secrets" / file
    kept = path.read_text()
    path.unlink()
    try:
        done = tree.build("overlays/development")
    finally:
        path.write_text(kept)
    assert done.returncode != 0 and f"secrets/{file}" in done.stderr


def test_no_secret_is_in_git():
    """Neither a file nor a value; the overlays name files that git ignores."""
    texts = [path.read_text() for path in rendering.K8S.rglob("*") if path.is_file()
             and path.suffix in (".yaml", ".env") and "secrets" not in path.parts]
    assert texts
    assert not re.findall(r"(?im)^\s*\w*(?:PASSWORD|APP_SECRET|CREDENTIALS)=\S+", "\n".join(texts))
    assert "k8s/overlays/**/secrets/" in (rendering.ROOT / ".gitignore").read_text()


def test_nothing_is_fetched():
    """All resources are files of this repository."""
    for path in rendering.K8S.rglob("kustomization.yaml"):
        whole = yaml.safe_load(path.read_text())
        for item in whole.get("resources", []) + whole.get("components", []):
            assert (path.parent / item).exists() or item == "secrets", f"{path}: {item}"
