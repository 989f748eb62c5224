# SPDX-License-Identifier: Apache-2.0
"""What is written about k8s/ is there."""
import re

import pytest
import rendering

DOCS = rendering.ROOT / "docs" / "kubernetes.md"
README = rendering.K8S / "README.md"


@pytest.mark.parametrize("path", [DOCS, README], ids=lambda path: path.name)
def test_links_and_paths_exist(path):
    text = path.read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [link for link in links if link and not (path.parent / link).exists()]
    missing += [name for name in re.findall(r"\bk8s/[\w./-]*\w", text)
                if not (rendering.ROOT / name).exists()]
    assert links and not missing


def test_readme_lists_all_components():
    table = README.read_text().partition("## Components")[2].partition("## Decisions")[0]
    listed = {name.partition("/")[0] for name in re.findall(r"`([a-z][\w/-]+)`", table)}
    folders = {path.name for path in (rendering.K8S / "components").iterdir()}
    assert folders and folders <= listed


def test_components_named_in_the_text_exist():
    for name in re.findall(r"components/([\w-]+)", DOCS.read_text()):
        assert (rendering.K8S / "components" / name / "kustomization.yaml").exists(), name


def test_overlays_are_those_that_are_tested():
    folders = {path.parent.relative_to(rendering.K8S / "overlays").as_posix()
               for path in (rendering.K8S / "overlays").rglob("kustomization.yaml")
               if "shards" not in path.parts}
    assert folders == set(rendering.OVERLAYS)
