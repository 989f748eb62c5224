# SPDX-License-Identifier: Apache-2.0
"""Connections to shards: used again, given up, and when a request may be sent a second time."""
import threading

import pytest

from harness.client import Closed, RawClient, fetch, get
from harness.ports import free_port
from harness.shard import OK, RecordingShard
from harness.waiting import eventually

ONE_THREAD = {"node": {"threads": 1}, "shards": {"health": {"interval": "1h"}}}


@pytest.fixture
def shard(processes):
    return processes.shard(answer=OK)


@pytest.fixture
def router(processes, shard):
    return processes.router([shard], ONE_THREAD)


def _through(router):
    """Everything the (only) worker had to do before this has been done."""
    assert fetch(router.port, "/_unlock?room=barrier").status == 200


def _post(body=b"x"):
    return get(method="POST", fields=f"Content-Length: {len(body)}\r\n") + body


def test_connection_is_used_again_by_other_clients(router, shard):
    for _ in range(10):
        assert fetch(router.port, "/http-bind?room=r").status == 200
    assert len(shard.used_connections) == 1


def test_connections_are_opened_as_needed_and_shared_later(router, shard):
    gate = threading.Barrier(6)

    def handler(connection, request):
        gate.wait(15)
        connection.send(OK)

    shard.handler = handler
    clients = [RawClient(router.port) for _ in range(5)]
    for client in clients:
        client.send(get())
    gate.wait(15)
    for client in clients:
        assert client.read_response().status == 200
        client.close()
    assert len(shard.used_connections) == 5
    shard.reset_script()
    for _ in range(10):
        assert fetch(router.port, "/http-bind?room=r").status == 200
    assert len(shard.used_connections) == 5


def test_last_used_connection_is_taken_first(router, shard):
    gate = threading.Barrier(3)

    def handler(connection, request):
        gate.wait(15)
        connection.send(OK)

    shard.handler = handler
    clients = [RawClient(router.port) for _ in range(2)]
    for client in clients:
        client.send(get())
    gate.wait(15)
    for client in clients:
        assert client.read_response().status == 200
        client.close()
    shard.reset_script()
    since = shard.mark()
    for _ in range(6):
        assert fetch(router.port, "/http-bind?room=r").status == 200
    assert len({r.connection.index for r in shard.seen(since)}) == 1


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
], ids=["close", "old_version"])
def test_connection_the_shard_will_close_is_not_used_again(router, shard, answer):
    shard.answer = answer
    for _ in range(3):
        assert fetch(router.port, "/http-bind?room=r").status == 200
    assert len(shard.used_connections) == 3


def test_connection_closed_while_idle_costs_no_request(router, shard):
    for _ in range(20):
        assert fetch(router.port, "/http-bind?room=r").status == 200
        shard.seen()[-1].connection.close()
        _through(router)
        with RawClient(router.port) as client:
            assert client.request(_post()).status == 200


def test_unasked_bytes_on_an_idle_connection_close_it(router, shard):
    assert fetch(router.port, "/http-bind?room=r").status == 200
    connection = shard.seen()[-1].connection
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nevil!")
    eventually(connection.ended.is_set, "the router drops the connection")
    assert fetch(router.port, "/http-bind?room=r").body == b"ok"


class FailsWhenReused:
    """Closes without an answer when a connection's second request arrives."""

    def __init__(self, shard):
        self.shard, self.served = shard, set()
        shard.handler = self

    def __call__(self, connection, request):
        request.body = connection.take_body(request)
        if connection.index in self.served:
            connection.reset()
            return
        self.served.add(connection.index)
        connection.send(OK)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_safe_request_is_sent_again_after_a_reset_of_a_used_connection(router, shard, method):
    FailsWhenReused(shard)
    assert fetch(router.port, "/http-bind?room=first").status == 200
    since = shard.mark()
    with RawClient(router.port) as client:
        assert client.request(get(method=method), method).status == 200
    assert len(shard.seen(since)) == 2


def test_post_is_never_sent_twice(router, shard):
    FailsWhenReused(shard)
    assert fetch(router.port, "/http-bind?room=first").status == 200
    since = shard.mark()
    with RawClient(router.port) as client:
        assert client.request(_post()).status == 502
    assert len(shard.seen(since)) == 1


def test_reset_of_a_fresh_connection_is_not_retried(router, shard):
    shard.handler = lambda connection, request: connection.reset()
    assert fetch(router.port, "/http-bind?room=r").status == 502
    assert len(shard.seen()) == 1


def test_nothing_is_sent_again_after_the_first_response_byte(router, shard):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.close()

    shard.handler = handler
    with RawClient(router.port) as client:
        client.send(get())
        with pytest.raises(Closed):
            client.read_response()
    assert len(shard.seen()) == 1


def _two_endpoints(first, second):
    return {"shards": {"static": [{"name": "shard-0", "address": f"127.0.0.1:{first.port}"},
                                  {"name": "shard-0", "address": f"127.0.0.1:{second.port}"}],
                       "health": {"interval": "1h"}}}


def test_endpoints_of_a_shard_share_its_requests(processes):
    first, second = processes.shard("a", OK), processes.shard("b", OK)
    router = processes.router(config=_two_endpoints(first, second))
    clients = [RawClient(router.port) for _ in range(40)]
    for client in clients:
        client.send(get())
    for client in clients:
        response = client.read_response()
        assert (response.status, response.get("x-jitsi-shard")) == (200, "shard-0")
        client.close()
    assert first.seen() and second.seen()


@pytest.mark.parametrize("request_bytes", [get(), _post()], ids=["get", "post"])
def test_refused_connect_goes_to_the_shards_other_endpoint(processes, request_bytes):
    first, second = processes.shard("a", OK), processes.shard("b", OK)
    router = processes.router(config=_two_endpoints(first, second))
    first.stop()
    for _ in range(20):
        with RawClient(router.port) as client:
            assert client.request(request_bytes).status == 200
    assert len(second.seen()) == 20


def test_room_does_not_leave_its_shard_for_a_refused_connect(processes):
    """One refused connection is no reason to split a room: nothing goes to the other shard."""
    shards = processes.shards(2)
    router = processes.router(shards, {"shards": {"health": {"interval": "1h"}}, "retries": 1})
    home = fetch(router.port, "/http-bind?room=r").body.decode()
    at_home, other = sorted(shards, key=lambda shard: shard.name != home)
    at_home.stop()
    since = other.mark()
    assert fetch(router.port, "/http-bind?room=r").status in (502, 503)
    assert not other.seen(since)


def test_no_shard_at_all_is_503(processes):
    dead = RecordingShard()
    dead.port = free_port()
    router = processes.router([dead], wait_ready=False)
    response = fetch(router.port, "/http-bind?room=r")
    assert response.status == 503
    assert int(response.get("retry-after")) > 0
