# SPDX-License-Identifier: Apache-2.0
"""Start, reload, drain, stop, crash: what clients and probes see."""
import os
import signal
import socket
import threading

import pytest

from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.ports import free_port
from harness.shard import RecordingShard
from harness.waiting import eventually


def _open_tunnel(client, shard):
    ends, released = [], threading.Event()

    def handler(connection, request):
        if not request.all("upgrade"):
            return shard.answer_framed(connection, request)
        connection.send(SWITCHING)
        ends.append(connection)
        released.wait(60)
        connection.close()

    shard.handler = handler
    client.send(upgrade())
    assert client.read_head().status == 101
    eventually(lambda: ends, "the shard's end")
    return ends[0], released


def _refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return False
    except ConnectionRefusedError:
        return True


# -- drain

def test_idle_router_drains_and_exits_0(processes):
    router = processes.router([processes.shard()], {"drain": {"accept_for": "200ms"}})
    assert fetch(router.port, "/http-bind?room=r").status == 200
    router.drain()
    assert router.process.wait(20) == 0


def test_drain_takes_readiness_and_keeps_accepting(processes):
    router = processes.router([processes.shard()], {"drain": {"accept_for": "3s"}})
    router.drain()
    eventually(lambda: router.ready() == 503, "not ready")
    with RawClient(router.port) as client:
        response = client.request(get())
        assert response.status == 200
        assert response.get("connection", "").lower() == "close"
        assert client.at_end()
    assert router.admin("/healthz")[0] == 200
    assert router.process.wait(20) == 0


def test_drain_closes_idle_keep_alive(processes):
    router = processes.router([processes.shard()], {"drain": {"accept_for": "3s"}})
    with RawClient(router.port) as client:
        assert client.request(get()).status == 200
        router.drain()
        assert client.at_end()


def test_drain_stops_accepting(processes):
    shard = processes.shard()
    router = processes.router([shard], {"drain": {"accept_for": "300ms", "max": "60s"}})
    with RawClient(router.port) as client:
        _, released = _open_tunnel(client, shard)
        router.drain()
        eventually(lambda: _refuses(router.port), "the listener is closed")
        assert router.process.alive(), "left although a tunnel lives"
        client.close()
    released.set()
    assert router.process.wait(20) == 0


def test_drain_waits_for_tunnels(processes):
    shard = processes.shard()
    router = processes.router([shard], {"drain": {"accept_for": "200ms", "max": "60s"}})
    with RawClient(router.port) as client:
        end, released = _open_tunnel(client, shard)
        router.drain()
        eventually(lambda: _refuses(router.port), "the listener is closed")
        for _ in range(5):
            client.send(b"ping")
            assert end.take(4) == b"ping"
            end.send(b"pong")
            assert client.read(4) == b"pong"
        assert router.process.alive()
        released.set()
        assert client.at_end()
    assert router.process.wait(20) == 0


def test_drain_finishes_running_requests(processes):
    shard = processes.shard()
    router = processes.router([shard], {"drain": {"accept_for": "200ms"}})
    go_on = threading.Event()

    def handler(connection, request):
        go_on.wait(30)
        shard.answer_framed(connection, request)

    shard.handler = handler
    with RawClient(router.port) as client:
        client.send(get())
        shard.wait_for_requests(1)
        router.drain()
        eventually(lambda: _refuses(router.port), "the listener is closed")
        go_on.set()
        response = client.read_response()
        assert response.status == 200 and response.get("connection", "").lower() == "close"
    assert router.process.wait(20) == 0


def test_drain_ends_at_its_maximum(processes):
    shard = processes.shard()
    router = processes.router([shard], {"drain": {"accept_for": "100ms", "max": "1s"}})
    with RawClient(router.port) as client:
        _, released = _open_tunnel(client, shard)
        router.drain()
        assert client.at_end()
        assert router.process.wait(20) == 0
    released.set()


def test_second_signal_stops_now(processes):
    shard = processes.shard()
    router = processes.router([shard], {"drain": {"accept_for": "10m", "max": "1h"}})
    router.drain()
    eventually(lambda: router.ready() == 503, "draining")
    router.drain()
    assert router.process.wait(20) == 0


# -- reload

def test_reload_adds_a_shard_and_keeps_connections(processes):
    shards = processes.shards(2)
    router = processes.router(shards[:1])
    with RawClient(router.port) as tunnel, RawClient(router.port) as plain:
        end, released = _open_tunnel(tunnel, shards[0])
        assert plain.request(get()).status == 200
        router.config["shards"]["static"].append(
            {"name": "shard-1", "address": f"127.0.0.1:{shards[1].port}"})
        router.write()
        router.reload()
        eventually(lambda: fetch(router.port, f"/http-bind?room={os.urandom(4).hex()}").body
                   == b"shard-1", "the new shard takes rooms", 30)
        assert plain.request(get()).status == 200
        tunnel.send(b"ping")
        assert end.take(4) == b"ping"
        released.set()


def test_reload_keeps_every_room_where_it_is(processes):
    shards = processes.shards(4)
    router = processes.router(shards[:2])
    homes = {n: fetch(router.port, f"/http-bind?room=stay{n}").body for n in range(50)}
    router.config["shards"]["static"] += [
        {"name": s.name, "address": f"{s.host}:{s.port}"} for s in shards[2:]]
    router.write()
    router.reload()
    eventually(lambda: fetch(router.port, f"/http-bind?room={os.urandom(4).hex()}").body
               in (b"shard-2", b"shard-3"), "new shards take rooms", 30)
    assert {n: fetch(router.port, f"/http-bind?room=stay{n}").body for n in homes} == homes


@pytest.mark.parametrize("text, said", [
    ("version: 1\nlisteners: [", "room-router.yaml:"),
    ("version: 1\nlistners: []\n", "listeners"),
    ("version: 1\nretries: many\n", "retries"),
], ids=["not_yaml", "misspelt", "wrong_type"])
def test_invalid_reload_changes_nothing_and_is_reported(processes, text, said):
    shard = processes.shard()
    router = processes.router([shard])
    with RawClient(router.port) as client:
        assert client.request(get()).status == 200
        router.write(text)
        before = len(router.process.text())
        router.reload()
        eventually(lambda: said in router.process.text()[before:], "the mistake is in the log")
        assert client.request(get()).status == 200
    assert fetch(router.port, "/http-bind?room=r").status == 200
    assert router.ready() == 200


def test_valid_reload_after_an_invalid_one(processes):
    shard = processes.shard()
    router = processes.router([shard])
    router.write("version: 1\nnonsense: 1\n")
    router.reload()
    eventually(lambda: "nonsense" in router.process.text(), "the mistake is in the log")
    router.config["headers"] = {"response": {"set": {"X-New": "yes"}}}
    router.write()
    router.reload()
    eventually(lambda: fetch(router.port, "/http-bind?room=r").get("x-new") == "yes",
               "the new configuration is in use")


# -- start and end

def test_invalid_configuration_does_not_start(processes):
    router = processes.unstarted_router([processes.shard()], {"shards": {"staticc": []}})
    router.process.start()
    assert router.process.wait(20) not in (0, None)
    assert "room-router.yaml:" in router.process.text() and "static" in router.process.text()


def test_taken_port_does_not_start_and_says_which(processes):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        router = processes.unstarted_router(
            [processes.shard()], {"listeners": [{"address": f"127.0.0.1:{port}"}]})
        router.process.start()
        assert router.process.wait(20) not in (0, None)
    assert str(port) in router.process.text()


def test_shards_that_come_late(processes):
    """No shard at the start is no reason to leave: 503 until there is one."""
    shard = processes.add(RecordingShard())
    shard.port = free_port()
    router = processes.router([shard], wait_ready=False)
    response = fetch(router.port, "/http-bind?room=r")
    assert response.status == 503 and response.get("retry-after")
    shard.start()
    eventually(lambda: fetch(router.port, "/http-bind?room=r").status == 200, "served")
    router.wait_ready()


def test_killed_router_starts_again_on_its_ports(processes):
    router = processes.router([processes.shard()])
    assert fetch(router.port, "/http-bind?room=r").status == 200
    router.restart()
    assert fetch(router.port, "/http-bind?room=r").status == 200


def test_several_listeners(processes):
    second = free_port()
    router = processes.unstarted_router([processes.shard()])
    router.config["listeners"].append({"address": f"127.0.0.1:{second}"})
    router.write()
    router.start()
    assert fetch(router.port, "/http-bind?room=r").status == 200
    assert fetch(second, "/http-bind?room=r").status == 200


def test_sigpipe_and_hang_up_of_clients_do_no_harm(processes):
    shard = processes.shard(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 5000000)
    router = processes.router([shard])
    for _ in range(20):
        client = RawClient(router.port)
        client.send(get())
        client.read(100)
        client.reset()
    shard.reset_script()
    assert fetch(router.port, "/http-bind?room=r").status == 200
    router.process.signal(signal.SIGPIPE)
    assert fetch(router.port, "/http-bind?room=r").status == 200


def test_connections_leave_no_descriptors_behind(processes):
    shard = processes.shard()
    # In the sandbox only root sees its descriptors.
    router = processes.router([shard], {"process": {"sandbox": "auto" if os.geteuid() == 0 else "off"}})
    directory = f"/proc/{router.process.pid}/fd"
    fetch(router.port, "/http-bind?room=r")
    before = len(os.listdir(directory))
    for number in range(200):
        assert fetch(router.port, f"/http-bind?room=r{number}").status == 200
    eventually(lambda: len(os.listdir(directory)) <= before + 8, "descriptors are given back")
