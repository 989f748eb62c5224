# SPDX-License-Identifier: Apache-2.0
"""Weights that an operator orders while everything runs, and shards that wait to be made ready."""
import json

import pytest

from harness.cluster import Cluster
from harness.pipeline import ask
from harness.router import static_shards
from harness.waiting import eventually


@pytest.fixture
def cluster(processes):
    return Cluster(processes, 3, processes.shards()).start()


def _order(replica, text):
    assert replica.command(text).strip() == ""


def _all_say(replicas, shard, weight):
    for replica in replicas:
        eventually(lambda: replica.command(f"get weight jitsi-meet/{shard}").strip() == weight,
                   f"{replica.name} has {shard} at {weight}")


def _homes(replica, mark, count=60):
    return set(ask(replica, [f"{mark}{number}" for number in range(count)]).values())


def test_new_rooms_follow_the_weights_on_all_replicas(cluster):
    one, two, three = cluster.replicas
    _order(one, "set server jitsi-meet/shard-1 weight 0")
    _all_say(cluster.replicas, "shard-1", "0 (initial 100)")
    for replica in cluster.replicas:
        assert _homes(replica, f"light-{replica.name}-") == {"shard-0", "shard-2"}
    for shard in ("shard-0", "shard-2"):
        _order(two, f"set weight jitsi-meet/{shard} 0%")
        _all_say(cluster.replicas, shard, "0 (initial 100)")
    _order(two, "set weight jitsi-meet/shard-1 50%")
    _all_say(cluster.replicas, "shard-1", "50 (initial 100)")
    for replica in cluster.replicas:
        assert _homes(replica, f"heavy-{replica.name}-") == {"shard-1"}
        assert replica.metric("room_router_shard_weight", shard="shard-1") == 50
    three.restart()
    _all_say([three], "shard-1", "50 (initial 100)")
    for shard in ("shard-0", "shard-1", "shard-2"):
        _order(three, f"set server jitsi-meet/{shard} weight 100%")
        _all_say(cluster.replicas, shard, "100 (initial 100)")
    assert _homes(one, "even") == {"shard-0", "shard-1", "shard-2"}


def _admin(replica, shard):
    shards = json.loads(replica.admin("/api/v1/shards")[1])["shards"]
    return next((each["admin"] for each in shards if each["name"] == shard), None)


def _all_have(replicas, shard, state):
    for replica in replicas:
        eventually(lambda: _admin(replica, shard) == state, f"{replica.name}: {shard} is {state}")


def _add(replica, shard):
    replica.config["shards"]["static"] += static_shards([shard])
    replica.write()
    replica.reload()


def test_shards_that_come_later_wait_until_they_are_made_ready(processes):
    cluster = Cluster(processes, 2, processes.shards(2),
                      {"shards": {"initial_state": "drain"}}).start()
    one, other = cluster.replicas
    late = processes.shard("shard-2")
    for shard in ("shard-0", "shard-1"):
        _all_have(cluster.replicas, shard, "ready")
    for replica in cluster.replicas:
        _add(replica, late)
    _all_have(cluster.replicas, "shard-2", "drain")
    assert _homes(one, "early") == {"shard-0", "shard-1"}
    other.restart()
    _all_have([other], "shard-2", "drain")
    _all_have([other], "shard-1", "ready")
    assert _homes(other, "still") == {"shard-0", "shard-1"}
    _order(other, "set server jitsi-meet/shard-2 state ready")
    _all_have(cluster.replicas, "shard-2", "ready")
    one.restart()
    _all_have([one], "shard-2", "ready")
    eventually(lambda: "shard-2" in _homes(one, "late"), "shard-2 gets rooms")


def test_a_replica_that_starts_alone_takes_the_shards_it_finds(processes):
    router = processes.router(processes.shards(), {"shards": {"initial_state": "drain"}})
    _order(router, "set server jitsi-meet/shard-1 state drain")
    router.restart()
    for shard in ("shard-0", "shard-1", "shard-2"):
        _all_have([router], shard, "ready")
    assert _homes(router, "room") == {"shard-0", "shard-1", "shard-2"}
