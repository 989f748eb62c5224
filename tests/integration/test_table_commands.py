# SPDX-License-Identifier: Apache-2.0
"""`set table` and `clear table`: rooms are moved and forgotten by hand, on all replicas."""
import socket

import pytest

from harness.client import SWITCHING, RawClient, upgrade
from harness.cluster import Cluster, table
from harness.pipeline import ask
from harness.waiting import eventually

ROOMS = [f"room{number}" for number in range(30)]


@pytest.fixture
def cluster(processes):
    shards = processes.shards()
    for shard in shards:
        shard.handler = lambda connection, request: connection.send(SWITCHING)
    cluster = Cluster(processes, 2, shards).start()
    cluster.placed = ask(cluster.replicas[0], ROOMS)
    cluster.wait_equal()
    return cluster


def _server_id(replica, shard):
    rows = replica.command("show stat jitsi-meet 4 -1").splitlines()
    columns = rows[0][2:].split(",")
    return next(row.split(",")[columns.index("sid")] for row in rows[1:]
                if row.split(",")[columns.index("svname")] == shard)


def _joined(replica, room):
    client = RawClient(replica.port)
    assert client.request(upgrade(f"/xmpp-websocket?room={room}")).status == 101
    return client


def test_a_room_moves_with_all_its_sessions(cluster):
    one, other = cluster.replicas
    room, bystander = [room for room, shard in cluster.placed.items() if shard != "shard-1"][:2]
    clients = [_joined(replica, room) for replica in cluster.replicas]
    stays = _joined(other, bystander)
    assert one.command(f"set table jitsi-meet key {room} data.server_key shard-1").strip() == ""
    assert all(client.at_end() for client in clients)
    expected = {**cluster.placed, room: "shard-1"}
    assert cluster.wait_equal() == expected
    assert ask(other, ROOMS) == expected
    stays.send(b"x")
    assert not stays.at_end(0.05)
    again = _joined(other, room)
    sid = _server_id(one, "shard-1")
    assert one.command(f"set table jitsi-meet key {room} data.server_id {sid}").strip() == ""
    assert not again.at_end(0.05), "it was there already"


def test_what_is_forgotten_is_forgotten_everywhere(cluster):
    one, other = cluster.replicas
    room = next(room for room, shard in cluster.placed.items() if shard == "shard-0")
    with _joined(other, room) as client:
        assert one.command(f"clear table jitsi-meet key {room}").strip() == ""
        assert client.at_end()
    gone = eventually(lambda: (t := cluster.wait_equal()) and room not in t and t, "forgotten")
    assert gone == {name: shard for name, shard in cluster.placed.items() if name != room}
    sid = _server_id(one, "shard-1")
    one.command(f"clear table jitsi-meet data.server_id eq {sid}")
    left = eventually(lambda: (t := cluster.wait_equal()) and "shard-1" not in t.values() and t,
                      "filtered")
    assert left == {name: shard for name, shard in gone.items() if shard != "shard-1"}
    one.command("clear table jitsi-meet")
    eventually(lambda: not table(one) and not table(other), "all forgotten")


@pytest.mark.parametrize("text,answer", [
    ("set table", "Required arguments: <table> key <key> data.server_id|data.server_key <value>"),
    ("set table jitsi-meet",
     "Required arguments: <table> key <key> data.server_id|data.server_key <value>"),
    ("set table jitsi-meet key", "Key value expected"),
    ("set table jitsi-meet key x", "Write where the room goes: data.server_key <shard>"),
    ("set table jitsi-meet key x data.server_key moon", "No such server; show stat lists them"),
    ("set table jitsi-meet key x data.server_id 99", "No such server; show stat lists them"),
    ("set table jitsi-meet key x data.server_id", "No such server; show stat lists them"),
    ("set table jitsi-meet key x data.gpc0 1",
     "Only data.server_id and data.server_key are kept in this table"),
    ("set table jitsi-meet key x data.server_key shard-0 data.server_key shard-1",
     "The values name different shards"),
    (r"set table jitsi-meet key \  data.server_key shard-0",
     "The key names no room; write for example [tenant]room"),
    ("set table other key x data.server_id 1", "No such table"),
    ("clear table", 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or '
                    "<table> key <key>"),
    ("clear table other", "No such table"),
    ("clear table jitsi-meet key", "Key value expected"),
    ("clear table jitsi-meet data.gpc0 gt 0",
     "Filter entry #1: Data type not stored in this table"),
])
def test_mistakes_change_nothing(router, text, answer):
    ask(router, ROOMS)
    before = table(router)
    assert router.command(text).strip() == answer
    assert table(router) == before


@pytest.fixture(scope="module")
def router(module_processes):
    return module_processes.router(module_processes.shards(), name="table-commands")


def test_users_change_nothing(processes):
    path = processes.directory / "user.sock"
    router = processes.router(processes.shards(), {
        "admin": {"sockets": [{"path": str(path), "level": "user"}]}})
    ask(router, ["a"])
    router.socket_path = path
    for text in ("set table jitsi-meet key a data.server_key shard-1", "clear table jitsi-meet"):
        assert router.command(text).strip() == "Permission denied"
