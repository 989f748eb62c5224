# SPDX-License-Identifier: Apache-2.0
"""Upgrades and what flows after them (RFC 6455 §4, RFC 9110 §7.8)."""
import os
import threading

import pytest

from harness.client import SWITCHING, WEBSOCKET_FIELDS, RawClient, get, upgrade
from harness.waiting import eventually, throughout


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard()


@pytest.fixture(scope="module")
def router(module_processes, shard):
    return module_processes.router([shard], {"logging": {"level": "info"}}, name="tunnels")


@pytest.fixture
def client(router, shard):
    shard.reset_script()
    with RawClient(router.port) as connection:
        yield connection


class Tunnel:
    """Both ends of a tunnel through the router."""

    def __init__(self, client, shard, target="/xmpp-websocket?room=r", first=b""):
        self.client, self.shard_end = client, None
        self.released = threading.Event()
        ready = threading.Event()

        def handler(connection, request):
            self.shard_end, self.request = connection, request
            connection.send(SWITCHING + first)
            ready.set()
            self.released.wait(60)
            connection.close()

        shard.handler = handler
        self.response = client.request(upgrade(target))
        assert self.response.status == 101, self.response.head
        assert ready.wait(15)

    def from_client(self, data):
        self.client.send(data)
        return self.shard_end.take(len(data))

    def from_shard(self, data):
        self.shard_end.send(data)
        return self.client.read(len(data))

    def release(self):
        self.released.set()


@pytest.fixture
def tunnel(client, shard):
    opened = Tunnel(client, shard)
    yield opened
    opened.release()


def test_both_directions(tunnel):
    assert tunnel.from_client(b"\x81\x05hello") == b"\x81\x05hello"
    assert tunnel.from_shard(b"\x81\x05world") == b"\x81\x05world"


def test_upgrade_head_as_the_shard_sees_it(tunnel):
    request = tunnel.request
    assert request.line == "GET /xmpp-websocket?room=r HTTP/1.1"
    assert request.one("upgrade").lower() == "websocket"
    assert request.one("connection").lower() == "upgrade"
    assert request.one("sec-websocket-key") == "dGhlIHNhbXBsZSBub25jZQ=="
    assert request.one("sec-websocket-version") == "13"
    assert request.one("sec-websocket-protocol") == "xmpp"
    assert request.one("x-forwarded-for") == "127.0.0.1"


def test_switching_head_as_the_client_sees_it(tunnel):
    response = tunnel.response
    assert response.get("upgrade").lower() == "websocket"
    assert response.get("connection").lower() == "upgrade"
    assert response.get("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert response.get("sec-websocket-protocol") == "xmpp"
    assert response.all("x-jitsi-shard") == ["shard-0"]
    assert response.all("content-length") == [] and response.all("transfer-encoding") == []


def test_nothing_is_http_any_more(tunnel):
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 10, b"HTTP/1.1 200 OK\r\n\r\n"):
        assert tunnel.from_client(data) == data
        assert tunnel.from_shard(data) == data


def test_megabytes_both_ways_at_once(tunnel):
    up, down = os.urandom(4 << 20), os.urandom(4 << 20)
    senders = [threading.Thread(target=tunnel.client.send, args=(up,)),
               threading.Thread(target=tunnel.shard_end.send, args=(down,))]
    got = {}
    reader = threading.Thread(
        target=lambda: got.update(up=tunnel.shard_end.take(len(up))))
    for thread in [*senders, reader]:
        thread.start()
    assert tunnel.client.read(len(down)) == down
    reader.join(30)
    assert got["up"] == up


def test_client_bytes_wait_for_the_switch(client, shard):
    go_on = threading.Event()
    ends = []

    def handler(connection, request):
        ends.append(connection)
        assert go_on.wait(15)
        connection.send(SWITCHING)
        connection.take(5)

    shard.handler = handler
    client.send(upgrade() + b"early")
    eventually(lambda: ends, "the upgrade request arrives")
    connection = ends[0]
    throughout(lambda: b"early" not in connection.received, "early bytes are held back", 0.2)
    go_on.set()
    assert client.read_head().status == 101
    eventually(lambda: bytes(connection.received).endswith(b"\r\n\r\nearly"), "early bytes arrive")


def test_bytes_with_the_switch(client, shard):
    tunnel = Tunnel(client, shard, first=b"first")
    assert client.read(5) == b"first"
    tunnel.release()


def test_refusal_is_a_normal_response(client, shard):
    shard.answer = b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope"
    response = client.request(upgrade())
    assert (response.status, response.body) == (403, b"nope")
    shard.reset_script()
    assert client.request(get()).status == 200  # the connection goes on


def test_plain_answer_to_an_upgrade(client, shard):
    response = client.request(upgrade())
    assert (response.status, response.body) == (200, b"ok")


@pytest.mark.parametrize("fields", [
    WEBSOCKET_FIELDS.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
    WEBSOCKET_FIELDS.replace("Version: 13", "Version: 8"),
    WEBSOCKET_FIELDS.replace("Sec-WebSocket-Version: 13\r\n", ""),
    WEBSOCKET_FIELDS.replace("Connection: Upgrade", "Connection: keep-alive"),
    WEBSOCKET_FIELDS.replace("Upgrade: websocket\r\n", ""),
    WEBSOCKET_FIELDS.replace("Upgrade: websocket", "Upgrade: h2c"),
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "Connection: Upgrade\r\nUpgrade: foo/2\r\n",
], ids=["no_key", "version_8", "no_version", "no_connection", "no_upgrade", "websocket_as_h2c", "h2c",
        "unknown"])
def test_other_upgrades_go_on_without(client, shard, fields):
    since = shard.mark()
    assert client.request(get("/http-bind?room=r", fields=fields)).status == 200
    request = shard.seen(since)[0]
    assert request.all("upgrade") == []
    assert "upgrade" not in request.one("connection").lower()
    assert request.all("http2-settings") == []


def test_post_is_never_upgraded(client, shard):
    since = shard.mark()
    fields = WEBSOCKET_FIELDS + "Content-Length: 0\r\n"
    assert client.request(get("/xmpp-websocket?room=r", fields=fields, method="POST")).status == 200
    assert shard.seen(since)[0].all("upgrade") == []


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nBad : 1\r\n\r\n",
], ids=["no_upgrade", "another_protocol", "malformed"])
def test_wrong_switch_is_a_bad_gateway(client, shard, answer):
    shard.answer = answer
    assert client.request(upgrade()).status == 502


def test_upgrade_tokens_in_any_case(client, shard):
    shard.answer = SWITCHING
    fields = WEBSOCKET_FIELDS.replace("Connection: Upgrade", "Connection: keep-alive, UPGRADE")
    fields = fields.replace("Upgrade: websocket", "Upgrade: WebSocket")
    assert client.request(get("/xmpp-websocket?room=r", fields=fields)).status == 101


def test_client_half_close_is_relayed(tunnel):
    tunnel.client.half_close()
    assert tunnel.shard_end.take(1) == b"" and tunnel.shard_end.ended.is_set()
    assert tunnel.from_shard(b"still there") == b"still there"
    tunnel.release()
    assert tunnel.client.at_end()


def test_shard_half_close_is_relayed(tunnel):
    tunnel.shard_end.half_close()
    assert tunnel.client.at_end()
    assert tunnel.from_client(b"still there") == b"still there"
    tunnel.client.close()
    eventually(lambda: not tunnel.shard_end.fill(), "the shard sees the end")


def test_last_words_before_a_close_arrive(tunnel):
    tunnel.shard_end.send(b"x" * 300000)
    tunnel.release()
    assert len(tunnel.client.read_rest()) == 300000


def test_client_reset_ends_the_shards_side(tunnel):
    tunnel.client.reset()
    eventually(lambda: not tunnel.shard_end.fill(), "the shard sees the end")


def test_shard_reset_ends_the_clients_side(tunnel):
    tunnel.shard_end.reset()
    assert tunnel.client.read_rest() == b""


def test_connection_of_a_tunnel_is_not_used_again(router, client, shard, tunnel):
    used = tunnel.shard_end.index
    tunnel.client.half_close()
    tunnel.release()
    assert tunnel.client.at_end()
    shard.reset_script()
    since = shard.mark()
    with RawClient(router.port) as another:
        assert another.request(get()).status == 200
    assert shard.seen(since)[0].connection.index != used


def test_hundreds_of_tunnels(router, shard):
    def handler(connection, request):
        connection.send(SWITCHING)
        while data := connection.take(1):
            connection.send(data)

    shard.reset_script()
    shard.handler = handler
    clients = [RawClient(router.port) for _ in range(300)]
    try:
        for number, client in enumerate(clients):
            client.send(upgrade(f"/xmpp-websocket?room=r{number}"))
        for client in clients:
            assert client.read_head().status == 101
        for round_number in range(3):
            for number, client in enumerate(clients):
                client.send(bytes([(number + round_number) % 256]))
            for number, client in enumerate(clients):
                assert client.read(1) == bytes([(number + round_number) % 256])
    finally:
        for client in clients:
            client.close()
