# SPDX-License-Identifier: Apache-2.0
"""Every timeout, with short values: what ends, and with which answer. No duration is asserted."""
import socket
import threading

import pytest

from harness.client import SWITCHING, RawClient, get, upgrade
from harness.waiting import eventually

SHORT = {"timeouts": {"client_header": "1500ms", "client_idle": "1500ms", "connect": "500ms",
                      "server_response": "1200ms", "tunnel_idle": "2s", "half_closed": "1500ms",
                      "upstream_idle": "1s"},
         "shards": {"health": {"interval": "1h"}}, "retries": 0}


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard()


@pytest.fixture(scope="module")
def router(module_processes, shard):
    return module_processes.router([shard], SHORT, name="timeouts")


@pytest.fixture
def client(router, shard):
    shard.reset_script()
    with RawClient(router.port) as connection:
        yield connection


@pytest.mark.parametrize("part", [b"G", b"GET /http-bind?room=r HTTP/1.1\r\n",
                                  b"GET /http-bind?room=r HTTP/1.1\r\nHost: meet.test\r\nX-A"])
def test_incomplete_head_is_408(client, shard, part):
    since = shard.mark()
    client.send(part)
    response = client.read_response()
    assert response.status == 408
    assert response.get("connection") == "close" and response.get("cache-control") == "no-store"
    assert client.at_end()
    assert not shard.seen(since)


def test_trickled_head_gets_no_more_time(client):
    """Bytes that keep coming do not postpone the deadline of the head."""
    stop = threading.Event()

    def trickle():
        client.send(b"GET /http-bind?room=r HTTP/1.1\r\nHost: meet.test\r\nX-A: ")
        while not stop.wait(0.05):
            client.send(b"a")

    sender = threading.Thread(target=trickle)
    sender.start()
    try:
        assert client.read_response().status == 408
    finally:
        stop.set()
        sender.join(10)


def test_silent_client_is_closed(client):
    assert client.read_rest() == b"" or bytes(client.raw).startswith(b"HTTP/1.1 408 ")


def test_idle_keep_alive_is_closed(client):
    assert client.request(get()).status == 200
    assert client.at_end()


def test_shard_that_does_not_answer_is_504(client, shard):
    shard.handler = lambda connection, request: connection.ended.wait(0) or connection.fill()
    since = shard.mark()
    response = client.request(get())
    assert response.status == 504
    assert response.all("x-jitsi-shard") == [] and response.get("x-request-id")
    assert len(shard.seen(since)) == 1, "sent again although the shard may have acted on it"


def test_what_a_client_sends_meanwhile_gives_the_shard_no_more_time(client, shard):
    shard.handler = lambda connection, request: connection.fill()
    stop = threading.Event()

    def trickle():
        while not stop.wait(0.05):
            client.send(b"G")

    client.send(get())
    sender = threading.Thread(target=trickle)
    sender.start()
    try:
        assert client.read_response().status == 504
    finally:
        stop.set()
        sender.join(10)


def test_shard_that_stops_within_the_head_is_504(client, shard):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.fill()

    shard.handler = handler
    assert client.request(get()).status == 504


def test_late_answer_reaches_nobody_else(client, shard, router):
    release = threading.Event()

    def handler(connection, request):
        release.wait(15)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlate!")

    shard.handler = handler
    assert client.request(get()).status == 504
    release.set()
    shard.reset_script()
    for _ in range(5):
        with RawClient(router.port) as another:
            assert another.request(get()).body == b"ok"


def test_shard_that_does_not_accept_is_504(processes):
    shard = processes.shard()
    router = processes.router([shard], SHORT)
    shard.stop()
    with socket.socket() as full:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind((shard.host, shard.port))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        try:
            for sock in waiting:  # fill the backlog; further SYNs go unanswered
                sock.setblocking(False)
                sock.connect_ex((shard.host, shard.port))
            with RawClient(router.port) as client:
                assert client.request(get()).status == 504
        finally:
            for sock in waiting:
                sock.close()


def _tunnel(client, shard):
    ends, released = [], threading.Event()

    def handler(connection, request):
        connection.send(SWITCHING)
        ends.append(connection)
        released.wait(30)

    shard.handler = handler
    client.send(upgrade())
    assert client.read_head().status == 101
    eventually(lambda: ends, "the shard's end")
    return ends[0], released


def test_idle_tunnel_is_closed_on_both_sides(client, shard):
    end, released = _tunnel(client, shard)
    assert client.at_end()
    assert not end.fill()
    released.set()


def test_half_closed_tunnel_is_closed(client, shard):
    end, released = _tunnel(client, shard)
    client.half_close()
    assert not end.fill()
    assert client.at_end()
    released.set()


def test_idle_connection_to_the_shard_is_closed(client, shard):
    since = shard.mark()
    assert client.request(get()).status == 200
    connection = shard.seen(since)[0].connection
    eventually(lambda: connection.ended.is_set(), "the idle connection ends")


def test_tunnel_with_traffic_outlives_the_other_timeouts(client, shard):
    """client_idle, client_header, server_response and upstream_idle have no say in a tunnel."""
    end, released = _tunnel(client, shard)
    for _ in range(40):  # 2 s: longer than each of them
        end.send(b"x")
        assert client.read(1) == b"x"
        assert not released.wait(0.05)
    released.set()
