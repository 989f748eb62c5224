# SPDX-License-Identifier: Apache-2.0
"""Clients that mean no good: they cost little, and those beside them get what they ask for.

While an attack lasts others are answered through the same listener, and so are operators; when it is
over the router holds no more than before. What is limited per address is in test_limits.py.
"""
import contextlib
import socket
import subprocess
import threading

import pytest

from harness.client import SWITCHING, RawClient, TlsClient, get, upgrade
from harness.crowd import Crowd
from harness.installed import sanitized
from harness.shard import identified
from harness.traffic import Traffic
from harness.usage import ManyDescriptors, descriptors, memory
from harness.waiting import eventually

HASTY = {"client_header": "1s", "client_idle": "1500ms", "tunnel_idle": "2s", "half_closed": "1s"}
SLOWER = {"client_header": "5s", "client_idle": "5s", "tunnel_idle": "8s", "half_closed": "5s"}
LEFT = 48 << 20  # bytes that may stay with the process when all is over
BULK = b"b" * (8 << 20)  # more than the system keeps for a connection
HEAD = b"GET /http-bind?room=attack HTTP/1.1\r\nHost: meet.test\r\n"
POST = b"POST /http-bind?room=attack HTTP/1.1\r\nHost: meet.test\r\n"
CLIENT_HELLO = bytes.fromhex("16030100f0010000ec0303") + bytes(60)
LOG = {"level": "info", "access": {"format": "off"}}
# So long that no more of them are read at once than may be sent ahead.
LONG = "X-Pad: " + "x" * 300 + "\r\n"


def _answer(request):
    if request.all("upgrade"):
        return SWITCHING
    if request.target.startswith("/bulk"):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BULK) + BULK
    return identified("shard-0", request.target)


def _is_its_own(response, room):
    return response.status == 200 and response.body == f"/http-bind?room={room}".encode()


@pytest.fixture(scope="module", autouse=True)
def most():
    with ManyDescriptors() as most:
        yield most


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard(answer=_answer)


def _unstarted(processes, shard, name, timeouts, **listener):
    """Connections to shards are given up soon, so that descriptors can be compared."""
    router = processes.unstarted_router([shard], {
        "timeouts": timeouts | {"upstream_idle": "300ms"}, "logging": LOG,
        "limits": {"pipelined_requests": 128}}, name)
    router.config["listeners"][0] |= listener
    router.write()
    return router


@pytest.fixture(scope="module")
def hasty(router_binary):
    return SLOWER if sanitized(router_binary) else HASTY


@pytest.fixture(scope="module")
def router(module_processes, shard, hasty):
    return _unstarted(module_processes, shard, "router-0", hasty).start()


@pytest.fixture(scope="module")
def patient(module_processes, shard):
    return _unstarted(module_processes, shard, "patient", {}).start()


@pytest.fixture(scope="module")
def tls(module_processes, shard, authority, hasty):
    pair = dict(zip(("certificate", "key"), map(str, authority.sign("meet.test"))))
    router = _unstarted(module_processes, shard, "tls", hasty, tls=pair).start()
    router.connect = lambda: TlsClient(router.port, authority.client())
    return router


@pytest.fixture(scope="module")
def behind(module_processes, shard, hasty):
    router = _unstarted(module_processes, shard, "behind", hasty, proxy_protocol=True).start()

    def connect():
        client = RawClient(router.port)
        client.send(b"PROXY TCP4 203.0.113.7 198.51.100.1 5 443\r\n")
        return client

    router.connect = connect
    return router


class Siege:
    """Healthy clients and operators beside the attack; the router's holdings before and after."""

    def __init__(self, router):
        self.router, self.process = router, router.process
        self.traffic = Traffic(router, getattr(router, "connect", None), each=5, right=_is_its_own)
        self.traffic.goes_on()
        self.refused_before = self._refusals()
        self.memory_before = memory(self.process)
        self.before = None

    def _refusals(self):
        counts = {}
        for line in self.router.admin("/metrics")[1].splitlines():
            if line.startswith("room_router_refusals_total{"):
                series, _, value = line.rpartition(" ")
                counts[series.split('reason="')[1].split('"')[0]] = int(float(value))
        return counts

    def serves(self):
        """Clients through the same listener, probes and operators."""
        self.traffic.goes_on()
        assert self.router.admin("/healthz")[0] == 200
        assert self.router.ready() == 200
        assert self.router.command("show version").strip()

    def refused(self):
        """Refusals since the beginning, by reason."""
        return {reason: count - self.refused_before.get(reason, 0)
                for reason, count in self._refusals().items()
                if count != self.refused_before.get(reason, 0)}

    def growth(self):
        """Bytes more than before; a sanitizer keeps what was freed, so it says nothing then."""
        return 0 if sanitized(self.router.binary) else memory(self.process) - self.memory_before

    def close(self):
        self.traffic.stop()
        assert self.traffic.failure is None, self.traffic.failure
        assert self.process.alive()
        eventually(lambda: descriptors(self.process) <= self.before, "its descriptors are freed", 60)
        assert self.growth() < LEFT


@pytest.fixture
def siege(request):
    """Of the router that the test takes, after whose quiet moment descriptors are compared."""
    names = ("router", "patient", "tls", "behind", "limited")
    router = request.getfixturevalue(next(name for name in names if name in request.fixturenames))
    quiet = eventually(lambda: _quiet(router), "nobody is connected")
    siege = Siege(router)
    siege.before = quiet
    yield siege
    siege.close()


def _quiet(router):
    """Descriptors while no client is connected, nor the router to a shard."""
    if router.metric("room_router_connections") or router.metric("room_router_shard_idle_connections"):
        return None
    return descriptors(router.process)


def _fewer(router, count):
    """A sanitizer's tenth of the speed."""
    return count // 8 if sanitized(router.binary) else count


# -- slow ones

def test_heads_that_crawl(router, siege, shard):
    many, since = _fewer(router, 400), shard.mark()
    with Crowd(router.port, many, HEAD + b"X-A: ") as crowd, crowd.trickling(b"a"):
        siege.serves()
        answers = crowd.answers()
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert siege.refused() == {"header_timeout": many}
    assert not [request for request in shard.seen(since) if "attack" in request.target]


def test_bodies_that_crawl_and_stop(router, siege):
    many = _fewer(router, 200)
    heads = [POST + b"Content-Length: 100000\r\n\r\n",
             POST + b"Transfer-Encoding: chunked\r\n\r\n186a0\r\n"]
    with Crowd(router.port, many, lambda number: heads[number % 2]) as crowd:
        with crowd.trickling(b"a"):
            siege.serves()
            eventually(lambda: router.metric("room_router_shard_outstanding") >= many, "all send")
            assert siege.refused() == {}, "who makes progress is not ended"
        answers = crowd.answers()
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert siege.refused() == {"header_timeout": many}


def test_readers_who_do_not_read(router, siege):
    many = _fewer(router, 24)
    with Crowd(router.port, many, get("/bulk?room=attack"), taking=4096) as crowd:
        siege.serves()
        eventually(lambda: siege.refused() == {"client_aborted": many}, "they are ended", 60)
        assert siege.growth() < many * (1 << 20), "a response is not kept whole"
        crowd.answers()


def test_connections_that_say_nothing(patient, siege, most):
    many = min(_fewer(patient, 2000), (most - 500) // 2)
    with Crowd(patient.port, many):
        eventually(lambda: patient.metric("room_router_connections") >= many, "they are connected")
        siege.serves()
        assert siege.growth() < many * (4 << 10) + LEFT
    assert siege.refused() == {}


def test_connections_over_tls_that_say_no_more(tls, siege, authority):
    many, clients = _fewer(tls, 200), []
    try:
        for _ in range(many):
            client = tls.connect()
            clients.append(client)
            client.send(get("/http-bind?room=attack"))
        siege.serves()
        assert siege.growth() < many * (100 << 10) + LEFT
        for client in clients:
            assert client.read_response().status == 200
        for client in clients:
            assert client.at_end()
    finally:
        for client in clients:
            client.close()
    assert siege.refused() == {}


@pytest.mark.deep
def test_as_many_as_the_descriptors_allow(patient, siege, most):
    """At its limit the router says so to those who come; operators and who is there are served."""
    siege.traffic.stop()
    limit = int(patient.metric("room_router_connection_limit"))
    with RawClient(patient.port) as friend, Crowd(patient.port, min(limit, most - 1000, 20_000)) as crowd:
        assert friend.request(get()).status == 200
        if len(crowd.members) == limit:
            eventually(lambda: siege.refused().get("connection_limit", 0) > 0, "one is refused")
            with RawClient(patient.port) as late:
                assert late.read_response().status == 503
        eventually(lambda: friend.request(get()).status == 200, "who is there is served")
        assert patient.ready() == 200 and patient.command("show version").strip()
        assert siege.growth() < len(crowd.members) * (4 << 10) + LEFT
        crowd.reset()


def test_connections_over_the_limit(processes, shard):
    router = processes.router([shard], {"limits": {"connections": 50}, "logging": LOG})
    with RawClient(router.port) as friend:
        assert friend.request(get()).status == 200
        with Crowd(router.port, 49):
            eventually(lambda: router.metric("room_router_connections") == 50, "all are connected")
            with Crowd(router.port, 20) as rest:
                answers = rest.answers()
            assert all(b" 503 " in answer and b"\r\nRetry-After: " in answer for answer in answers)
            assert router.metric("room_router_refusals_total", reason="connection_limit") == 20
            assert friend.request(get()).status == 200, "who is there stays"
            assert router.ready() == 200 and router.command("show version").strip()
        eventually(lambda: router.metric("room_router_connections") == 1, "the others are gone")
        with RawClient(router.port) as another:
            assert another.request(get()).status == 200


def test_clients_that_come_and_go(router, siege):
    pieces = [b"", b"G", HEAD, get("/http-bind?room=attack"), POST + b"Content-Length: 9\r\n\r\nabc",
              upgrade("/xmpp-websocket?room=attack"), b"\x16\x03\x01"]
    for turn in range(_fewer(router, 24)):
        crowd = Crowd(router.port, 100, lambda number: pieces[number % len(pieces)])
        crowd.reset() if turn % 2 else crowd.close()
        if turn % 8 == 0:
            siege.serves()
    siege.serves()
    assert set(siege.refused()) <= {"bad_request", "client_aborted"}


# -- large ones

def _chunked(body):
    return POST + b"Transfer-Encoding: chunked\r\n\r\n" + body


FLOODS = {
    "target": (b"GET /" + b"x" * (1 << 20), 414, "uri_too_long"),
    "method": (b"G" * (1 << 20), 414, "uri_too_long"),
    "field": (HEAD + b"X-A: " + b"x" * (1 << 20), 431, "head_too_large"),
    "name": (HEAD + b"X" * (1 << 20), 431, "head_too_large"),
    "fields": (HEAD + b"X: y\r\n" * 20_000 + b"\r\n", 431, "head_too_large"),
    "forwarded": (HEAD + b"X-Forwarded-For: 192.0.2.1\r\n" * 5_000 + b"\r\n", 431, "head_too_large"),
    "size": (_chunked(b"0" * (1 << 20)), 400, "bad_request"),
    "digits": (_chunked(b"f" * 17 + b"\r\n"), 400, "bad_request"),
    "extension": (_chunked(b"1;" + b"x" * (1 << 20)), 400, "bad_request"),
    "extensions": (_chunked(b"1;x=y\r\na\r\n" * 20_000), 400, "bad_request"),
    "trailer": (_chunked(b"0\r\nX: " + b"x" * (1 << 20)), 400, "bad_request"),
    "trailers": (_chunked(b"0\r\n" + b"X: y\r\n" * 20_000), 400, "bad_request"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_within_one_request(router, siege, name):
    data, status, reason = FLOODS[name]
    many, answers = 8, []

    def flood():
        with RawClient(router.port) as client:
            client.send(data)
            with contextlib.suppress(OSError):
                client.read_rest()
            answers.append(bytes(client.raw))

    threads = [threading.Thread(target=flood) for _ in range(many)]
    for thread in threads:
        thread.start()
    siege.serves()
    for thread in threads:
        thread.join(60)
    heard = [answer for answer in answers if answer]  # who is still sending may miss it
    assert heard and all(answer.startswith(b"HTTP/1.1 %d " % status) for answer in heard)
    assert siege.refused() == {reason: many}


def test_requests_that_nobody_waits_for(patient, siege):
    """Pipelined without end by clients that don't read: only so much is read of them."""
    requests = (get("/_unlock?room=attack", fields=LONG) + get(fields=LONG)) * 1000
    with Crowd(patient.port, _fewer(patient, 40), taking=4096) as crowd:
        for _ in range(40):
            crowd.send(requests)
        siege.serves()
        eventually(lambda: not crowd.send(requests), "nothing more is taken", 60)
        siege.serves()
        assert siege.growth() < LEFT
    siege.serves()


def test_a_client_that_never_stops_asking(router, siege):
    """Local answers take no time to wait for, so its requests never run out."""
    requests, over = get("/_unlock?room=attack", fields=LONG) * 500, threading.Event()

    def ask(client):
        with contextlib.suppress(OSError):
            while not over.is_set():
                client.sock.sendall(requests)

    def read(client):
        with contextlib.suppress(OSError):
            while client.sock.recv(1 << 20):
                pass

    clients = [RawClient(router.port) for _ in range(3)]
    threads = [threading.Thread(target=target, args=(client,)) for client in clients
               for target in (ask, read)]
    for thread in threads:
        thread.start()
    try:
        siege.serves()
        siege.serves()
    finally:
        over.set()
        for client in clients:
            with contextlib.suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)
        for client in clients:
            client.close()


def test_more_requests_than_may_be_ahead(router, siege):
    many = _fewer(router, 100)
    with Crowd(router.port, many, get("/_unlock?room=attack") * 200) as crowd:
        siege.serves()
        answers = crowd.answers()
    assert all(answer.count(b"HTTP/1.1 200 ") >= 100 for answer in answers)
    assert all(answer.count(b"HTTP/1.1 429 ") == 1 for answer in answers)
    assert siege.refused() == {"pipelining": many}


# -- from one address

ONE = "127.0.0.66"


@pytest.fixture(params=["127.0.0.1", "[::]"], ids=["v4", "both"])
def limited(request, processes, shard):
    """Its own address is trusted, so that ordinary clients are told apart by what they say."""
    router = _unstarted(processes, shard, "limited", {})
    router.config["listeners"][0]["address"] = f"{request.param}:{router.port}"
    router.config["limits"] |= {"connections_per_ip": 20, "connection_rate": "5/m burst 60"}
    router.write()
    return router.start()


def test_a_crowd_of_one_address_is_thinned(limited, siege):
    """Whether they ask at once or wait to be spoken to, who is too many gets to read why."""
    with Crowd(limited.port, 20, source=ONE) as crowd:
        eventually(lambda: limited.metric("room_router_connections") >= 20, "they are connected")
        for first in (b"", get()):
            with Crowd(limited.port, 20, first, source=ONE) as more:
                siege.serves()
                answers = more.answers()
            assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in answers), answers
        assert siege.refused() == {"address_connections": 40}
        with RawClient(limited.port, source="127.0.0.67") as neighbour:
            assert neighbour.request(get()).status == 200
        crowd.close()
        eventually(lambda: limited.metric("room_router_connections") < 20, "they are gone")
        with Crowd(limited.port, 30, get(), source=ONE) as more:
            answers = more.answers()
        assert all(b"\r\nRetry-After: " in answer for answer in answers), answers
        assert siege.refused() == {"address_connections": 40, "connection_rate": 30}
    assert "connection_rate          5/m burst 60       -          30" in limited.command("show limits")


def test_over_tls_they_are_closed_before_the_handshake(processes, shard, authority):
    pair = dict(zip(("certificate", "key"), map(str, authority.sign("meet.test"))))
    router = _unstarted(processes, shard, "limited", {}, tls=pair)
    router.config["limits"] |= {"connections_per_ip": 3}
    router.config["trusted_proxies"] = ["127.0.0.9"]
    router.write()
    router.start()
    friends = [TlsClient(router.port, authority.client()) for _ in range(3)]
    with Crowd(router.port, 20, CLIENT_HELLO) as more:
        assert set(more.answers()) == {b""}
    with TlsClient(router.port, authority.client(), source=ONE) as other:
        for client in (*friends, other):
            client.send(get())
            assert client.read_response().status == 200
            client.close()
    assert router.metric("room_router_refusals_total", reason="address_connections") == 20
    assert router.metric("room_router_refusals_total", reason="tls_handshake") == 0


# -- websockets

def _tunnels(router, count, **crowd):
    crowd = Crowd(router.port, count,
                  lambda number: upgrade(f"/xmpp-websocket?room=attack{number}"), **crowd)
    eventually(lambda: router.metric("room_router_shard_tunnels") >= count, "the tunnels are open")
    return crowd


def test_websocket_frames_without_end(router, siege):
    """The shard answers none of them and reads slowly: it is the one that sets the pace."""
    frame = b"\x81\x80\0\0\0\0"  # empty, masked
    with _tunnels(router, _fewer(router, 40)) as crowd:
        for _ in range(30):
            crowd.send(frame * 1000)
        siege.serves()
        assert siege.growth() < LEFT + 40 * (512 << 10)
    assert siege.refused() == {}


def test_websockets_that_are_never_read(router, siege, shard):
    many, over = _fewer(router, 40), threading.Event()

    def handler(connection, request):
        if not request.all("upgrade"):
            return shard.answer_framed(connection, request)
        connection.send(SWITCHING)
        while not over.is_set() and not connection.ended.is_set():
            connection.sock.sendall(b"\x82\x7e\xff\xff" + bytes(0xffff))

    shard.handler = handler
    try:
        with _tunnels(router, many, taking=4096) as crowd:
            siege.serves()
            eventually(lambda: router.metric("room_router_shard_tunnels") == 0, "all are ended", 60)
            assert siege.growth() < LEFT + many * (512 << 10)
            crowd.close()
    finally:
        over.set()
        shard.handler = shard.answer_framed


# -- TLS, and who is before it

@pytest.mark.parametrize("first", [b"", b"\x16", CLIENT_HELLO], ids=["nothing", "byte", "half"])
def test_handshakes_that_do_not_end(tls, siege, first):
    many = _fewer(tls, 300)
    with Crowd(tls.port, many, first) as crowd:
        siege.serves()
        assert set(crowd.answers()) == {b""}
    assert siege.refused() == {"tls_handshake": many}


@pytest.mark.parametrize("first", [b"", b"P", b"PROXY TCP4 203.0.113.7 ", b"\r\n\r\n\0\r\nQUIT\n"],
                         ids=["nothing", "byte", "text", "binary"])
def test_proxy_headers_that_do_not_end(behind, siege, first):
    many = _fewer(behind, 300)
    with Crowd(behind.port, many, first) as crowd:
        siege.serves()
        assert set(crowd.answers()) == {b""}
    assert siege.refused() == {"header_timeout": many}


def test_handshakes_without_end(tls, siege):
    def knock():
        for _ in range(_fewer(tls, 80)):
            tls.connect().reset()

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for thread in threads:
        thread.start()
    siege.serves()
    for thread in threads:
        thread.join(120)
    siege.serves()


def test_records_that_are_none(tls, siege, authority):
    """After a good handshake, instead of a request."""
    for garbage in (b"\x17\x03\x03\x40\x00" + bytes(0x4000), b"\x17\x03\x03\xff\xff" + bytes(100),
                    b"\x15\x03\x03\x00\x02\x02\x28", bytes(100), b"\x14\x03\x03\x00\x01\x01" * 100):
        client = TlsClient(tls.port, authority.client())
        wire = socket.socket(fileno=client.sock.detach())
        with wire:
            wire.settimeout(30)
            wire.sendall(garbage)
            with contextlib.suppress(ConnectionResetError):
                while wire.recv(65536):
                    pass
    siege.serves()
    assert siege.refused() == {"tls_handshake": 5}


def _s_client(tls, authority, *words):
    return subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{tls.port}", "-servername", "meet.test",
         "-CAfile", str(authority.certificate), *words], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_renegotiation_is_refused(tls, siege, authority):
    client = _s_client(tls, authority, "-tls1_2")
    said = client.communicate(b"R\n", timeout=60)[0]
    assert b"RENEGOTIATING" in said and b"no renegotiation" in said
    siege.serves()


def test_new_keys_without_end(tls, siege, authority):
    """Each asks for a new key in return."""
    client = _s_client(tls, authority, "-tls1_3")
    said = client.communicate(b"K\n" * 2_000, timeout=60)[0]
    assert b"KEYUPDATE" in said
    siege.serves()
    assert siege.growth() < LEFT


# -- rooms

def test_rooms_without_end_take_no_tunnel_s_place(processes):
    """Who invents rooms can push out those that nobody is connected to; they are placed again."""
    shards = processes.shards(3)
    for shard in shards:
        shard.answer = lambda request, name=shard.name: (
            SWITCHING if request.all("upgrade") else identified(name))
    router = processes.router(shards, {"stick_table": {"size": 500}, "logging": LOG,
                                       "placement": {"algorithm": "round-robin"}})
    with RawClient(router.port) as member:
        member.send(upgrade("/xmpp-websocket?room=meeting"))
        home = member.read_head().get("x-jitsi-shard")
        with RawClient(router.port) as stranger:
            for first in range(0, 5_000, 100):
                stranger.send(b"".join(get(f"/_unlock?room=invented{first + number}")
                                       for number in range(100)))
                assert {stranger.read_response().status for _ in range(100)} == {200}
        with RawClient(router.port) as guest:
            assert guest.request(get("/http-bind?room=meeting")).body.decode() == home
    assert router.metric("room_router_stick_table_entries") <= 500
    assert router.metric("room_router_stick_table_evictions_total", state="live") >= 4_000
