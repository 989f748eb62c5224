# SPDX-License-Identifier: Apache-2.0
"""One request and its response when both sides take their time, stop early or break off."""
import threading

import pytest

from harness.client import Closed, RawClient, get
from harness.shard import OK
from harness.waiting import eventually


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard()


@pytest.fixture(scope="module")
def router(module_processes, shard):
    return module_processes.router([shard], {"logging": {"level": "info"}}, name="exchange")


@pytest.fixture
def client(router, shard):
    shard.reset_script()
    with RawClient(router.port) as connection:
        yield connection


def _post(fields, target="/http-bind?room=r"):
    return get(target, fields=fields, method="POST")


def test_body_waits_for_continue(client, shard):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        shard.answer_framed(connection, request)

    shard.handler = handler
    since = shard.mark()
    client.send(_post("Expect: 100-continue\r\nContent-Length: 5\r\n"))
    assert client.read_head().status == 100
    client.send(b"hello")
    assert client.read_response().status == 200
    assert shard.seen(since)[0].body == b"hello"


def test_refused_expectation_needs_no_body(client, shard):
    shard.handler = lambda connection, request: connection.send(
        b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n")
    client.send(_post("Expect: 100-continue\r\nContent-Length: 5\r\n"))
    assert client.read_response().status == 413
    assert client.at_end()


def test_early_response_is_relayed_then_closed(client, shard):
    shard.handler = lambda connection, request: connection.send(
        b"HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nbig")
    client.send(_post("Content-Length: 1000000\r\n") + b"x" * 1000)
    response = client.read_response()
    assert (response.status, response.body) == (413, b"big")
    assert client.at_end()


def test_early_response_reaches_a_client_that_keeps_sending(client, shard):
    shard.handler = lambda connection, request: connection.send(
        b"HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nbig")
    sender = threading.Thread(
        target=lambda: client.send(_post("Content-Length: 50000000\r\n") + b"x" * 50000000))
    sender.start()
    response = client.read_response()
    assert (response.status, response.body) == (413, b"big")
    client.close()
    sender.join(20)
    assert not sender.is_alive()


def test_request_body_streams(client, shard):
    arrived = threading.Event()

    def handler(connection, request):
        connection.take(5)
        arrived.set()
        connection.take(5)
        connection.send(OK)

    shard.handler = handler
    client.send(_post("Content-Length: 10\r\n") + b"first")
    assert arrived.wait(15), "the first half waits for the second"
    client.send(b"later")
    assert client.read_response().status == 200


def test_response_body_streams(client, shard):
    go_on = threading.Event()

    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        assert go_on.wait(15)
        connection.send(b"later")

    shard.handler = handler
    client.send(get())
    client.read_head()
    assert client.read(5) == b"first"
    go_on.set()
    assert client.read(5) == b"later"


def test_chunks_stream(client, shard):
    go_on = threading.Event()

    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert go_on.wait(15)
        connection.send(b"0\r\n\r\n")

    shard.handler = handler
    client.send(get())
    client.read_head()
    assert client.read_until(b"first\r\n") == b"5\r\nfirst\r\n"
    go_on.set()
    assert client.read(5) == b"0\r\n\r\n"


def test_everything_one_byte_at_a_time(client, shard):
    def handler(connection, request):
        request.body = connection.take_body(request)
        for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n":
            connection.send(bytes([byte]))

    shard.handler = handler
    since = shard.mark()
    for byte in _post("Transfer-Encoding: chunked\r\n") + b"3;x=y\r\nabc\r\n0\r\n\r\n":
        client.send(bytes([byte]))
    assert client.read_response().body == b"hello"
    assert b"abc" in shard.seen(since)[0].body


@pytest.mark.parametrize("head, part", [
    (b"Content-Length: 100\r\n", b"only this"),
    (b"Transfer-Encoding: chunked\r\n", b"9\r\nonly this\r\n"),
    (b"Transfer-Encoding: chunked\r\n", b"64\r\nonly this"),
], ids=["length", "between_chunks", "within_a_chunk"])
def test_response_that_ends_early_closes_the_client(client, shard, head, part):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + part)
        connection.close()

    shard.handler = handler
    client.send(get())
    with pytest.raises(Closed):
        client.read_response()
    rest = bytes(client.raw).partition(b"\r\n\r\n")[2]
    assert b"only this" in rest and b"0\r\n\r\n" not in rest


def test_reset_never_completes_a_close_delimited_response(client, shard):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nonly this")
        client.read_until(b"only this")
        connection.reset()

    shard.handler = handler
    client.send(get())
    eventually(lambda: b"only this" in client.raw, "the first part")
    assert b"0\r\n\r\n" not in client.read_rest()


def test_malformed_chunk_in_response_closes_the_client(client, shard):
    shard.handler = lambda connection, request: connection.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nx")
    client.send(get())
    with pytest.raises(Closed):
        client.read_response()
    assert b"zz" not in client.raw


def test_more_body_than_announced_is_not_relayed(client, shard):
    shard.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n"
    assert client.request(get()).body == b"ok"
    shard.reset_script()
    response = client.request(get())
    assert response.status == 200 and response.get("x-evil") is None


def test_client_that_half_closes_still_gets_its_response(client, shard):
    client.send(get())
    client.half_close()
    assert client.read_response().status == 200
    assert client.at_end()


def test_client_abort_during_upload_reaches_the_shard(client, shard):
    body = {}
    done = threading.Event()

    def handler(connection, request):
        body["got"] = connection.take(1000)
        body["ended"] = connection.ended.is_set()
        done.set()

    shard.handler = handler
    since = shard.mark()
    client.send(_post("Content-Length: 1000\r\n") + b"x" * 10)
    shard.wait_for_requests(1, since)
    client.reset()
    assert done.wait(15)
    assert len(body["got"]) < 1000 and body["ended"]


def test_client_abort_during_long_poll_frees_the_shard(client, shard):
    gone = threading.Event()

    def handler(connection, request):
        while connection.fill():
            pass
        gone.set()

    shard.handler = handler
    since = shard.mark()
    client.send(_post("Content-Length: 0\r\n"))
    shard.wait_for_requests(1, since)
    client.reset()
    assert gone.wait(15), "the shard still serves a client that is gone"


def test_slow_reader_does_not_hold_up_others(router, shard):
    shard.reset_script(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20000000)
    with RawClient(router.port) as slow:
        slow.send(get())
        slow.read_head()
        shard.reset_script()
        for _ in range(20):
            with RawClient(router.port) as quick:
                assert quick.request(get()).status == 200
        assert len(slow.read(20000000)) == 20000000


def test_two_hundred_at_once(router, shard):
    shard.reset_script(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (
        len(request.target), request.target.encode()))
    clients = [RawClient(router.port) for _ in range(200)]
    try:
        for number, client in enumerate(clients):
            client.send(get(f"/http-bind?room=r{number}"))
        for number, client in enumerate(clients):
            assert client.read_response().body == f"/http-bind?room=r{number}".encode()
    finally:
        for client in clients:
            client.close()


def test_configured_headers(processes):
    shard = processes.shard()
    router = processes.router([shard], {"headers": {
        "shard": "X-Backend", "room": "X-The-Room",
        "request": {"set": {"X-Set": "one", "User-Agent": "two"}, "remove": ["X-Gone"]},
        "response": {"set": {"X-Frame-Options": "DENY"}, "remove": ["Server"]}}})
    shard.answer = b"HTTP/1.1 200 OK\r\nServer: s\r\nX-Frame-Options: ALLOW\r\nContent-Length: 0\r\n\r\n"
    with RawClient(router.port) as client:
        response = client.request(get("/http-bind?room=r",
                                      fields="X-Gone: 1\r\nUser-Agent: curl\r\nX-Set: no\r\n"))
    assert response.all("x-frame-options") == ["DENY"]
    assert response.all("server") == [] and response.all("x-jitsi-shard") == []
    assert response.all("x-backend") == ["shard-0"]
    seen = shard.seen()[0]
    assert seen.all("x-set") == ["one"] and seen.all("user-agent") == ["two"]
    assert seen.all("x-gone") == [] and seen.all("room") == []
    assert len(seen.all("x-the-room")) == 1


def test_no_shard_header_where_it_is_turned_off(processes):
    shard = processes.shard()
    router = processes.router([shard], {"headers": {"shard": ""}})
    with RawClient(router.port) as client:
        assert client.request(get()).all("x-jitsi-shard") == []
