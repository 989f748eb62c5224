# SPDX-License-Identifier: Apache-2.0
"""Overlays of combined components, with what the comments of the components ask for."""
import combinations
import pytest
import yaml

SECRET = "a" * 24
KEYS = {"auth-jwt": "JWT_APP_SECRET", "turn": "TURN_CREDENTIALS"}


def _more_keys(keys):
    """A patch that takes further keys from the store."""
    added = [{"op": "add", "path": "/spec/data/-",
              "value": {"secretKey": key, "remoteRef": {"key": "jitsi/more"}}} for key in keys]
    return {"target": {"kind": "ExternalSecret", "name": "jitsi-secrets"},
            "patch": yaml.safe_dump(added)}


def _asked_for(components):
    """What such an overlay has beside the components."""
    keys = [KEYS[name] for name in components if name in KEYS]
    own = {"name": "jitsi-secrets", "envs": ["secrets/jitsi.env"],
           "literals": [f"{key}={SECRET}" for key in keys]}
    more = {"patches": [], "configMapGenerator": [],
            "secretGenerator": [own, {"name": "router-gossip", "files": ["secrets/gossip.key"]}]}
    if "external-secrets" in components:
        more["secretGenerator"] = []
        more["patches"] += [_more_keys(keys)] if keys else []
    if "drain-hooks" in components:
        more["secretGenerator"].append({"name": "router-admin-token", "literals": [f"token={SECRET}"]})
    if "jvb-loadbalancer" in components:
        more["configMapGenerator"].append({"name": "jvb-addresses", "literals": [
            f"shard-{shard}-jvb-{bridge}=203.0.113.{10 * shard + bridge}"
            for shard in range(2) for bridge in range(2)]})
    return more


def overlay(tree, components, scaling="", shards=2):
    """The folder of an overlay with these components; `scaling` goes into every shard."""
    def of_shard(shard):
        return [f"{scaling}/{shard}" if scaling == "hpa-keda" else scaling] if scaling else []

    return tree.overlay(components, of_shard, shards, _asked_for(components))


def _rows(choices):
    """(components, scaling) of each."""
    return [([name for name in row[:-1] if name], row[-1]) for row in choices]


ROWS = _rows(combinations.singles())  # each choice somewhere
_PAIRS = _rows(combinations.pairs())  # each pair of choices


def rows(deep):
    return ROWS + (_PAIRS if deep else [])


def _named(row):
    components, scaling = row
    return "+".join([*components, scaling]).strip("+") or "none"


# A test takes `row`: each choice in the plain run, each pair of choices in the deep one.
each_row = pytest.mark.parametrize("row", [pytest.param(row, id=_named(row)) for row in ROWS] + [
    pytest.param(row, id=_named(row), marks=pytest.mark.deep) for row in _PAIRS])
