# SPDX-License-Identifier: Apache-2.0
"""TLS on listeners: versions, names, protocols, client certificates, and certificates that change."""
import socket
import ssl
import subprocess
import threading

import pytest

from harness.authority import Authority, MountedSecret
from harness.client import SWITCHING, RawClient, TlsClient, get, upgrade
from harness.shard import identified
from harness.tls import BULK, bulk_or_tunnel, listening, s_client, serial, serial_of
from harness.waiting import eventually, throughout


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard(answer=bulk_or_tunnel)


@pytest.fixture(scope="module")
def router(module_processes, shard, authority):
    more = [dict(zip(("certificate", "key"), map(str, authority.sign(*hosts))))
            for hosts in (["one.test", "*.one.test"], ["two.test"])]
    return listening(module_processes, shard, "router-0", authority.sign("meet.test"),
                     {"more": more}).start()


def _refused(router):
    return router.metric("room_router_refusals_total", reason="tls_handshake")


def test_requests_go_through_and_the_shard_is_told(router, shard, authority):
    before = shard.mark()
    with TlsClient(router.port, authority.client()) as client:
        for _ in range(3):
            client.send(get())
            assert client.read_response().body == b"shard-0"
        assert client.sock.version() == "TLSv1.3"
    assert [seen.one("x-forwarded-proto") for seen in shard.seen(before)] == ["https"] * 3


def test_large_bodies_both_ways(router, shard, authority):
    before = shard.mark()
    with TlsClient(router.port, authority.client()) as client:
        client.send(b"POST /bulk?room=r HTTP/1.1\r\nHost: meet.test\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(BULK) + BULK)
        assert client.read_response().body == BULK
    (seen,) = shard.seen(before)
    assert seen.body == BULK


def test_a_websocket_is_relayed_both_ways_and_ended(processes, router_binary, authority):
    received = []

    def handler(connection, request):
        connection.send(SWITCHING)
        received.append(connection.take(100000))
        connection.send(BULK)
        connection.close()

    shard = processes.shard()
    router = listening(processes, shard, "tunnels", authority.sign("meet.test")).start()
    shard.handler = handler
    with TlsClient(router.port, authority.client()) as client:
        client.send(upgrade())
        assert client.read_response().status == 101
        client.send(BULK[:100000])
        assert client.read_rest() == BULK
    assert received == [BULK[:100000]]


def test_bytes_may_come_one_by_one(router, authority):
    """Records and handshake messages in pieces, as a slow network delivers them."""
    context, incoming, outgoing = authority.client(), ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname="meet.test")
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def drive(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    pass
                finally:
                    for byte in outgoing.read():
                        sock.sendall(bytes([byte]))
                incoming.write(sock.recv(7))

        drive(session.do_handshake)
        drive(lambda: session.write(get()))
        for byte in outgoing.read():
            sock.sendall(bytes([byte]))
        assert drive(lambda: session.read(1000)).startswith(b"HTTP/1.1 200 ")


def test_who_says_farewell_and_leaves_before_the_answer_stops_nobody(processes, authority):
    """The answer cannot be written any more, though the connection ended in good order."""
    gone = threading.Event()

    def answer(request):
        if request.target.startswith("/bulk"):
            gone.wait(60)
        return bulk_or_tunnel(request)

    shard = processes.shard(answer=answer)
    router = listening(processes, shard, "left", authority.sign("meet.test"))
    router.config["node"]["threads"] = 1
    router.start()
    context, incoming, outgoing = authority.client(), ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname="meet.test")
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        def drive(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                incoming.write(sock.recv(1 << 16))

        drive(session.do_handshake)
        session.write(get())
        assert drive(lambda: session.read(1000)).startswith(b"HTTP/1.1 200 ")
        session.write(get("/bulk?room=r"))
        with pytest.raises(ssl.SSLWantReadError):
            session.unwrap()
        sock.sendall(outgoing.read())
    gone.set()
    eventually(lambda: router.metric("room_router_refusals_total", reason="client_aborted") == 1,
               "the router noticed")
    with TlsClient(router.port, authority.client()) as client:
        client.send(get())
        assert client.read_response().body == b"shard-0"


@pytest.mark.parametrize("host, named", [
    ("meet.test", ["meet.test"]), ("one.test", ["one.test", "*.one.test"]),
    ("a.one.test", ["one.test", "*.one.test"]), ("two.test", ["two.test"])])
def test_the_certificate_is_that_of_the_name(router, authority, host, named):
    with TlsClient(router.port, authority.client(), host) as client:
        assert client.names() == named


def test_who_names_nobody_known_gets_the_first(router, authority):
    context = authority.client()
    context.check_hostname = False
    for host in ("nobody.test", None):
        with TlsClient(router.port, context, host) as client:
            assert client.names() == ["meet.test"]


def test_versions(processes, shard, router, authority):
    old = authority.client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with TlsClient(router.port, old) as client:
        client.send(get())
        assert client.read_response().status == 200
        assert client.sock.version() == "TLSv1.2"
        assert client.sock.cipher()[0].startswith("ECDHE-") and "GCM" in client.sock.cipher()[0]
    strict = listening(processes, shard, "strict", authority.sign("meet.test"),
                       {"min_version": "1.3"}).start()
    with pytest.raises(ssl.SSLError, match="(?i)version"):
        TlsClient(strict.port, old)
    assert _refused(strict) == 1


def test_only_http_1_1_is_spoken(router, authority):
    context = authority.client()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with TlsClient(router.port, context) as client:
        assert client.sock.selected_alpn_protocol() == "http/1.1"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="(?i)protocol"):
        TlsClient(router.port, context)


def test_sessions_are_resumed(router, authority):
    context = authority.client()
    with TlsClient(router.port, context) as client:
        client.send(get())
        client.read_response()
        session = client.sock.session
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        with context.wrap_socket(sock, server_hostname="meet.test", session=session) as again:
            assert again.session_reused


@pytest.mark.parametrize("first", [
    get(), b"\x16\x03\x01\x00\x09\x63\x00\x00\x05xxxxx", b"\x17\x03\x03\x00\x05xxxxx"],
                         ids=["http", "message", "data"])
def test_what_is_no_tls_ends_the_connection(router, shard, authority, first):
    before, refused = shard.mark(), _refused(router)
    with RawClient(router.port) as client:
        client.send(first)
        assert b"HTTP" not in client.read_rest()
    assert _refused(router) == refused + 1
    assert shard.seen(before) == []


def test_client_certificates(processes, shard, authority, tmp_path):
    other = Authority(tmp_path, "clients")
    router = listening(processes, shard, "mutual", authority.sign("meet.test"),
                       {"client_ca": str(other.certificate)}).start()
    with TlsClient(router.port, authority.client(other.sign("somebody"))) as client:
        client.send(get())
        assert client.read_response().status == 200
    for pair in (None, authority.sign("stranger")):
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
            with TlsClient(router.port, authority.client(pair)) as client:
                client.send(get())
                client.read_response()
    assert _refused(router) == 2


def test_the_proxy_protocol_comes_before_tls(processes, shard, authority):
    router = listening(processes, shard, "behind", authority.sign("meet.test"),
                       proxy_protocol=True).start()
    before = shard.mark()
    header = b"PROXY TCP4 203.0.113.7 198.51.100.1 5 443\r\n"
    with TlsClient(router.port, authority.client(), before=header) as client:
        client.send(get())
        assert client.read_response().status == 200
    (seen,) = shard.seen(before)
    assert seen.one("x-forwarded-for") == "203.0.113.7"


# -- certificates that change

def _echo(connection, request):
    if not request.all("upgrade"):
        return connection.send(identified("shard-0"))
    connection.send(SWITCHING)
    while said := connection.take(4):
        connection.send(said)


def _keep_talking(clients, over, failures):
    """Requests and messages on open connections, in turn, until it is over."""
    try:
        while not over.is_set():
            for client, tunnel in clients:
                client.send(b"ping" if tunnel else get())
                if tunnel:
                    assert client.read(4) == b"ping"
                else:
                    assert client.read_response().status == 200
    except (OSError, AssertionError) as error:
        failures.append(repr(error))


def test_a_new_certificate_is_served_and_nobody_is_disconnected(processes, authority, tmp_path):
    """200 connections in use, half of them websockets, while it changes."""
    shard = processes.shard()
    secret = MountedSecret(tmp_path, authority.sign("meet.test"))
    router = listening(processes, shard, "mounted", (secret.certificate, secret.key)).start()
    shard.handler = _echo
    clients, failures, over = [], [], threading.Event()
    try:
        for number in range(200):
            client = TlsClient(router.port, authority.client())
            clients.append((client, number % 2 == 1))
            if number % 2 == 1:
                assert client.request(upgrade()).status == 101
        threads = [threading.Thread(target=_keep_talking, args=(clients[first::4], over, failures))
                   for first in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            pair = authority.sign("meet.test")
            secret.put(pair)
            wanted = serial_of(pair[0])
            eventually(lambda: serial(router, authority) == wanted, "the new one is served")
        over.set()
        for thread in threads:
            thread.join()
    finally:
        over.set()
        for client, _ in clients:
            client.close()
    assert failures == []


def test_a_certificate_that_changes_while_the_router_starts_is_served(processes, shard, authority,
                                                                      tmp_path):
    pairs = [authority.sign("meet.test") for _ in range(6)]
    secret = MountedSecret(tmp_path, pairs[0])
    for number, pair in enumerate(pairs[1:]):
        router = listening(processes, shard, f"starting-{number}", (secret.certificate, secret.key))
        router.process.start()
        throughout(router.process.alive, "it starts", 0.02 * number, 0.005)  # each a little later
        secret.put(pair)
        wanted = serial_of(pair[0])
        eventually(lambda: serial(router, authority) == wanted, "the new one is served")


def test_a_pair_that_does_not_match_is_refused_and_the_old_one_kept(processes, shard, authority,
                                                                    router_binary):
    pair = authority.sign("meet.test", name="kept")
    router = listening(processes, shard, "keeps", pair).start()
    first = serial(router, authority)
    pair[1].write_bytes(authority.sign("meet.test")[1].read_bytes())
    eventually(lambda: "is not the key of the certificate" in router.process.text(),
               "the mistake is reported")
    assert router.metric("room_router_config_last_reload_successful") == 0
    assert serial(router, authority) == first
    checked = subprocess.run([router_binary, "check", "-c", router.path], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert checked.returncode == 1
    assert "listeners[0].tls.key: is not the key of the certificate" in checked.stderr


def test_an_expired_certificate_is_better_than_none_at_the_start(processes, shard, authority):
    pair = authority.sign("meet.test", name="overdue", days=-1)
    router = listening(processes, shard, "overdue", pair).start()
    assert "HTTP/1.1 200 " in s_client(router.port), "to who does not look at the date"
    assert "warning: " in router.process.text() and "has expired" in router.process.text()
    router.config["logging"] = {"level": "info"}
    router.write()  # what else changes is taken, with the certificate that there is
    eventually(lambda: "reload_warning" in router.process.text(), "it is reloaded")
    assert router.metric("room_router_config_last_reload_successful") == 1
    fresh = authority.sign("meet.test", name="renewed")
    for source, target in zip(fresh, pair):
        target.write_bytes(source.read_bytes())
    eventually(lambda: serial(router, authority) == serial_of(fresh[0]), "the new one is served")


def test_an_expired_certificate_is_refused_and_the_old_one_kept(processes, shard, authority,
                                                                router_binary):
    pair = authority.sign("meet.test", name="fresh")
    router = listening(processes, shard, "fresh", pair).start()
    first = serial(router, authority)
    for source, target in zip(authority.sign("meet.test", days=-1), pair):
        target.write_bytes(source.read_bytes())
    eventually(lambda: "tls.certificate: has expired" in router.process.text(),
               "the mistake is reported")
    assert serial(router, authority) == first
    checked = subprocess.run([router_binary, "check", "-c", router.path], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert checked.returncode == 1
    assert "listeners[0].tls.certificate: has expired" in checked.stderr


def test_many_connect_while_certificates_change(processes, shard, authority):
    """Nobody is refused while files are written one after the other and the router reloads."""
    pair = authority.sign("meet.test", name="busy")
    router = listening(processes, shard, "busy", pair).start()
    failures, over = [], threading.Event()

    def come_and_go():
        while not over.is_set():
            try:
                with TlsClient(router.port, authority.client()) as client:
                    client.send(get())
                    if client.read_response().status != 200:
                        failures.append("status")
            except (OSError, AssertionError) as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            fresh = authority.sign("meet.test")
            wanted = serial_of(fresh[0])
            for source, target in zip(fresh, pair):
                target.write_bytes(source.read_bytes())
            eventually(lambda: serial(router, authority) == wanted, "the new one is served")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failures == []
