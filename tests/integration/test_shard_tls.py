# SPDX-License-Identifier: Apache-2.0
"""TLS towards shards: whom the router trusts, what goes through, and what becomes of the rest."""
import ssl
import subprocess
import threading

import pytest

from harness.authority import Authority
from harness.client import SWITCHING, Closed, RawClient, fetch, get, upgrade
from harness.dns import SRV_NAME, ScriptedDns, records
from harness.router import merged, static_shards
from harness.shard import OK
from harness.tls import BULK, bulk_or_tunnel
from harness.waiting import eventually

HOST = "127.0.0.1"  # of static shards: whom their certificates have to name


def _config(authority, config=None, **tls):
    own = {"node": {"threads": 1}, "logging": {"level": "info"},
           "shards": {"tls": {"enabled": True, "ca": str(authority.certificate)} | tls,
                      "health": {"timeout": "10s"}}}
    return merged(own, config)


@pytest.fixture(scope="module")
def shard(module_processes, authority):
    return module_processes.shard(answer=bulk_or_tunnel, tls=authority.server(authority.sign(HOST)))


@pytest.fixture(scope="module")
def router(module_processes, shard, authority):
    return module_processes.router([shard], _config(authority), name="router-0")


def _check(router, shard="shard-0"):
    """The last status of its checks, as HAProxy calls it."""
    lines = [line.lstrip("# ").split(",") for line in router.command("show stat").splitlines()]
    rows = [dict(zip(lines[0], line)) for line in lines[1:] if len(line) > 1]
    (row,) = [row for row in rows if row["svname"] == shard]
    return row["check_status"]


def _refused(router, reason="shard_tls"):
    return router.metric("room_router_refusals_total", reason=reason)


def _beside(processes):
    """A check that a shard passes whatever its TLS is like: of another port."""
    plain = processes.shard("plain")
    return {"shards": {"health": {"checks": [{"type": "tcp", "port": plain.port}]}}}


def test_requests_go_through_and_connections_are_kept(router, shard):
    before = shard.mark()
    for n in range(5):
        assert fetch(router.port, f"/http-bind?room=kept{n}").body == b"shard-0"
    assert len({seen.connection.index for seen in shard.seen(before)}) == 1
    sock = shard.seen()[-1].connection.sock
    assert (sock.version(), sock.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
    assert _check(router) == "L6OK"


def test_tls_1_2_is_good_enough(processes, authority):
    context = authority.server(authority.sign(HOST))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    shard = processes.shard(tls=context)
    router = processes.router([shard], _config(authority))
    for _ in range(3):
        assert fetch(router.port, "/http-bind?room=r").body == b"shard-0"
    assert shard.seen()[-1].connection.sock.version() == "TLSv1.2"
    assert len({seen.connection.index for seen in shard.seen()}) == 1


def test_large_bodies_both_ways(router, shard):
    before = shard.mark()
    with RawClient(router.port) as client:
        client.send(b"POST /bulk?room=r HTTP/1.1\r\nHost: meet.test\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(BULK) + BULK)
        assert client.read_response().body == BULK
    (seen,) = shard.seen(before)
    assert seen.body == BULK


def test_a_websocket_is_relayed_both_ways_and_half_closed(processes, authority):
    received = []

    def handler(connection, request):
        connection.send(SWITCHING)
        received.append(connection.take_rest())  # until the client has said its last word
        connection.send(BULK)
        connection.announce_end()

    shard = processes.shard(tls=authority.server(authority.sign(HOST)))
    shard.handler = handler
    router = processes.router([shard], _config(authority))
    with RawClient(router.port) as client:
        client.send(upgrade())
        assert client.read_response().status == 101
        client.send(BULK[:300000])
        client.half_close()
        assert client.read_rest() == BULK
    assert received == [BULK[:300000]]


def test_a_long_poll_waits(router, shard):
    gate = threading.Event()

    def handler(connection, request):
        connection.take_body(request)
        gate.wait(20)
        connection.send(OK)

    shard.handler = handler
    with RawClient(router.port) as client:
        since = shard.mark()
        client.send(get("/http-bind?room=poll", method="POST", fields="Content-Length: 4\r\n")
                    + b"poll")
        shard.wait_for_requests(1, since)
        gate.set()
        assert client.read_response().body == b"ok"
    shard.reset_script(bulk_or_tunnel)


def test_a_body_that_ends_with_the_connection_ends_as_tls_says(processes, authority):
    def handler(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nbody")
        if request.target.startswith("/whole"):
            connection.announce_end()
        connection.close()

    shard = processes.shard(tls=authority.server(authority.sign(HOST)))
    router = processes.router([shard], _config(authority))
    shard.handler = handler
    assert fetch(router.port, "/whole?room=r").body == b"body"
    with RawClient(router.port) as client, pytest.raises(Closed):
        client.request(get("/cut?room=r"))


def test_sessions_are_resumed(processes, authority):
    context = authority.server(authority.sign(HOST))
    shard = processes.shard(
        tls=context, answer=b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    router = processes.router([shard], _config(authority))
    for _ in range(3):
        assert fetch(router.port, "/http-bind?room=r").status == 200
    assert len(shard.used_connections) == 3
    assert context.session_stats()["hits"] == 2


def test_nobody_else_is_trusted(processes, authority, tmp_path):
    """A request never reaches a shard that cannot prove who it is."""
    other = Authority(tmp_path, "other")
    expired = authority.sign(HOST, days=-1)
    pairs = {"other": (other.sign(HOST), "unable to get local issuer certificate"),
             "named": (authority.sign("localhost", "10.0.0.1"), "IP address mismatch"),
             "expired": (expired, "certificate has expired"),
             "own": ((other.certificate, other.key), "self-signed certificate")}
    shards = [processes.shard(name, tls=authority.server(pair)) for name, (pair, _) in pairs.items()]
    shards.append(processes.shard("text", answer=OK))
    shards[-1].handler = lambda connection, request: connection.close()
    config = merged(_beside(processes), {"room_key": {"force_shard": True}})
    router = processes.router(shards, _config(authority, config))
    for shard in shards[:-1]:
        before = _refused(router)
        assert fetch(router.port, f"/{shard.name}/http-bind?room=r").status == 503
        assert _refused(router) == before + 1
        assert f"reason shard_tls: {pairs[shard.name][1]}\n" in router.command("show errors")
        assert shard.requests == []


def test_checks_say_what_is_wrong(processes, authority):
    expired = processes.shard("expired", tls=authority.server(authority.sign(HOST, days=-1)))
    text = processes.shard("text")
    text.handler = lambda connection, request: connection.close()
    quick = {"shards": {"health": {"timeout": "500ms"}}}
    router = processes.router([expired, text], _config(authority, quick), wait_ready=False)
    eventually(lambda: _check(router, "expired") == "L6RSP", "the expired one is found")
    eventually(lambda: _check(router, "text") in ("L6RSP", "L6TOUT"), "and the one without TLS")
    eventually(lambda: "L6RSP: certificate has expired" in router.process.text(), "it is logged")
    assert fetch(router.port, "/http-bind?room=r").status == 503
    assert _refused(router) == 0  # nobody was asked
    assert expired.requests == []


def test_without_verification_anybody_is_trusted(processes, authority, router_binary, tmp_path):
    own = Authority(tmp_path, "own")
    shard = processes.shard(tls=authority.server((own.certificate, own.key)))
    router = processes.router([shard], _config(authority, ca="", verify=False))
    assert fetch(router.port, "/http-bind?room=r").body == b"shard-0"
    assert _check(router) == "L6OK"
    checked = subprocess.run([router_binary, "check", "-c", router.path], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert checked.returncode == 0
    assert "shards.tls.verify: whoever is on the way" in checked.stderr + checked.stdout


def test_a_name_may_be_given_to_all(processes, authority):
    context, asked = authority.server(authority.sign("web.test")), []
    context.sni_callback = lambda sock, name, context: asked.append(name)
    shard = processes.shard(tls=context)
    router = processes.router([shard], _config(authority, server_name="web.test"))
    assert fetch(router.port, "/http-bind?room=r").body == b"shard-0"
    assert set(asked) == {"web.test"}


def test_the_name_is_that_of_the_srv_target(processes, authority):
    dns = processes.add(ScriptedDns().start())
    asked, shards = {}, []
    for n in range(2):
        name = f"shard-{n}.web.jitsi.test"
        context = authority.server(authority.sign(name))
        context.sni_callback = (
            lambda sock, given, context, heard=asked.setdefault(name, set()): heard.add(given))
        shards.append(processes.shard(f"shard-{n}", tls=context))
    dns.set(records(shards))
    router = processes.router(config=_config(authority, {"shards": {
        "static": None, "discovery": {"srv": [SRV_NAME], "resolvers": [dns.address]}}}))
    homes = {fetch(router.port, f"/http-bind?room=dns{n}").body for n in range(40)}
    assert homes == {b"shard-0", b"shard-1"}
    assert asked == {name: {name} for name in asked}


def test_an_ip_is_no_server_name(processes, authority):
    context, asked = authority.server(authority.sign("::1")), []
    context.sni_callback = lambda sock, name, context: asked.append(name)
    shard = processes.shard(host="::1", tls=context)
    router = processes.router(config=_config(authority, {"shards": {
        "static": [{"name": "shard-0", "address": f"[::1]:{shard.port}"}]}}))
    assert fetch(router.port, "/http-bind?room=r").body == b"shard-0"
    assert set(asked) == {None}


def test_plain_router_and_shard_with_tls(processes, authority):
    shard = processes.shard(tls=authority.server(authority.sign(HOST)))
    router = processes.router([shard])
    assert fetch(router.port, "/http-bind?room=r").status == 502
    assert shard.requests == []


def test_another_endpoint_of_the_shard_is_tried(processes, authority):
    """One that cannot prove who it is counts as one that cannot be connected to."""
    good = processes.shard("good", tls=authority.server(authority.sign(HOST)))
    bad = processes.shard("bad", tls=authority.server(authority.sign("localhost")))
    both = [item | {"name": "shard-0"} for item in static_shards([good, bad])]
    router = processes.router(config=_config(authority, merged(_beside(processes), {
        "retries": 2, "shards": {"static": both, "health": {"fall": 100}}})))
    for n in range(12):
        assert fetch(router.port, f"/http-bind?room=r{n}").body == b"good"
    failed = router.metric("room_router_shard_connect_failures_total")
    assert failed > 0 or bad.connections == []
    assert bad.requests == []
    assert _refused(router) == 0


@pytest.mark.parametrize("ends", [True, False], ids=["closed", "silent"])
def test_a_shard_may_fail_during_the_handshake(processes, authority, ends):
    heard = threading.Event()

    def handler(connection):
        connection.sock.recv(1)
        heard.set()
        if ends:
            connection.close()
        else:
            connection.take_rest()

    shard = processes.shard()
    shard.prepare = handler
    router = processes.router([shard], _config(authority, merged(
        _beside(processes), {"timeouts": {"connect": "300ms"}, "retries": 0})))
    response = fetch(router.port, "/http-bind?room=r")
    assert heard.is_set()
    reason = "shard_tls" if ends else "connect_timeout"
    assert (response.status, _refused(router, reason)) == (503 if ends else 504, 1)


def test_an_authority_is_exchanged_without_a_dropped_connection(processes, authority, tmp_path):
    """The file changes; websockets stay, new connections trust the new authority alone."""
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(old.certificate.read_bytes())
    shard = processes.shard(answer=bulk_or_tunnel, tls=authority.server(old.sign(HOST)))
    released = threading.Event()

    def handler(connection, request):
        if not request.all("upgrade"):
            return connection.send(OK)
        connection.send(SWITCHING)
        connection.send(connection.take(4))
        released.wait(60)

    shard.handler = handler
    router = processes.router([shard], _config(authority, ca=str(trusted)))
    with RawClient(router.port) as client:
        client.send(upgrade())
        assert client.read_response().status == 101
        assert fetch(router.port, "/page?room=r").status == 200
        trusted.write_bytes(old.certificate.read_bytes() + new.certificate.read_bytes())
        eventually(lambda: "reloaded" in router.process.text(), "both are trusted")
        assert fetch(router.port, "/page?room=r").status == 200
        shard.tls = authority.server(new.sign(HOST))
        trusted.write_bytes(new.certificate.read_bytes())
        eventually(lambda: router.process.text().count("reloaded") == 2, "the new one is trusted")
        assert fetch(router.port, "/page?room=r").status == 200
        client.send(b"ping")
        assert client.read(4) == b"ping"
        released.set()
    assert _refused(router) == 0


def test_what_is_wrong_with_the_file_is_said(processes, authority, router_binary):
    router = processes.unstarted_router([], _config(authority, ca=str(authority.key)))
    checked = subprocess.run([router_binary, "check", "-c", router.path], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert checked.returncode == 1
    assert "shards.tls.ca: the file" in checked.stderr


def test_http_checks_speak_tls_where_their_url_says_so(processes, authority):
    shard = processes.shard(tls=authority.server(authority.sign(HOST)))
    check = {"type": "http", "url": "https://{address}/about/health"}
    router = processes.router([shard], _config(authority, {"shards": {"health": {
        "checks": [check]}}}))
    assert _check(router) == "L7OK"
    assert shard.requests[0].target == "/about/health"
    # Of a port that speaks TLS while requests do not need it.
    plain = processes.shard("plain")
    url = {"type": "http", "url": f"https://{{address}}:{shard.port}/"}
    mixed = processes.router([plain], _config(authority, {"shards": {"health": {
        "checks": [url]}}}, enabled=False), name="mixed")
    assert _check(mixed, "plain") == "L7OK"
    assert fetch(mixed.port, "/http-bind?room=r").body == b"plain"


def test_settings_change_while_connections_are_idle(processes, authority):
    """What was opened without TLS is not used once it is wanted, and the other way round."""
    shard = processes.shard()
    router = processes.router([shard], {"node": {"threads": 1}})
    assert fetch(router.port, "/http-bind?room=r").status == 200
    for n, tls in enumerate((authority.server(authority.sign(HOST)), None)):
        shard.tls = tls
        router.config["shards"]["tls"] = {"enabled": bool(tls), "ca": str(authority.certificate)}
        router.write()
        router.reload()
        eventually(lambda: router.process.text().count('"reloaded"') == n + 1, "it is taken")
        since = shard.mark()
        eventually(lambda: fetch(router.port, "/http-bind?room=r").status == 200, "it goes on")
        (seen,) = shard.seen(since)[-1:]
        assert isinstance(seen.connection.sock, ssl.SSLSocket) == bool(tls)


