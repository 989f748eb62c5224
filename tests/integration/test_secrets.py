# SPDX-License-Identifier: Apache-2.0
"""Secrets of requests reach the shard, and nothing that the router shows or writes."""
import random
import re
import urllib.parse

import pytest

from harness.client import SWITCHING, WEBSOCKET_FIELDS, RawClient, get
from harness.waiting import eventually

CANARY = "Kanarienvogel"
NAMES = ["token", "jwt", "previd", "pwd", "password", "access_token"]
ROOM = "GeheimerRaum"
COMMANDS = [
    "help", "show version", "show info", "show info typed desc", "show info json", "show stat",
    "show stat typed desc", "show stat json", "show schema json", "show table",
    "show table jitsi-meet", "show servers state", "show servers conn", "show backend", "show peers",
    "show resolvers", "show sess", "show sess all", "show errors", "show errors room-router request",
    "show errors -1 response", "show activity", "show threads", "show fd", "show env", "show config",
    "show shards", "show replicas", "show room r", "show split", "show pins", "show bans",
    "show drain", "show cli sockets", "show events", "show map", "show acl"]
PAGES = ["/", "/stats", "/stats;csv", "/stats;json", "/metrics", "/healthz", "/readyz",
         "/api/v1/status", "/api/v1/shards", "/api/v1/shards/shard-0", "/api/v1/rooms"]


def _spelled(name, dice):
    """A parameter's name as somebody may write it."""
    how = dice.randrange(4)
    if how == 0:
        return name.upper()
    if how == 1:
        return "".join(f"%{ord(c):02x}" if dice.random() < 0.3 else c for c in name)
    return name


def _parameter(dice):
    """name=value in a spelling that some server may understand."""
    name, mark = dice.choice(NAMES), dice.choice("==:")
    value = dice.choice([CANARY, "eyJ" + CANARY + ".eyJ" + CANARY, CANARY + "%20%3D"])
    if mark == ":":  # within another parameter
        return dice.choice(["url", "state", "r"]) + "=" + urllib.parse.quote(
            f"https://login.test/?{name}={value}", safe=dice.choice(["", ":/?="]))
    return f"{_spelled(name, dice)}={value}"


def _target(dice):
    parameter = _parameter(dice)
    path = dice.choice(["/http-bind", "/xmpp-websocket", "/standup", "/tenant/standup", "/config.js",
                        "/libs/app.js", "/_unlock", "/conference-request/v1", "/socket.io/", "/x"])
    return dice.choice([
        f"{path}?room=standup&{parameter}", f"{path}?{parameter}", f"{path}?{parameter}&room=standup",
        f"{path}?a=1;{parameter}", f"{path}?a=1?{parameter}", f"{path}?room=a&room=b&{parameter}",
        f"{path}?{urllib.parse.quote(parameter, safe='')}", f"http-bind?{parameter}",
        f"/colibri-ws/jvb-0/1a/2b?{parameter}", f"/colibri-ws/jvb-0/1a/2b/{parameter}"])


def _request(dice):
    """One request with the canary somewhere; the bytes, and whether it is well-formed."""
    secret = dice.choice([f"Authorization: Bearer {CANARY}", f"Cookie: session={CANARY}; jwt={CANARY}",
                          f"X-Auth-Token: {CANARY}", f"Proxy-Authorization: Basic {CANARY}",
                          f"Referer: https://meet.test/standup?jwt={CANARY}",
                          f"Sec-WebSocket-Protocol: xmpp, {CANARY}"])
    target = _target(dice)
    head = f"Host: meet.test\r\n{secret}\r\n"
    good = [
        f"GET {target} HTTP/1.1\r\n{head}\r\n",
        f"GET http://meet.test{target} HTTP/1.1\r\n{head}\r\n",
        f"POST {target} HTTP/1.1\r\n{head}Content-Length: {len(CANARY)}\r\n\r\n{CANARY}",
        f"HEAD {target} HTTP/1.1\r\n{head}\r\n",
        f"POST {target} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n"
        f"{len(CANARY):x};x={CANARY}\r\n{CANARY}\r\n0\r\nX: {CANARY}\r\n\r\n",
        f"GET {target} HTTP/1.1\r\n{head}{WEBSOCKET_FIELDS}\r\n",
    ]
    bad = [
        f"GET {target} HTTP/1.1\r\n{head}Authorization : {CANARY}\r\n\r\n",
        f"GET {target} HTTP/1.1\r\n{secret}\r\n\r\n",
        f"GET {target} HTTP/1.1\r\n{head}Host: {CANARY}\r\n\r\n",
        f"GET {target} HTTP/4.2\r\n{head}\r\n",
        f"GET {target}\r\n\r\n",
        f"GET http://user:{CANARY}@meet.test/standup HTTP/1.1\r\n{head}\r\n",
        f"CONNECT {target} HTTP/1.1\r\n{head}\r\n",
        f"GET {target} HTTP/1.1\n{head}\r\n",
        f"GET {target} HTTP/1.1\r\n{head} folded {CANARY}\r\n\r\n",
        f"GET {target} HTTP/1.1\r\n{head}X: {CANARY}\0\r\n\r\n",
        f"GET {target}{'x' * 17_000}={CANARY} HTTP/1.1\r\n{head}\r\n",
        f"GET {target} HTTP/1.1\r\n{head}Cookie: {CANARY * 5_500}\r\n\r\n",
        f"POST {target} HTTP/1.1\r\n{head}Content-Length: {CANARY}\r\n\r\n{CANARY}",
        f"POST {target} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
        f"{CANARY} {CANARY} {CANARY}\r\n\r\n",
        f"\x16\x03\x01{CANARY}\r\n\r\n",
        f"GET /standup HTTP/1.1\r\nHost: meet.test\r\n{secret}",
    ]
    return dice.choice(good if dice.random() < 0.6 else bad).encode("latin-1")


ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: jwt=%s\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x?jwt=%s\r\n\r\n",
    b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nX-Debug: %s\r\n\r\n",
    b"HTTP/1.1 2x0 token=%s\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nSet-Cookie : %s\r\n\r\n",
    b"%s\r\n\r\n",
]


def _shown(router, access_log):
    """Everything that the router says about itself, by where."""
    shown = {"the access log": access_log.read_text(errors="replace"), "the log": router.process.text()}
    for command in COMMANDS:
        shown[command] = router.command(command)
    for page in PAGES:
        shown[page] = router.admin(page)[1]
    return shown


def _start(processes, access, **config):
    log = processes.directory / "access.log"
    router = processes.router([processes.shard()], {
        "logging": {"level": "debug", "access": {"output": str(log), **access}},
        "bridges": {"enabled": True, "static": [{"id": "jvb-0", "address": "127.0.0.1:9"}]}, **config})
    return router, processes.started[0], log


def _tunnel(router, shard, target):
    """A client that stays."""
    shard.handler = lambda connection, request: connection.send(SWITCHING)
    client = RawClient(router.port)
    fields = WEBSOCKET_FIELDS + f"Cookie: jwt={CANARY}\r\n"
    assert client.request(get(target, fields=fields)).status == 101
    return client


@pytest.mark.parametrize("access", ["json", "httplog"])
def test_no_secret_is_shown(processes, seed, access):
    print("seed", seed)
    dice = random.Random(seed)
    router, shard, log = _start(processes, {"format": access})
    with _tunnel(router, shard, f"/xmpp-websocket?room=standup&token={CANARY}"):
        shard.reset_script(lambda request: dice.choice(ANSWERS).replace(b"%s", CANARY.encode()))
        for _ in range(250):
            requests = b"".join(_request(dice) for _ in range(dice.randrange(1, 4)))
            with RawClient(router.port) as client:
                client.send(requests)
                client.half_close()
                try:
                    client.read_rest()
                except OSError:
                    pass  # refused before its end
        with RawClient(router.port) as client:
            assert client.request(get(f"/http-bind?room=barrier&jwt={CANARY}")).status < 600
        eventually(lambda: "room=barrier&jwt=***" in log.read_text(), "the last one is logged")
        shown = _shown(router, log)
    received = b"".join(bytes(connection.received) for connection in shard.connections)
    assert received.count(CANARY.encode()) > 100, "the shard gets what it is sent"
    assert shown["the access log"].count("***") > 50
    assert "invalid" in shown["show errors"] and "standup" in shown["show sess"]
    leaks = {where: re.findall(f".{{0,150}}{CANARY}.{{0,80}}", text)[:9]
             for where, text in shown.items() if CANARY in text}
    assert not leaks, "\n".join(f"{where}: {line}" for where in leaks for line in leaks[where])


@pytest.mark.parametrize("access", ["json", "httplog"])
@pytest.mark.parametrize("names", ["plain", "hashed", "absent"])
def test_rooms_are_shown_as_each_output_is_told(processes, access, names):
    router, shard, log = _start(processes, {"format": access, "room_names": names},
                                admin={"dashboard": {"room_names": names}})
    targets = [f"/{ROOM}", f"/tenant/{ROOM}", f"/http-bind?room={ROOM}", f"/{ROOM}/config.js",
               f"/socket.io/?room={ROOM}", f"/tenant/http-bind?room={ROOM}", f"/x?a={ROOM}",
               f"/conference-request/v1?room={ROOM}", f"/_unlock?room={ROOM}"]
    with RawClient(router.port) as client:
        for target in targets:
            assert client.request(get(target)).status < 600
    with _tunnel(router, shard, f"/xmpp-websocket?room={ROOM}"):
        rooms = router.admin("/api/v1/rooms")[1].lower()
        session = router.command("show sess").lower()
        entries = router.command("show table jitsi-meet").lower()
    eventually(lambda: "xmpp-websocket" in log.read_text(), "the tunnel is logged")
    room, logged = ROOM.lower(), log.read_text().lower()
    assert (room in logged) == (names == "plain")
    assert (room in rooms) == (names == "plain")
    assert room in session and room in entries, "operators of the socket see names"
    assert room not in router.admin("/metrics")[1].lower()
    assert room not in router.process.text().lower()
