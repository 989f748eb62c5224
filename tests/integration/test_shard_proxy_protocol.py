# SPDX-License-Identifier: Apache-2.0
"""PROXY protocol towards shards: what each of their connections begins with."""
import ipaddress
import struct

import pytest

from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.ports import free_port
from harness.proxies import Haproxy
from harness.router import merged
from harness.shard import identified
from harness.waiting import eventually

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"
CLIENT = "203.0.113.7"


def _header(source, destination):
    """Of (ip, port, …) of the client's socket and of the listener's."""
    packed = [ipaddress.ip_address(end[0]).packed for end in (source, destination)]
    body = b"".join(packed) + struct.pack("!HH", source[1], destination[1])
    kind = 0x11 if len(packed[0]) == 4 else 0x21
    return SIGNATURE + bytes([0x21, kind]) + struct.pack("!H", len(body)) + body


def _start(processes, shard, config=None, name="router-0", **listener):
    router = processes.unstarted_router(
        [shard], merged({"shards": {"proxy_protocol": True}}, config), name)
    router.config["listeners"][0] |= listener
    router.v6_port = free_port()
    router.config["listeners"].append({"address": f"[::1]:{router.v6_port}"})
    router.write()
    return router.start()


def _answer(request):
    return SWITCHING if request.all("upgrade") else identified("shard-0")


@pytest.fixture(scope="module", params=["plain", "tls"])
def shard(request, module_processes, authority):
    tls = authority.server(authority.sign("127.0.0.1")) if request.param == "tls" else None
    return module_processes.shard(f"shard-{request.param}", answer=_answer, tls=tls, announced=True)


@pytest.fixture(scope="module")
def router(module_processes, shard, authority):
    tls = {"enabled": bool(shard.tls), "ca": str(authority.certificate)}
    return _start(module_processes, shard, {"shards": {"tls": tls}}, f"router-of-{shard.name}")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"], ids=["v4", "v6"])
def test_each_connection_says_for_whom_it_is(router, shard, host):
    port = router.port if host == "127.0.0.1" else router.v6_port
    before = shard.mark()
    with RawClient(port, host=host) as client:
        wanted = _header(client.sock.getsockname(), client.sock.getpeername())
        for _ in range(2):
            # What clients say of themselves does not count here.
            client.send(get(fields="X-Forwarded-For: 192.0.2.99\r\n"))
            assert client.read_response().status == 200
    seen = shard.seen(before)
    assert [request.connection.preface for request in seen] == [wanted] * 2
    assert seen[0].connection is not seen[1].connection  # of one client, and not kept for others


def test_a_websocket_goes_through(router, shard):
    before = shard.mark()
    with RawClient(router.port) as client:
        client.send(upgrade())
        assert client.read_response().status == 101
        (seen,) = shard.seen(before)
        assert seen.connection.preface == _header(client.sock.getsockname(),
                                                  client.sock.getpeername())


def test_checks_speak_for_themselves(router, shard):
    others = [connection for connection in shard.connections if not connection.received]
    eventually(lambda: len([one for one in others if one.preface]) > 0, "a check has come")
    assert {one.preface for one in others if one.preface} == {LOCAL}
    assert router.metric("room_router_shard_connect_failures_total") == 0


def test_the_source_is_the_one_a_listener_was_told(processes):
    shard = processes.shard(announced=True)
    router = _start(processes, shard, proxy_protocol=True)
    with RawClient(router.port) as client:
        client.send(f"PROXY TCP4 {CLIENT} 198.51.100.1 56324 443\r\n".encode() + get())
        assert client.read_response().status == 200
        wanted = _header((CLIENT, 56324), client.sock.getpeername())
    assert [request.connection.preface for request in shard.seen()] == [wanted]


def test_it_can_be_switched_while_connections_are_idle(processes):
    shard = processes.shard()
    router = processes.router([shard], {"node": {"threads": 1}})
    assert fetch(router.port, "/http-bind?room=r").status == 200
    for n, announced in enumerate((True, False)):
        shard.announced = announced
        router.config["shards"]["proxy_protocol"] = announced
        router.write()
        router.reload()
        eventually(lambda: router.process.text().count('"reloaded"') == n + 1, "it is taken")
        since = shard.mark()
        eventually(lambda: fetch(router.port, "/http-bind?room=r").status == 200, "it goes on")
        assert bool(shard.seen(since)[-1].connection.preface) == announced


@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "tls"])
def test_haproxy_takes_it(processes, authority, haproxy_binary, with_tls):
    """It is told of the router's client, and its checks are no connections of anybody's."""
    shard = processes.shard()
    proxy = Haproxy(processes.directory, [shard], binary=haproxy_binary)
    options = "accept-proxy"
    if with_tls:
        certificate, key = authority.sign("127.0.0.1")
        both = processes.directory / "both.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        options += f" ssl crt {both}"
    proxy.config = proxy.config.replace(f"127.0.0.1:{proxy.port}",
                                        f"127.0.0.1:{proxy.port} {options}")
    assert options in proxy.config
    processes.add(proxy.start())
    proxy.host = "127.0.0.1"
    router = _start(processes, proxy, {"shards": {"tls": {
        "enabled": with_tls, "ca": str(authority.certificate)}}})
    with RawClient(router.port, source="127.0.0.9") as client:
        client.send(get())
        assert client.read_response().status == 200
    (seen,) = shard.seen()
    assert seen.all("x-forwarded-for")[-1] == "127.0.0.9"
