# SPDX-License-Identifier: Apache-2.0
"""Emptying a shard: by the socket, by `ctl`, over HTTP; asked of any replica, for all of them."""
import http.client
import json
import subprocess
import threading

import pytest

from harness.client import SWITCHING, RawClient, upgrade
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.waiting import eventually

ROOMS = [f"room{number}" for number in range(60)]
TOKEN = "0123456789abcdef0123456789abcdef"
# Leases end soon after the last session, but not while a busy machine is slow to renew them.
SHORT = {"stick_table": {"expire": "4s"}}


@pytest.fixture
def start(processes):
    """A cluster whose shards take websockets, and the token for its HTTP ports."""
    def started(count, config=None):
        path = processes.directory / "token"
        path.write_text(TOKEN + "\n")
        path.chmod(0o600)
        shards = processes.shards()
        for shard in shards:
            shard.handler = lambda connection, request: connection.send(SWITCHING)
        return Cluster(processes, count, shards,
                       {**(config or {}), "admin": {"token_file": str(path)}}).start()
    return started


def _ctl(replica, *words):
    return subprocess.Popen([str(replica.binary), "ctl", "-s",
                             str(replica.socket_path), *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _finished(replica, *words):
    """Exit status and output."""
    child = _ctl(replica, *words)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _shard(replica, name="shard-1"):
    return json.loads(replica.admin(f"/api/v1/shards/{name}")[1])


def _all_are(cluster, state):
    for replica in cluster.replicas:
        eventually(lambda: _shard(replica)["admin"] == state, f"{replica.name}: {state}")


def _change(replica, method, path, headers=None, body=None):
    """Status and answer of a change over HTTP."""
    connection = http.client.HTTPConnection(replica.host, replica.admin_port, timeout=120)
    try:
        fields = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        connection.request(method, f"/api/v1/shards/{path}", body=body, headers=fields)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _room_on(replica, shard):
    return next(room for room, home in ask(replica, ROOMS).items() if home == shard)


class _Meeting:
    """A websocket of a room that lives on shard-1."""

    def __init__(self, replica):
        self.room = _room_on(replica, "shard-1")
        self.client = RawClient(replica.port)
        answer = self.client.request(upgrade(f"/xmpp-websocket?room={self.room}"))
        assert answer.status == 101, answer.head

    def end(self):
        self.client.close()


def test_a_shard_is_drained_when_the_last_meeting_has_ended(start):
    cluster = start(3, SHORT)
    one, two, three = cluster.replicas
    meeting = _Meeting(one)
    cluster.wait_equal()
    waiting = _ctl(two, "drain", "shard-1", "--wait", "--max", "300s")
    _all_are(cluster, "drain")
    for replica in cluster.replicas:
        homes = ask(replica, [f"new-{replica.name}-{number}" for number in range(40)])
        assert set(homes.values()) == {"shard-0", "shard-2"}
    three.restart()
    _all_are(cluster, "drain")
    assert set(ask(three, [f"newer{number}" for number in range(40)]).values()) == {"shard-0",
                                                                                     "shard-2"}
    status, output = _finished(three, "drain", "shard-1", "--wait", "--max", "100ms")
    assert status == 3 and "not empty yet" in output, output
    assert _shard(one)["drain"]["tunnels"] == 1 and "tunnels=1" in one.command("show drain")
    assert waiting.poll() is None
    meeting.end()
    output, _ = waiting.communicate(timeout=120)
    assert waiting.returncode == 0 and output == "shard-1 is drained.\n"
    for replica in cluster.replicas:
        eventually(lambda: replica.metric("room_router_shard_drained", shard="shard-1") == 1,
                   f"{replica.name} says so")
    assert _finished(three, "ready", "shard-1")[0] == 0
    _all_are(cluster, "ready")


def test_over_http_any_replica_drains_for_all(start):
    cluster = start(2, SHORT)
    one, other = cluster.replicas
    meeting = _Meeting(one)
    cluster.wait_equal()
    status, answer = _change(other, "POST", "shard-1/drain")
    assert status == 202 and not answer["finished"] and answer["drain"]["rooms"] > 0
    _all_are(cluster, "drain")
    assert _change(one, "POST", "shard-1/drain?wait=1ms")[1]["drain"]["tunnels"] == 1
    meeting.end()
    status, answer = _change(one, "POST", "shard-1/drain?wait=300s")
    assert status == 200 and answer["finished"]
    assert _change(other, "POST", "shard-1/ready")[0] == 200
    _all_are(cluster, "ready")
    assert _change(one, "POST", "shard-1/maint")[0] == 200
    _all_are(cluster, "maint")
    assert _change(one, "PUT", "shard-0/weight", body='{"weight": "50%"}')[0] == 200
    assert _change(one, "PUT", "shard-2/weight?value=7")[0] == 200
    for shard, weight in (("shard-0", 50), ("shard-2", 7)):
        eventually(lambda: _shard(other, shard)["weight"] == weight, f"{shard} has {weight}")


def test_making_it_ready_elsewhere_calls_a_drain_off(start):
    one, other = start(2).replicas
    meeting = _Meeting(one)
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(_change(one, "POST", "shard-1/drain?wait=300s")))
    asking.start()
    eventually(lambda: _shard(other)["admin"] == "drain", "drained")
    eventually(lambda: _shard(one)["admin"] == "drain", "drained here")
    assert "shard-1: state=drain" in one.command("show drain"), "it answers others meanwhile"
    assert _change(other, "POST", "shard-1/ready")[0] == 200
    asking.join(60)
    assert [status for status, _ in answers] == [409]
    meeting.end()


def test_changes_over_http_are_for_those_who_have_the_token(start, processes):
    one, other = start(2).replicas
    mine = {"Authorization": f"Bearer {TOKEN}"}
    refused = [
        (401, "POST", "shard-1/drain", {}, None),
        (401, "POST", "shard-1/drain", {"Authorization": f"Bearer {TOKEN}0"}, None),
        (403, "POST", "shard-1/drain", {**mine, "Origin": "https://elsewhere.test"}, None),
        (403, "POST", "shard-1/drain", {**mine, "Sec-Fetch-Site": "cross-site"}, None),
        (404, "POST", "shard-9/drain", mine, None),
        (404, "POST", "shard-1/burn", mine, None),
        (405, "PUT", "shard-1/drain", mine, None),
        (405, "GET", "shard-1/ready", mine, None),
        (400, "POST", "shard-1/drain?wait=soon", mine, None),
        (400, "PUT", "shard-1/weight", mine, '{"weight": 300}'),
        (413, "PUT", "shard-1/weight", {**mine, "Content-Length": "100000"}, None),
    ]
    for status, method, path, headers, body in refused:
        got, answer = _change(one, method, path, headers, body)
        assert got == status and answer["error"], (method, path, headers, got, answer)
    assert _shard(one)["admin"] == _shard(other)["admin"] == "ready"
    without = processes.router(processes.shards(1), name="without-token")
    status, answer = _change(without, "POST", "shard-0/drain")
    assert status == 403 and "admin.token_file" in answer["error"]


def test_a_token_that_is_replaced_counts_at_once(start, processes):
    router = start(1).replicas[0]
    assert _change(router, "POST", "shard-1/ready")[0] == 200
    new = TOKEN[::-1]
    (processes.directory / "token").write_text(new)
    assert _change(router, "POST", "shard-1/ready")[0] == 401
    assert _change(router, "POST", "shard-1/ready", {"Authorization": f"Bearer {new}"})[0] == 200


def test_a_router_that_stops_lets_those_go_who_wait(start):
    router = start(1).replicas[0]
    meeting = _Meeting(router)
    waiting = _ctl(router, "drain", "shard-1", "--wait", "--max", "300s")
    connection = http.client.HTTPConnection(router.host, router.admin_port, timeout=120)
    connection.request("POST", "/api/v1/shards/shard-1/drain?wait=300s",
                       headers={"Authorization": f"Bearer {TOKEN}"})
    eventually(lambda: _shard(router)["admin"] == "drain", "both wait")
    router.stop()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        connection.getresponse()
    waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    meeting.end()


def test_ctl_says_what_cannot_be_drained(start):
    router = start(1).replicas[0]
    for words in (("drain", "shard-9", "--wait"), ("drain", "shard-1", "--max", "soon"), ("drain",)):
        status, output = _finished(router, *words)
        assert status == 1 and output, words
    assert _shard(router)["admin"] == "ready"
