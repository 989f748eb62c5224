# SPDX-License-Identifier: Apache-2.0
"""Listeners whose connections begin with a PROXY protocol header, versions 1 and 2."""
import ipaddress
import struct

import pytest

from harness.client import SWITCHING, RawClient, get, upgrade
from harness.proxies import Haproxy
from harness.router import merged
from harness.shard import identified
from harness.waiting import eventually

CLIENT, PROXY = "203.0.113.7", "10.1.2.3"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TEXT = f"PROXY TCP4 {CLIENT} 198.51.100.1 56324 443\r\n".encode()


def binary(source, command=0x21, rest=b""):
    """From a source address; to another of its family."""
    packed = ipaddress.ip_address(source).packed
    body = packed * 2 + struct.pack("!HH", 56324, 443) + rest
    kind = 0x11 if len(packed) == 4 else 0x21
    return SIGNATURE + bytes([command, kind]) + struct.pack("!H", len(body)) + body


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard(
        answer=lambda request: SWITCHING if request.all("upgrade") else identified("shard-0"))


def _config(**more):
    return merged({"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"],
                   "logging": {"access": {"format": "json"}}}, more)


def _listening(processes, shard, name, config):
    router = processes.unstarted_router([shard], config, name)
    router.config["listeners"][0]["proxy_protocol"] = True
    router.write()
    return router.start()


@pytest.fixture(scope="module")
def router(module_processes, shard):
    return _listening(module_processes, shard, "router-0", _config())


def _refused(router, reason):
    return router.metric("room_router_refusals_total", reason=reason)


def _forwarded(router, shard, *pieces):
    """What the shard is told of the client of one request."""
    before = shard.mark()
    with RawClient(router.port) as client:
        for piece in pieces:
            client.send(piece)
        assert client.read_response().status == 200
    (seen,) = shard.seen(before)
    return seen.one("x-forwarded-for")


@pytest.mark.parametrize("header, source", [
    (TEXT, CLIENT),
    (b"PROXY TCP6 2001:db8::9 2001:db8::1 1 2\r\n", "2001:db8::9"),
    (binary(CLIENT), CLIENT),
    (binary("2001:db8::9"), "2001:db8::9"),
    (binary(CLIENT, rest=b"\x04\x00\x03abc"), CLIENT),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (binary(CLIENT, command=0x20), "127.0.0.1"),
], ids=["text4", "text6", "binary4", "binary6", "with_values", "unknown", "local"])
def test_the_shard_sees_for_whom_the_proxy_came(router, shard, header, source):
    assert _forwarded(router, shard, header + get()) == source
    assert _forwarded(router, shard, header, get()) == source
    assert _forwarded(router, shard, *[bytes([byte]) for byte in header + get()]) == source


def test_the_log_has_the_client(router, shard):
    _forwarded(router, shard, TEXT + get("/http-bind?room=logged"))
    (line,) = eventually(lambda: [entry for entry in router.access_log()
                                  if entry.get("room") == "logged"], "the request is logged")
    assert (line["client"], line["client_port"]) == (CLIENT, 56324)


def test_one_header_counts_for_all_requests_of_a_connection(router, shard):
    before = shard.mark()
    with RawClient(router.port) as client:
        client.send(TEXT + get() + get())
        assert [client.read_response().status for _ in range(2)] == [200, 200]
        client.send(get())
        assert client.read_response().status == 200
        client.send(TEXT + get())
        assert client.read_response().status == 400
    assert [seen.one("x-forwarded-for") for seen in shard.seen(before)] == [CLIENT] * 3


def test_a_websocket_goes_through(router, shard):
    with RawClient(router.port) as client:
        client.send(binary(CLIENT) + upgrade())
        assert client.read_response().status == 101
        client.half_close()


def test_only_what_a_trusted_source_says_is_believed(router, shard):
    """The connection's proxy is trusted; who is behind it may be one, or a client that pretends."""
    claimed = get(fields="X-Forwarded-For: 192.0.2.99\r\n")
    assert _forwarded(router, shard, TEXT + claimed) == CLIENT
    assert _forwarded(router, shard, binary(PROXY) + claimed) == f"192.0.2.99, {PROXY}"


@pytest.mark.parametrize("first", [
    get(), b"PROXY TCP4 999.0.0.1 10.0.0.1 1 2\r\n" + get(), b"\r\n\r\n\0\r\nQUIT\nxxxx" + get(),
    b"PROXY UNKNOWN " + b"x" * 100, binary(CLIENT, rest=b"\x04\x00\x09abc") + get(),
    SIGNATURE + b"\x21\x11\xff\xff", b"\x16\x03\x01\x02\x00\x01",
], ids=["none", "address", "version", "endless", "values", "length", "tls"])
def test_anything_else_ends_the_connection(router, shard, first):
    before, refused = shard.mark(), _refused(router, "proxy_header")
    with RawClient(router.port) as client:
        client.send(first)
        assert client.read_rest() == b""
    assert _refused(router, "proxy_header") == refused + 1
    assert shard.seen(before) == []


def test_a_probe_that_says_nothing_is_no_mistake(router, shard):
    refused = _refused(router, "proxy_header")
    with RawClient(router.port) as client:
        client.half_close()
        assert client.read_rest() == b""
    assert _forwarded(router, shard, TEXT + get()) == CLIENT
    assert _refused(router, "proxy_header") == refused


def test_others_than_trusted_proxies_are_turned_away(processes, shard):
    router = _listening(processes, shard, "strict", _config() | {"trusted_proxies": ["10.0.0.0/8"]})
    before = shard.mark()
    with RawClient(router.port) as client:
        client.send(TEXT + get())
        assert client.read_rest() == b""
    assert _refused(router, "untrusted_proxy") == 1
    assert shard.seen(before) == []
    errors = router.command("show errors")
    assert "untrusted_proxy" in errors and "127.0.0.1" in errors


def test_a_header_that_does_not_come_ends_the_connection(processes, shard):
    router = _listening(processes, shard, "hasty", _config(timeouts={"client_header": "100ms"}))
    with RawClient(router.port) as client:
        client.send(TEXT[:20])
        assert client.read_rest() == b""
    assert _refused(router, "header_timeout") == 1


@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
def test_haproxy_speaks_for_its_clients(processes, shard, router, haproxy_binary, option):
    proxy = Haproxy(processes.directory, [router], binary=haproxy_binary)
    proxy.config = proxy.config.replace(f":{router.port}", f":{router.port} {option}")
    processes.add(proxy.start())
    before = shard.mark()
    with RawClient(proxy.port, source="127.0.0.9") as client:
        client.send(get())
        assert client.read_response().status == 200
    (seen,) = shard.seen(before)
    # HAProxy's own X-Forwarded-For is the client's word here: it came after the header.
    assert seen.one("x-forwarded-for") == "127.0.0.9, 127.0.0.9"
