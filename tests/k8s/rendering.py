# SPDX-License-Identifier: Apache-2.0
"""Rendering k8s/: the tool that does it, overlays with secrets, and overlays made up for a test."""
import hashlib
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
K8S = ROOT / "k8s"
CACHE = ROOT / "build" / "k8s-tools"
OVERLAYS = ("development", "production", "gcp-us-west1", "split/control", "split/data")
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"


def module(path):
    """A Python file of k8s/ that is not in a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def go_tool(name, package):
    """A program built by go from a pinned version, once; skips with the reason."""
    path = CACHE / (name + "-" + package.rpartition("@")[2]) / name
    if not path.exists():
        go = shutil.which("go")
        if go is None:
            pytest.skip(f"neither {name} nor go is installed")
        done = subprocess.run(["nice", go, "install", package], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=900,
                              env={**os.environ, "GOBIN": str(path.parent), "GOFLAGS": "-p=2"})
        if done.returncode:
            pytest.skip(f"go could not build {package}: {done.stderr.strip()[-300:]}")
    return path


def renderer():
    """`kubectl kustomize`, or kustomize alone where there is no kubectl (of this age)."""
    kubectl = shutil.which("kubectl")
    if kubectl:
        said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60).stdout
        if re.search(r"Kustomize Version: v5", said):
            return [kubectl, "kustomize"]
    own = shutil.which("kustomize")
    return [own or str(go_tool("kustomize", KUSTOMIZE)), "build"]


def _left_out(folder, names):
    """Secrets of overlays, which are not this machine's business; tools/secrets is a file."""
    return [name for name in names if name in ("secrets", "__pycache__")
            and (pathlib.Path(folder) / name).is_dir()]


class Tree:
    """A copy of k8s/ with secrets in its overlays, to render and to change."""

    def __init__(self, directory, command):
        self.path, self.command, self.rendered = directory / "k8s", command, {}
        shutil.copytree(K8S, self.path, ignore=_left_out)
        for overlay in OVERLAYS:
            self.run("tools/secrets", f"overlays/{overlay}")

    def run(self, *words, **options):
        return subprocess.run([str(self.path / words[0]), *map(str, words[1:])], cwd=self.path,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                              **options)

    def build(self, folder):
        """The finished process."""
        return subprocess.run([*self.command, self.path / folder], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)

    def render(self, folder):
        """The objects of a folder; what was rendered once is not rendered again."""
        if folder not in self.rendered:
            done = self.build(folder)
            assert done.returncode == 0 and not done.stderr, f"{folder}: {done.stderr}"
            self.rendered[folder] = done.stdout
        return [thing for thing in yaml.safe_load_all(self.rendered[folder]) if thing]

    def overlay(self, components, of_shard, shards, more):
        """A new overlay with the development one's environment. `of_shard` names a shard's components,
        `more` is laid over the rest of kustomization.yaml."""
        key = repr([components, [of_shard(shard) for shard in range(shards)], more])
        name = "test-" + hashlib.sha256(key.encode()).hexdigest()[:12]
        folder = self.path / "overlays" / name
        if not folder.exists():
            shutil.copytree(self.path / "overlays" / "development", folder,
                            ignore=shutil.ignore_patterns("shards"))
            for shard in range(shards):
                self._shard(folder, shard, of_shard(shard))
            whole = yaml.safe_load((folder / "kustomization.yaml").read_text())
            whole["resources"] = ["../../base/namespace", "../../base/router",
                                  *(f"shards/shard-{shard}" for shard in range(shards))]
            whole["components"] = [f"../../components/{component}" for component in components]
            more["configMapGenerator"] += whole["configMapGenerator"]
            (folder / "kustomization.yaml").write_text(yaml.safe_dump({**whole, **more}))
        return f"overlays/{name}"

    @staticmethod
    def _shard(folder, shard, components):
        text = (K8S / "overlays/production/shards/shard-1/kustomization.yaml").read_text()
        whole = yaml.safe_load(text.replace("shard-1", f"shard-{shard}").replace(
            "nodeport/1", f"nodeport/{shard}"))
        whole["components"] = [f"../../../../components/{name}" for name in components]
        place = folder / "shards" / f"shard-{shard}"
        place.mkdir(parents=True)
        (place / "kustomization.yaml").write_text(yaml.safe_dump(whole))


def named(things, kind, name):
    found = [thing for thing in things if (thing["kind"], thing["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind} {name}: {len(found)} of them"
    return found[0]
