# SPDX-License-Identifier: Apache-2.0
"""What an operator orders on one replica holds on all, now and later."""
import threading

import pytest

from harness.client import SWITCHING, RawClient, upgrade
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.waiting import eventually

ROOMS = [f"room{number}" for number in range(60)]


@pytest.fixture
def cluster(processes):
    shards = processes.shards()
    cluster = Cluster(processes, 2, shards).start()
    cluster.shards = shards
    cluster.placed = ask(cluster.replicas[0], ROOMS)
    cluster.wait_equal()
    return cluster


def _is(replica, state, shard="shard-1"):
    return replica.metric("room_router_shard_admin_state", shard=shard, state=state) == 1


def _all_are(cluster, state):
    for replica in cluster.replicas:
        eventually(lambda: _is(replica, state), f"{replica.name} has shard-1 {state}")


def _order(replica, text):
    assert replica.command(text).strip() == ""


def test_a_drained_shard_keeps_its_rooms_and_gets_no_new_ones(cluster):
    one, other = cluster.replicas
    _order(one, "set server jitsi-meet/shard-1 state drain")
    _all_are(cluster, "drain")
    assert ask(other, ROOMS) == cluster.placed
    new = ask(other, [f"new{number}" for number in range(60)])
    assert set(new.values()) == {"shard-0", "shard-2"}
    _order(other, "set server jitsi-meet/shard-1 state ready")
    _all_are(cluster, "ready")
    assert "shard-1" in ask(one, [f"newer{number}" for number in range(60)]).values()


def test_a_shard_in_maintenance_is_as_good_as_down(cluster):
    one, other = cluster.replicas
    room = next(room for room, shard in cluster.placed.items() if shard == "shard-1")
    cluster.shards[1].handler = lambda connection, request: connection.send(SWITCHING)
    with RawClient(other.port) as client:
        assert client.request(upgrade(f"/xmpp-websocket?room={room}")).status == 101
        _order(one, "disable server jitsi-meet/shard-1")
        assert client.at_end()
    _all_are(cluster, "maint")
    homes = ask(other, ROOMS)
    assert set(homes.values()) == {"shard-0", "shard-2"}
    assert ask(one, ROOMS) == homes
    _order(other, "enable server jitsi-meet/shard-1")
    _all_are(cluster, "ready")
    assert ask(one, ROOMS) == homes, "what returns pulls nothing back"


def test_a_websocket_that_a_shard_in_maintenance_accepts_too_late_ends(cluster):
    one, _ = cluster.replicas
    room = next(room for room, shard in cluster.placed.items() if shard == "shard-1")
    asked, ordered = threading.Event(), threading.Event()

    def late(connection, request):
        asked.set()
        ordered.wait(60)
        connection.send(SWITCHING)

    cluster.shards[1].handler = late
    with RawClient(one.port) as client:
        client.send(upgrade(f"/xmpp-websocket?room={room}"))
        assert asked.wait(60)
        _order(one, "disable server jitsi-meet/shard-1")
        _all_are(cluster, "maint")
        ordered.set()
        assert client.read_response().status == 101
        assert client.at_end(), "else it stays there for ever, while its room is placed elsewhere"


def test_a_replica_that_starts_obeys_what_was_ordered_before(cluster):
    one, other = cluster.replicas
    _order(one, "set server jitsi-meet/shard-1 state drain")
    _all_are(cluster, "drain")
    one.restart()
    _all_are(cluster, "drain")


def test_a_single_replica_takes_orders_too(processes):
    router = processes.router(processes.shards())
    _order(router, "set server jitsi-meet/shard-1 state drain")
    eventually(lambda: _is(router, "drain"), "drained")
    assert "DRAIN" in router.command("show stat jitsi-meet 4 -1")
    assert router.command("set server jitsi-meet/shard-9 state drain").strip() == "No such server."
