# SPDX-License-Identifier: Apache-2.0
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import rendering  # noqa: E402


@pytest.fixture(scope="session")
def kustomize():
    return rendering.renderer()


@pytest.fixture(scope="session")
def tree(tmp_path_factory, kustomize):
    return rendering.Tree(tmp_path_factory.mktemp("manifests"), kustomize)


@pytest.fixture(scope="session")
def lint():
    """k8s/tools/check.py"""
    return rendering.module(rendering.K8S / "tools" / "check.py")


@pytest.fixture(scope="session")
def per_shard():
    return rendering.module(rendering.K8S / "tools" / "per_shard.py")
