# SPDX-License-Identifier: Apache-2.0
"""What the admin socket tells about live clients, and does to them."""
import json
import socket

import pytest

from harness import runtime_api
from harness.client import SWITCHING, RawClient, get, upgrade
from harness.waiting import eventually


@pytest.fixture
def shard(processes):
    return processes.shard()


@pytest.fixture
def router(processes, shard):
    return processes.router([shard])


@pytest.fixture
def tunnel(router, shard):
    """A client in a tunnel of the room "standup"."""
    shard.handler = lambda connection, request: connection.send(SWITCHING)
    with RawClient(router.port) as client:
        assert client.request(upgrade("/xmpp-websocket?room=standup")).status == 101
        yield client


def _sessions(router):
    """The sessions by id, each a map of the words of its line."""
    sessions = {}
    for line in router.command("show sess").splitlines():
        if line.startswith("0x"):
            identity, words = line.split(": ", 1)
            sessions[identity] = dict(word.split("=", 1) for word in words.split() if "=" in word)
    return sessions


def _row(router, name):
    lines = router.command("show stat").splitlines()
    columns = lines[0][2:].split(",")
    rows = [dict(zip(columns, line.split(","))) for line in lines[1:] if line]
    return next(row for row in rows if row["svname"] == name)


def _info(router):
    return dict(line.split(": ", 1) for line in router.command("show info").splitlines() if line)


def test_failed_checks_and_downtime_are_counted(processes, shard):
    router = processes.router([shard], {"shards": {"health": {
        "checks": [{"type": "tcp"}], "interval": "100ms", "fall": 3, "rise": 2}}})
    untouched = {"chkdown": "0", "downtime": "0"}
    assert {name: _row(router, "shard-0")[name] for name in ("chkfail", "chkdown", "downtime")} == {
        "chkfail": "0"} | untouched
    assert {name: _row(router, "BACKEND")[name] for name in untouched} == untouched
    shard.stop()
    eventually(lambda: int(_row(router, "shard-0")["downtime"]) > 0, "it is down for a second")
    assert (_row(router, "shard-0")["chkfail"], _row(router, "shard-0")["chkdown"]) == ("3", "1")
    assert _row(router, "BACKEND")["chkdown"] == "1"
    shard.start()
    eventually(lambda: _row(router, "BACKEND")["status"] == "UP", "it is up again")
    assert _row(router, "BACKEND")["chkdown"] == _row(router, "shard-0")["chkdown"] == "1"
    assert int(_row(router, "BACKEND")["downtime"]) > 0


def test_a_session_is_shown_and_shut_down(router, tunnel):
    with RawClient(router.port):
        eventually(lambda: len(_sessions(router)) == 2, "both clients are shown")
        in_tunnel = {identity: words for identity, words in _sessions(router).items()
                     if words["state"] == "tunnel"}
        [(identity, words)] = in_tunnel.items()
        assert (words["room"], words["srv"], words["be"]) == ("standup", "shard-0", "jitsi-meet")
        assert words["src"] == "127.0.0.1:%d" % tunnel.sock.getsockname()[1]
        assert router.command("shutdown session " + identity) == "\n"
        assert tunnel.at_end()
        eventually(lambda: len(_sessions(router)) == 1, "the other one stays")
        assert router.command("shutdown session " + identity) == (
            "No such session (use 'show sess').\n\n")


def test_the_sessions_of_a_server_are_shut_down(router, shard, tunnel):
    shard.reset_script()
    with RawClient(router.port) as bystander:
        assert router.command("shutdown sessions server jitsi-meet/shard-0") == "\n"
        assert tunnel.at_end()
        assert bystander.request(get("/about")).status == 200


def test_a_disabled_frontend_refuses_clients_and_keeps_those_it_has(router, shard):
    with RawClient(router.port) as before:
        assert before.request(get("/a")).status == 200
        assert router.command("disable frontend room-router") == "\n"
        assert _row(router, "FRONTEND")["status"] == "PAUSED"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", router.port))
        assert before.request(get("/b")).status == 200
        assert router.command("enable frontend room-router") == "\n"
    assert _row(router, "FRONTEND")["status"] == "OPEN"
    with RawClient(router.port) as after:
        assert after.request(get("/c")).status == 200
    assert router.command("shutdown frontend room-router") == "\n"
    assert _row(router, "FRONTEND")["status"] == "STOP"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", router.port))
    assert "cannot enable" in router.command("enable frontend room-router")


def test_a_paused_frontend_whose_port_is_taken_says_so(router):
    assert router.command("disable frontend room-router") == "\n"
    with socket.create_server(("127.0.0.1", router.port)):
        assert router.command("enable frontend room-router").startswith("Failed to resume frontend")
    assert _row(router, "FRONTEND")["status"] == "PAUSED"
    assert router.command("enable frontend room-router") == "\n"


def test_the_limit_of_connections_can_be_changed(router):
    assert router.command("set maxconn global 1") == "\n"
    assert _info(router)["Maxconn"] == "1"
    with RawClient(router.port) as first:
        assert first.request(get("/a")).status == 200
        with RawClient(router.port) as second:
            assert second.request(get("/b")).status == 503
        assert router.command("set maxconn global 0") == "\n"
        with RawClient(router.port) as third:
            assert third.request(get("/c")).status == 200


def test_cleared_counters_begin_anew_but_metrics_go_on(router):
    with RawClient(router.port) as client:
        for number in range(3):
            assert client.request(get(f"/{number}")).status == 200
        assert _row(router, "FRONTEND")["req_tot"] == "3"
        assert router.command("clear counters all") == "\n"
        assert client.request(get("/again")).status == 200
        row = _row(router, "FRONTEND")
        assert (row["req_tot"], row["scur"], row["smax"]) == ("1", "1", "1")
        status, csv = router.admin("/stats;csv")
        assert status == 200 and ",FRONTEND," in csv
        assert router.metric("room_router_requests_total") >= 4


def test_unreadable_requests_are_shown_without_their_secrets(router):
    assert ": 0\n" in router.command("show errors")
    with RawClient(router.port) as client:
        client.send(b"GET /standup?jwt=sesame HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert client.read_response().status == 400
    shown = router.command("show errors")
    assert "frontend room-router (#2): invalid request" in shown
    assert "GET\\ /standup***" in shown and "sesame" not in shown


def test_every_json_answer_is_json(router):
    schema = json.loads(router.command("show schema json"))
    assert [each["title"] for each in schema["oneOf"]][:2] == ["Info", "Stat"]
    info = json.loads(router.command("show info json"))
    assert {each["field"]["name"] for each in info} == set(_info(router))
    assert json.loads(router.command("show stat json")) == [
        [{**item, "value": item["value"]} for item in row]
        for row in json.loads(router.admin("/stats;json")[1])]


def test_a_room_is_looked_up(router, tunnel):
    shown = dict(line.split(": ", 1) for line in router.command("show room Standup").splitlines()
                 if line)
    assert shown["room"] == "standup" and shown["shard"] == "shard-0 (up, ready)"
    assert shown["lease"] == "held by its sessions" and shown["sessions here"] == "1"
    assert "shard-0" in router.command("show shards")


def test_the_configuration_is_shown_and_read_again(router):
    assert "stick_table:\n" in router.command("show config")
    router.config["stick_table"] = {"size": 12345}
    router.write()
    assert router.command("reload") == "\n"
    assert "size:12345" in router.command("show table")
    router.write("version: 1\nnonsense: true\n")
    refused = router.command("reload")
    assert refused.startswith("Nothing has changed:\n") and "nonsense" in refused
    assert "size:12345" in router.command("show table")


def test_a_lowered_session_may_no_longer_change_anything(router):
    answer = router.command("show cli level;user;show cli level;set maxconn global 5;operator")
    assert answer == "admin\n\n\nuser\n\nPermission denied\n\nPermission denied\n\n"
    assert router.command("show cli sockets").splitlines()[1] == f"unix@{router.socket_path} admin all"


def test_servers_and_threads_are_listed(router):
    state = router.command("show servers state").splitlines()
    columns = state[1][2:].split()
    words = dict(zip(columns, state[2].split()))
    assert (words["srv_name"], words["srv_op_state"], words["srv_admin_state"]) == (
        "shard-0", "2", "0")
    assert len(columns) == len(state[2].split()) == 25
    assert len(router.command("show servers conn").splitlines()[1].split()) == 15
    assert router.command("show resolvers").startswith("Resolvers section default\n nameserver ")
    assert router.command("show threads").count("stuck=0") == 2
    assert "\nloops: " in router.command("show activity")
    assert runtime_api.ask(router.socket_path, "show backend") == "# name\njitsi-meet\n\n"
