# SPDX-License-Identifier: Apache-2.0
"""Sharing rooms with real HAProxys by their peers protocol, both ways; docs/haproxy-peers.md.

Runs with the HAProxy installed, or with `--haproxy PATH`. Where a room lives is read from the tables
of both sides and from who answers.
"""
import re
import signal
import socket
import threading
import urllib.parse

import pytest
import yaml

from harness.installed import ROOT
from harness.client import RawClient, fetch, get
from harness.ports import free_port
from harness.proxies import Haproxy, PeersSection, homes
from harness.waiting import eventually, throughout

ROOMS = 30


class Bridge:
    """One HAProxy, one replica and their shards; parts are started by the tests."""

    def __init__(self, processes, binary):
        self.processes, self.binary = processes, binary
        self.section = PeersSection("haproxy-0", "router-0")
        self.shards = processes.shards(3)

    def haproxy(self, name="haproxy-0", shards=None, section=None, change=None, **options):
        proxy = Haproxy(self.processes.directory, shards or self.shards, name=name,
                        binary=self.binary, peers=(section or self.section).ports, **options)
        if change:
            assert change[0] in proxy.config
            proxy.config = proxy.config.replace(*change)
        self.processes.add(proxy.start())
        return proxy

    def router(self, name="router-0", shards=None, section=None, change=None, **options):
        config = (section or self.section).router_config(name, **options)
        router = self.processes.unstarted_router(shards or self.shards, config, name)
        if change:
            change(router.config)
            router.write()
        return router.start()


@pytest.fixture
def bridge(processes, haproxy_binary):
    return Bridge(processes, haproxy_binary)


def place(proxy, rooms):
    """Asks for each room once; the shards that answered."""
    answers = {room: fetch(proxy.port, f"/http-bind?room={room}") for room in rooms}
    assert all(answer.status == 200 for answer in answers.values())
    return {room: answer.body.decode() for room, answer in answers.items()}


def named(prefix, count=ROOMS):
    return [f"{prefix}{number}" for number in range(count)]


def eventually_knows(proxy, rooms):
    """Until the table has these rooms, there."""
    eventually(lambda: {room: homes(proxy).get(room) for room in rooms} == rooms,
               f"{proxy.name} knows {len(rooms)} rooms")


def logged(router, event, *words):
    """The first line of the log that has the event and all the words."""
    def look():
        return [line for line in router.process.text().splitlines()
                if event in line and all(word in line for word in words)]
    return eventually(look, f"{event} with {words} in the log")[0]


# -- both directions

def test_the_router_knows_what_haproxy_has_learned(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    rooms = place(haproxy, named("learned"))
    assert len(set(rooms.values())) > 1
    eventually_knows(router, rooms)
    assert place(router, rooms) == rooms


def test_haproxy_knows_what_the_router_has_placed(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    rooms = place(router, named("placed"))
    assert len(set(rooms.values())) > 1
    eventually_knows(haproxy, rooms)
    assert place(haproxy, rooms) == rooms
    assert homes(router) == rooms


def test_rooms_are_spelled_as_clients_spell_them(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    ours = [urllib.parse.quote_plus(name) for name in ("réunion 1", "日本 会議", "a_b-c.d e")]
    placed = place(router, ours)
    eventually_knows(haproxy, placed)
    theirs = [urllib.parse.quote_plus(name) for name in ("größe 1", "планёрка", "x/y z")]
    learned = place(haproxy, theirs)
    eventually(lambda: len(homes(router)) == len(ours + theirs), "the router knows all")
    assert place(router, theirs) == learned
    assert place(haproxy, ours) == placed


def test_servers_that_are_keyed_by_address(bridge):
    haproxy = bridge.haproxy(change=("expire 1d", "srvkey addr expire 1d"))
    router = bridge.router()
    names = {f"{shard.host}:{shard.port}": shard.name for shard in bridge.shards}
    learned = place(haproxy, named("address"))
    eventually_knows(router, learned)
    placed = place(router, named("other"))
    eventually(lambda: {room: names[key] for room, key in homes(haproxy).items()}
               == {**learned, **placed}, "HAProxy has all by address")
    assert place(haproxy, placed) == placed


def test_a_table_keyed_by_address_that_is_empty(bridge):
    """Nothing in it says how to call the servers: the configuration does."""
    haproxy = bridge.haproxy(change=("expire 1d", "srvkey addr expire 1d"))
    router = bridge.router(change=lambda config: config["peers"]["haproxy"].update(server_key="address"))
    addresses = {shard.name: f"{shard.host}:{shard.port}" for shard in bridge.shards}
    placed = place(router, named("placed"))
    eventually_knows(haproxy, {room: addresses[shard] for room, shard in placed.items()})
    assert place(haproxy, placed) == placed


def test_servers_called_by_something_else_are_a_mismatch(bridge):
    haproxy = bridge.haproxy()
    router = bridge.router(change=lambda config: config["peers"]["haproxy"].update(server_key="address"))
    learned = place(haproxy, named("learned"))
    eventually_knows(router, learned)
    assert "server_key: name" in logged(router, "haproxy_peer_mismatch", "haproxy-0")


def test_who_loses_a_race_is_corrected(bridge):
    """HAProxy stores its choice when the answer comes, over what the router said meanwhile."""
    haproxy, router = bridge.haproxy(), bridge.router()
    rooms, go_on = named("race", 20), threading.Event()

    def slow(shard):
        def handler(connection, request):
            if request.all("x-slow"):
                go_on.wait(30)
            shard.answer_framed(connection, request)
        return handler

    for shard in bridge.shards:
        shard.handler = slow(shard)
    clients = [RawClient(haproxy.port) for _ in rooms]
    for client, room in zip(clients, rooms):
        client.send(get(f"/http-bind?room={room}", fields="X-Slow: yes\r\n"))
    eventually(lambda: sum(len(shard.seen()) for shard in bridge.shards) == len(rooms),
               "all requests wait at the shards")
    placed = place(router, rooms)
    go_on.set()
    answers = {room: client.read_response().body.decode() for client, room in zip(clients, rooms)}
    for client in clients:
        client.close()
    assert answers != placed, "nothing raced"
    eventually(lambda: homes(haproxy) == placed, "HAProxy is corrected")
    assert homes(router) == placed
    assert place(haproxy, rooms) == placed


def test_the_example_of_the_documentation(bridge):
    text = (ROOT / "docs" / "haproxy-peers.md").read_text()
    haproxy = Haproxy(bridge.processes.directory, bridge.shards, name="edge-1",
                      binary=bridge.binary, peers=bridge.section.ports)
    router = bridge.processes.unstarted_router(bridge.shards, name="edge-0")
    ports = {"10.0.0.10:80": router.port, "10.0.0.11:80": haproxy.port,
             "10.0.1.10:80": bridge.shards[0].port, "10.0.1.11:80": bridge.shards[1].port,
             "10.0.0.10:1024": free_port(), "10.0.0.11:1024": free_port()}
    for address, port in ports.items():
        assert address in text
        text = text.replace(address, f"127.0.0.1:{port}")
    sections = {kind: re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL).group(1)
                for kind in ("haproxy", "yaml")}
    haproxy.config = f"global\n  stats socket {haproxy.socket_path}\n" + sections["haproxy"]
    bridge.processes.add(haproxy.start())
    router.config = {"admin": router.config["admin"], **yaml.safe_load(sections["yaml"])}
    router.write()
    router.start()
    rooms = place(haproxy, named("theirs")) | place(router, named("ours"))
    eventually_knows(haproxy, rooms)
    eventually_knows(router, rooms)
    for warning in ("haproxy_peer_mismatch", "haproxy_peer_refused", "haproxy_peer_unknown"):
        assert warning not in router.process.text()


# -- leases

@pytest.mark.parametrize("kind", ["haproxy", "router"])
def test_entries_live_while_they_are_used_anywhere(bridge, kind):
    haproxy, router = bridge.haproxy(expire="5s"), bridge.router(expire="5s")
    user, other = (haproxy, router) if kind == "haproxy" else (router, haproxy)
    rooms = place(user, ["idle", "used"])
    eventually_knows(other, rooms)

    def idle_is_gone():
        assert place(user, ["used"]) == {"used": rooms["used"]}
        return "idle" not in homes(other)

    eventually(idle_is_gone, "the idle room expires", 40)
    assert homes(other) == {"used": rooms["used"]}


# -- restarts

def test_haproxy_that_restarts_is_taught_everything(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    rooms = place(haproxy, named("before")) | place(router, named("ours"))
    eventually_knows(router, rooms)
    haproxy.kill()
    rooms |= place(router, named("meanwhile"))
    haproxy.start()
    eventually_knows(haproxy, rooms)
    assert homes(router) == rooms
    assert place(haproxy, rooms) == rooms


def test_router_that_restarts_knows_everything_before_it_is_ready(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    rooms = place(haproxy, named("before")) | place(router, named("ours"))
    eventually_knows(haproxy, rooms)
    router.kill()
    rooms |= place(haproxy, named("meanwhile"))
    router.start()
    assert homes(router) == rooms
    assert place(router, rooms) == rooms
    assert homes(haproxy) == rooms


def test_a_large_table_is_known_before_readiness(bridge):
    haproxy = bridge.haproxy()
    names = named("large", 3000)
    with RawClient(haproxy.port) as client:
        rooms = {room: client.request(get(f"/http-bind?room={room}")).body.decode()
                 for room in names}
    assert homes(bridge.router()) == rooms


def test_router_waits_for_haproxys_that_are_slow(bridge):
    """What listens but says nothing may have a table to tell."""
    haproxy = bridge.haproxy()
    rooms = place(haproxy, named("slow"))
    haproxy.process.signal(signal.SIGSTOP)
    router = bridge.processes.unstarted_router(
        bridge.shards, bridge.section.router_config("router-0"), "router-0")
    router.config["peers"]["sync_timeout"] = "2m"
    router.write()
    router.start(wait_ready=False)
    early = eventually(lambda: (lambda answer: answer.status == 200 and answer)(
        fetch(router.port, "/http-bind?room=early")), "the shards are up")
    assert early.get("x-jitsi-shard") is None
    throughout(lambda: router.ready() == 503, "not ready", 0.5)
    assert "HAProxy" in router.admin("/readyz")[1]
    haproxy.process.signal(signal.SIGCONT)
    router.wait_ready()
    eventually(lambda: rooms.items() <= homes(router).items(), "all is learned")


def test_a_port_that_is_taken_is_tried_again(bridge):
    haproxy = bridge.haproxy()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", bridge.section.ports["router-0"]))
        taken.listen()
        router = bridge.router(change=lambda config: config["peers"].update(sync_timeout="1s"))
        logged(router, "haproxy_peers_failed", "peers.haproxy.listen")
    bridge.shards[0].stop()  # what is known of the shards changes
    eventually(lambda: place(haproxy, ["port"]), "HAProxy serves")
    eventually(lambda: "port" in homes(router), "the router knows it")


def test_router_is_ready_without_any_haproxy(bridge):
    router = bridge.router()
    rooms = place(router, named("alone"))
    haproxy = bridge.haproxy()
    eventually_knows(haproxy, rooms)


# -- connections

def test_a_call_that_haproxy_gave_up_costs_nothing(bridge):
    """It says hello and is gone, when the router was away for a moment; the good one stays."""
    haproxy, router = bridge.haproxy(), bridge.router()
    eventually_knows(router, place(haproxy, named("before")))
    for _ in range(3):
        with RawClient(bridge.section.ports["router-0"]) as stray:
            stray.send(b"HAProxyS 2.1\nrouter-0\nhaproxy-0 1 1\n")
            assert stray.read(4) == b"200\n"
    eventually_knows(router, place(haproxy, named("after")))
    eventually_knows(haproxy, place(router, named("back")))
    assert "haproxy_peer_lost" not in router.process.text()


def test_a_call_on_which_haproxy_speaks_takes_over(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    eventually_knows(router, place(haproxy, named("before")))
    with RawClient(bridge.section.ports["router-0"]) as newer:
        newer.send(b"HAProxyS 2.1\nrouter-0\nhaproxy-0 1 1\n")
        assert newer.read(4) == b"200\n"
        newer.send(b"\x00\x00")
        logged(router, "haproxy_peer_lost", "it has a newer connection")
    eventually_knows(router, place(haproxy, named("after")))


# -- shards only one side has

def test_servers_the_router_does_not_know(bridge):
    stranger = bridge.processes.shard("shard-9")
    haproxy = bridge.haproxy(shards=[*bridge.shards, stranger])
    router = bridge.router()
    rooms = place(haproxy, named("some"))
    known = {room: home for room, home in rooms.items() if home != "shard-9"}
    assert 0 < len(known) < len(rooms)
    eventually_knows(router, known)
    assert homes(router) == known
    assert "some" not in logged(router, "haproxy_peer_unknown_server", "shard-9")
    router.config["shards"]["static"].append(
        {"name": "shard-9", "address": f"{stranger.host}:{stranger.port}"})
    router.write()
    router.reload()
    eventually_knows(router, rooms)


def test_a_shard_haproxy_does_not_have(bridge):
    """HAProxy keeps the name; it can't follow it, and its choice is overruled."""
    extra = bridge.processes.shard("shard-9")
    haproxy, router = bridge.haproxy(), bridge.router(shards=[*bridge.shards, extra])
    rooms = place(router, named("new"))
    ours_alone = [room for room, home in rooms.items() if home == "shard-9"]
    assert ours_alone
    eventually_knows(haproxy, rooms)
    assert place(haproxy, ours_alone[:1])[ours_alone[0]] != "shard-9"
    eventually_knows(haproxy, rooms)
    assert homes(router) == rooms


# -- several of each

def test_two_haproxys_and_two_replicas_keep_the_same_entries(bridge):
    section = PeersSection("haproxy-0", "haproxy-1", "router-0", "router-1")
    gossip = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    proxies = [bridge.haproxy(f"haproxy-{number}", section=section) for number in range(2)]
    for number in range(2):
        def gossiping(config, listen=gossip[number]):
            config["peers"] |= {"listen": listen, "insecure": True,
                                "discovery": {"static": gossip}}
        proxies.append(bridge.router(f"router-{number}", section=section, change=gossiping))
    rooms = {}
    for number, proxy in enumerate(proxies):
        rooms |= place(proxy, named(f"from{number}-"))
        for other in proxies:
            eventually_knows(other, rooms)
    for proxy in reversed(proxies):
        assert place(proxy, rooms) == rooms
        assert homes(proxy) == rooms


# -- what does not fit

def test_haproxy_calls_the_router_by_another_name(bridge):
    """It is refused and we are too; whoever reads the log knows what to write where."""
    ports = bridge.section.ports
    theirs = PeersSection()
    theirs.ports = {"haproxy-0": ports["haproxy-0"], "router-7": ports["router-0"]}
    bridge.haproxy(section=theirs)
    router = bridge.router()
    logged(router, "haproxy_peer_refused", "haproxy-0", "504: it knows no peer router-0")
    logged(router, "haproxy_peer_refused", "called us and was refused with status 503")
    assert place(router, ["still-served"])


def test_router_calls_haproxy_by_another_name(bridge):
    ports = bridge.section.ports
    ours = PeersSection()
    ours.ports = {"haproxy-7": ports["haproxy-0"], "router-0": ports["router-0"]}
    bridge.haproxy()
    router = bridge.router(section=ours)
    logged(router, "haproxy_peer_refused", "haproxy-7", "503: it has another name")
    logged(router, "haproxy_peer_refused", "haproxy-0", "refused with status 504")
    assert place(router, ["still-served"])


@pytest.mark.parametrize("change, said", [
    (("type string len 128", "type ip"), "its keys are not strings"),
    (("stick on hdr(Room) if room_found", "http-request track-sc0 hdr(Room)"),
     "it stores no server keys"),
    (("backend jitsi-meet", "backend other-meet"), "it shares no table jitsi-meet"),
    (("len 128", "len 32"), "its keys hold 32 bytes"),
], ids=["type", "data", "name", "length"])
def test_a_table_that_does_not_fit(bridge, change, said):
    proxy = Haproxy(bridge.processes.directory, bridge.shards, name="haproxy-0",
                    binary=bridge.binary, peers=bridge.section.ports)
    proxy.config = proxy.config.replace(*change)
    if change[1].startswith("backend"):
        proxy.config = proxy.config.replace("default_backend jitsi-meet",
                                            "default_backend other-meet")
    bridge.processes.add(proxy.start())
    router = bridge.router()
    place(proxy, ["mismatch"])
    logged(router, "haproxy_peer_mismatch", "haproxy-0", said)
    assert place(router, ["still-served"])


@pytest.mark.parametrize("hello, status", [
    ("HAProxyS 3.0\nrouter-0\nhaproxy-0 1 1\n", "502"),
    ("HAProxyS 2.2\nrouter-0\nhaproxy-0 1 1\n", "502"),
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "501"),
    ("HAProxyS 2.1\nrouter-1\nhaproxy-0 1 1\n", "503"),
    ("HAProxyS 2.1\nrouter-0\nhaproxy-8 1 1\n", "504"),
], ids=["major", "minor", "http", "name", "stranger"])
def test_hellos_that_are_refused(bridge, hello, status):
    router = bridge.router()
    with RawClient(bridge.section.ports["router-0"]) as client:
        client.send(hello.encode())
        assert client.read_rest() == f"{status}\n".encode()
    logged(router, "haproxy_peer_refused", f"refused with status {status}")
    haproxy = bridge.haproxy()
    rooms = place(haproxy, named("after"))
    eventually_knows(router, rooms)


def test_keys_that_are_no_rooms_are_not_learned(bridge):
    haproxy, router = bridge.haproxy(), bridge.router()
    no_rooms = ["", "%00", "a%0Ab", "%20", "x" * 200]
    place(haproxy, no_rooms)
    rooms = place(haproxy, named("valid", 5))  # on the same connection, later
    eventually_knows(router, rooms)
    assert homes(router) == rooms
