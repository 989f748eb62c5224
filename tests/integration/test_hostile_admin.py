# SPDX-License-Identifier: Apache-2.0
"""Clients of the admin socket and the admin HTTP port that mean no good, while others are served."""
import random
import socket

import pytest

from harness import runtime_api
from harness.cluster import table
from harness.installed import sanitized
from harness.ports import free_port
from harness.traffic import Traffic
from harness.usage import ManyDescriptors, memory
from harness.waiting import eventually

SESSIONS = 1000  # what each socket takes at once
GROWTH = 512 << 20  # bytes; far above what is meant to be kept, far below what was asked for
REFUSAL = b"Too many sessions: 1000 are open already; try again later.\n\n"


@pytest.fixture(scope="module")
def descriptors():
    with ManyDescriptors() as most:
        if most < 6 * SESSIONS:
            pytest.skip(f"{most} descriptors are too few for {SESSIONS} clients at each door")
        yield


@pytest.fixture(scope="module")
def router(module_processes, descriptors):
    admin = {"sockets": [{"path": str(module_processes.directory / "admin.sock")},
                         {"address": f"127.0.0.1:{free_port()}"}]}
    router = module_processes.router([module_processes.shard()], {"admin": admin, "logging": {
        "level": "info", "access": {"format": "off"}}})
    router.socket_path = admin["sockets"][0]["path"]
    router.tcp = admin["sockets"][1]["address"].rsplit(":", 1)
    return router


@pytest.fixture
def traffic(router):
    traffic = Traffic(router)
    traffic.goes_on()
    yield traffic
    traffic.stop()
    assert traffic.failure is None, traffic.failure


def _unix(router):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(router.socket_path))  # waits for room in the queue of connections
    connection.settimeout(60)
    return connection


def _tcp(router):
    host, port = router.tcp
    return socket.create_connection((host, int(port)), timeout=60)


DOORS = {"unix": _unix, "tcp": _tcp}


def _send(connection, data):
    try:
        connection.sendall(data)
    except OSError:
        pass  # refused before its end


def _read_to_end(connection):
    answer = b""
    try:
        while data := connection.recv(65536):
            answer += data
    except ConnectionResetError:
        pass
    return answer


def _prompt(connection):
    """Whether the session is open."""
    _send(connection, b"prompt\n")
    answer = b""
    while not answer.endswith(b"> ") and not answer.endswith(b"\n\n"):
        data = connection.recv(4096)
        if not data:
            break
        answer += data
    return answer


def _many(router):
    """Greedy clients: more than all limits; few enough for a sanitizer's tenth of the speed."""
    return 80 if sanitized(router.binary) else 400


def _works(router):
    assert router.command("show version").strip()
    assert router.ready() == 200


NONSENSE = {
    "unknown": b"make coffee\n",
    "control characters": bytes(range(32)) + b"\n",
    "bytes above 127": bytes(range(128, 256)) + b"\n",
    "a line without its end": b"x" * 20_000,
    "a line too long": b"show version " + b"x" * 20_000 + b"\n",
    "the longest key": b"show table jitsi-meet key " + b"k" * 16_000 + b"\n",
    "the longest name": b"show room " + b"%" * 16_000 + b"\n",
    "many words": b"set table " + b"a " * 8_000 + b"\n",
    "many commands": b"show version;" * 1_200 + b"\n",
    "many nothings": b";" * 16_000 + b"\n",
    "many lines": b"\n" * 50_000,
    "quotes that stay open": b"show table 'jitsi-meet\nshow table \"jitsi-meet\\\n",
    "a payload too long": b"set map a <<\n" + b"a b\n" * 10_000 + b"\n",
    "a payload without its end": b"set ssl cert x <<\nshow version\n",
    "half a command": b"show vers",
    "numbers out of range": b"show sess 0xffffffffffffffffff;show fd 99999999999;"
                            b"set timeout cli 99999999999999999999;"
                            b"set maxconn global 99999999999999999999\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(190),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_ends_and_changes_nothing(router, traffic, door, name):
    before = router.command("show servers state"), router.command("show config")
    with DOORS[door](router) as connection:
        _send(connection, NONSENSE[name])
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has been refused already
        answer = _read_to_end(connection)
    assert b"\0" not in answer
    after = router.command("show servers state"), router.command("show config")
    assert [text.split()[:30] for text in before] == [text.split()[:30] for text in after]
    traffic.goes_on()


def test_random_bytes_end_nothing_but_their_session(router, traffic, seed):
    print("seed", seed)
    dice = random.Random(seed)
    words = [b"show", b"set", b"table", b"jitsi-meet", b"key", b"<<", b";", b"\\", b"'", b'"', b"\n",
             b"prompt", b"stat", b"sess", b"server", b"weight", b"data.server_id", b"eq", b"-1", b"\0"]
    for _ in range(200):
        parts = [dice.choice(words) if dice.random() < 0.8 else dice.randbytes(dice.randrange(40))
                 for _ in range(dice.randrange(60))]
        with dice.choice(list(DOORS.values()))(router) as connection:
            _send(connection, b" ".join(parts))
            if dice.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
                _read_to_end(connection)
    _works(router)
    traffic.goes_on()


def test_a_silent_session_is_ended(router, traffic):
    for door in DOORS.values():
        with door(router) as half, door(router) as idle:
            _send(idle, b"prompt i;set timeout cli 200ms\n")
            assert _read_to_end(idle) == b"\n\n"
            _send(half, b"set timeout cli 200ms\nshow version <<\nhalf a payl")
            assert _read_to_end(half) == b"\n"
    traffic.goes_on()


def test_a_thousand_sessions_and_one_more(router, traffic):
    opened = []
    try:
        for door in DOORS.values():
            sessions = [door(router) for _ in range(SESSIONS)]
            opened += sessions
            for session in sessions:
                assert _prompt(session) == b"\n> "
            with door(router) as refused:
                assert _read_to_end(refused) == REFUSAL
            for session in (sessions[0], sessions[-1]):
                _send(session, b"show version\n")
                assert session.recv(4096).strip()
        traffic.goes_on()
    finally:
        for session in opened:
            session.close()
    eventually(lambda: _works(router) or True, "there is room again")


def test_slow_readers_of_a_large_table_are_bounded(router, traffic):
    lines = "".join(f"set table jitsi-meet key [tenant]room{number} data.server_key shard-0\n"
                    for number in range(20_000))
    assert runtime_api.pipe(router.socket_path, lines) == b"\n" * 20_000
    before = memory(router.process)
    slow = []
    try:
        for number in range(_many(router)):
            connection = _tcp(router) if number % 2 else _unix(router)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            _send(connection, b"show table jitsi-meet;show table jitsi-meet\n")
            slow.append(connection)
        traffic.goes_on()
        eventually(lambda: "Too many answers are waiting" in router.command("show version"),
                   "what waits to be read is at its limit", 120)
        traffic.goes_on()
        assert memory(router.process) - before < GROWTH or sanitized(router.binary)
        assert router.ready() == 200
    finally:
        for connection in slow:
            connection.close()
    eventually(lambda: len(table(router)) >= 20_000, "those who read are served again", 60)
    runtime_api.ask(router.socket_path, "clear table jitsi-meet")


def _http(router):
    return socket.create_connection(("127.0.0.1", router.admin_port), timeout=60)


def test_slow_requests_do_not_keep_probes_out(router, traffic):
    slow = []
    try:
        for number in range(SESSIONS):
            connection = _http(router)
            _send(connection, (b"GET /metr", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-", b"",
                               b"POST /api/v1/shards/shard-0/drain HTTP/1.1\r\nHost: x\r\n"
                               b"Content-Length: 4000\r\n\r\n{")[number % 4])
            slow.append(connection)
            if number % 100 == 99:
                assert router.admin("/healthz")[0] == 200
                assert router.metric("room_router_requests_total") > 0
        traffic.goes_on()
        assert _read_to_end(slow[0]) == b"", "the oldest made room"
    finally:
        for connection in slow:
            connection.close()


def test_readers_who_take_no_page_do_not_keep_probes_out(router, traffic):
    before = memory(router.process)
    slow = []
    try:
        for _ in range(_many(router)):
            connection = _http(router)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            _send(connection, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 30)
            slow.append(connection)
        traffic.goes_on()
        eventually(lambda: router.admin("/healthz")[0] == 200, "the probe gets its turn", 60)
        assert memory(router.process) - before < GROWTH or sanitized(router.binary)
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("head,status", [
    (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"c" * 20_000 + b"\r\n\r\n", b"431"),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4_000 + b"\r\n", b"431"),
    (b"nonsense\r\n\r\n", b"400"),
    (b"GET / HTTP/9.9\r\n\r\n", b"400"),
    (b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4" + bytes(190), b"400"),
    (b"POST /api/v1/shards/shard-0/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
     b"413"),
], ids=["target", "field", "fields", "nonsense", "version", "tls", "length"])
def test_heads_that_are_none_are_refused(router, traffic, head, status):
    with _http(router) as connection:
        _send(connection, head)
        assert _read_to_end(connection).startswith(b"HTTP/1.1 " + status + b" ")
    _works(router)
    traffic.goes_on()
