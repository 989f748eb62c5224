# SPDX-License-Identifier: Apache-2.0
"""Real DNS servers change their minds, break and come back; every room that moves is counted.

Rooms are placed by hashing names that are always the same, so the numbers are exact. Where something
must not happen "before `obsolete` is over", `obsolete` is an hour until a reload makes it short.
"""
import itertools
import json
import pathlib

import pytest

from harness.installed import need
from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.cluster import table
from harness.dns import DOMAIN, SRV_NAME, records
from harness.dns_relay import DnsRelay
from harness.dnsmasq import Dnsmasq
from harness.knot import Knot
from harness.network import Network, obstacle
from harness.pipeline import ask
from harness.ports import free_port
from harness.router import Router
from harness.shard import identified
from harness.waiting import eventually, throughout

ROOMS = [f"room{number}" for number in range(200)]
# A shard that has no time to answer a check, on a busy machine, is not down.
PATIENT = {"interval": "200ms", "timeout": "5s", "rise": 1, "fall": 50, "soft_down_grace": "60s"}
HASTY = {**PATIENT, "fall": 2, "soft_down_grace": "200ms"}
UP = "room_router_shard_state"


def _config(server, names=(SRV_NAME,), health=None, **discovery):
    return {"shards": {"discovery": {"srv": list(names), "resolvers": [server.address],
                                     "refresh": {"min": "100ms", "max": "200ms"}, **discovery},
                       "health": health or PATIENT},
            "placement": {"algorithm": "rendezvous"},
            "logging": {"level": "info", "access": {"format": "off"}}}


def _serve(connection, request):
    """A websocket echoes, anything else is answered with the shard's name."""
    if not request.all("upgrade"):
        return connection.shard.answer_framed(connection, request)
    connection.send(SWITCHING)
    while connection.fill():
        connection.send(connection.take(len(connection.pending)))


def _shard(processes, number, name=None, **kwargs):
    """One on an address of its own; `number` says which."""
    shard = processes.shard(name or f"shard-{number}", host=f"127.0.1.{number + 1}", **kwargs)
    shard.handler = _serve
    return shard


def _srv(shard, priority=10, weight=100, name=SRV_NAME):
    return [f"{name}. 1 IN SRV {priority} {weight} {shard.port} {shard.name}.{DOMAIN}.",
            f"{shard.name}.{DOMAIN}. 1 IN A {shard.host}"]


def _knot(processes, lines=()):
    need("knotd")
    return processes.add(Knot(processes.directory, lines).start())


def _relay(processes, server):
    return processes.add(DnsRelay(server.address).start())


def _happened(router, event):
    """Its lines in the log so far."""
    lines = [line for line in router.process.text().splitlines() if f'"{event}"' in line]
    return [json.loads(line) for line in lines]


def _wait_for(router, event, count=1):
    eventually(lambda: len(_happened(router, event)) >= count, f"{count} {event} in the log", 60)


def _wait_up(router, *names):
    """Until exactly these shards are up."""
    def up():
        lines = router.admin("/metrics")[1].splitlines()
        return {line.split('shard="')[1].split('"')[0] for line in lines
                if line.startswith(UP + "{") and 'state="up"' in line and line.endswith(" 1")}

    eventually(lambda: up() == set(names), f"up: {sorted(names)}", 60)


def _wait_asked(relay, more, kind="SRV", name=None):
    """So many more questions: what the server says now has been heard."""
    target = relay.questions(kind, name) + more
    eventually(lambda: relay.questions(kind, name) >= target, f"{more} more questions", 60)


def _total_moved(router):
    return router.metric("room_router_rooms_moved_total")


def _hold(router, time):
    router.config["shards"]["discovery"]["obsolete"] = time
    router.write()
    router.reload()


def _of(homes, *shards):
    return {room for room, shard in homes.items() if shard in shards}


def _differs(before, after):
    assert before.keys() == after.keys()
    return {room for room in before if before[room] != after[room]}


class Sessions:
    """An open websocket and a BOSH session for each of some rooms."""

    def __init__(self, router, rooms):
        self.sockets, self.polls = {}, {}
        for room in rooms:
            self.sockets[room] = socket = RawClient(router.port)
            assert socket.request(upgrade(f"/xmpp-websocket?room={room}")).status == 101
            self.polls[room] = RawClient(router.port)

    def served_by(self):
        """Room → what the shard that answers its BOSH requests says."""
        answers = {room: client.request(get(f"/http-bind?room={room}"))
                   for room, client in self.polls.items()}
        assert {answer.status for answer in answers.values()} <= {200}
        return {room: answer.body.decode() for room, answer in answers.items()}

    def ended(self):
        """Rooms whose websocket no longer echoes."""
        return {room for room, client in self.sockets.items() if not self._echoes(client)}

    @staticmethod
    def _echoes(client):
        client.send(b"ping")
        try:
            return client.read(4) == b"ping"
        except (AssertionError, OSError):
            return False

    def stop(self):
        for client in [*self.sockets.values(), *self.polls.values()]:
            client.close()


def test_what_dns_does_to_shards_and_the_rooms_that_move(processes):
    shards = [_shard(processes, number) for number in range(5)]
    knot = _knot(processes, records(shards[:4]))
    relay = _relay(processes, knot)
    router = processes.router(config=_config(relay, obsolete="1h"))
    _wait_up(router, "shard-0", "shard-1", "shard-2", "shard-3")
    before = ask(router, ROOMS)
    assert set(before.values()) == {"shard-0", "shard-1", "shard-2", "shard-3"}
    assert table(router) == before
    sessions = processes.add(Sessions(router, ROOMS[:40]))
    assert sessions.served_by() == {room: before[room] for room in ROOMS[:40]}

    # Another order each time.
    _wait_asked(relay, 20)
    assert len(relay.orders) > 1, "Knot does not rotate its answers"
    assert ask(router, ROOMS) == before and not sessions.ended()

    # One more shard.
    knot.change(added=_srv(shards[4]))
    _wait_up(router, *(shard.name for shard in shards))
    fresh = ask(router, [f"fresh{number}" for number in range(100)])
    assert _of(fresh, "shard-4")
    assert ask(router, ROOMS) == before

    # Another address for the same name.
    moved = _shard(processes, 10, "shard-0", answer=identified("shard-0 there"))
    knot.change(removed=_srv(shards[0]), added=_srv(moved))
    eventually(lambda: len(_happened(router, "endpoint_removed")) == 1, "the old address is gone", 60)
    assert ask(router, ROOMS) == before
    assert sessions.served_by() == {
        room: "shard-0 there" if before[room] == "shard-0" else before[room] for room in ROOMS[:40]}
    assert not sessions.ended(), "websockets stay where they are"
    assert _total_moved(router) == 0

    # One shard less.
    homes = {**before, **fresh}
    knot.change(removed=_srv(shards[1]))
    _wait_for(router, "target_obsolete")
    _wait_asked(relay, 5)
    assert ask(router, homes) == homes and not sessions.ended()
    _hold(router, "1s")
    _wait_for(router, "shard_removed")
    _wait_up(router, "shard-0", "shard-2", "shard-3", "shard-4")
    after = ask(router, homes)
    lost = _of(homes, "shard-1")
    assert _differs(homes, after) == lost and lost
    assert not _of(after, "shard-1") and table(router) == after
    assert _total_moved(router) == len(lost)
    assert sessions.ended() == lost & set(ROOMS[:40])
    assert ask(router, homes) == after and _total_moved(router) == len(lost), "each moves once"


def test_an_address_that_changes_hands(processes):
    """The pod of one shard is gone, and the pod of another one gets its address."""
    shards = [_shard(processes, number) for number in range(3)]
    knot = _knot(processes, records(shards))
    router = processes.router(config=_config(knot, obsolete="1h"))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    before = ask(router, ROOMS)
    heir = records([shards[0]])[0].replace("shard-0", "shard-1"), records(shards[:1])[1].replace(
        "shard-0", "shard-1")
    shards[0].answer = identified("shard-1 there")
    knot.set([*heir, *records(shards[2:])])
    eventually(lambda: len(_happened(router, "endpoint_removed")) == 2, "both old ones are gone", 60)

    def said(shard):
        room = min(_of(before, shard))
        return fetch(router.port, f"/http-bind?room={room}")

    eventually(lambda: said("shard-1").body == b"shard-1 there", "served from its new address", 60)
    assert said("shard-0").status == 503 and said("shard-2").body == b"shard-2"
    back = _shard(processes, 10, "shard-0")
    knot.set([*heir, *records([back, shards[2]])])
    eventually(lambda: said("shard-0").status == 200, "found again", 60)
    assert ask(router, ROOMS) == before and _total_moved(router) == 0


def _dead(knot):
    knot.process.kill()


@pytest.mark.parametrize("breaks, repair", [(Knot.fail, Knot.recover), (Knot.refuse, Knot.recover),
                                            (_dead, Knot.start)], ids=["servfail", "refused", "dead"])
def test_failures_keep_the_last_answer(processes, breaks, repair):
    shards = [_shard(processes, number) for number in range(3)]
    knot = _knot(processes, records(shards))
    relay = _relay(processes, knot)
    # A dead server's port refuses, a relay before it would be silent.
    server = knot if breaks is _dead else relay
    router = processes.router(config=_config(server, obsolete="200ms"))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    before = ask(router, ROOMS)
    sessions = processes.add(Sessions(router, ROOMS[:20]))
    breaks(knot)
    _wait_for(router, "lookup_failed")
    throughout(lambda: ask(router, ROOMS) == before, "rooms stay", 1)
    repair(knot)
    _wait_for(router, "lookup_recovered")
    assert relay.payloads <= {1232}, "long answers by UDP are given up"
    assert ask(router, ROOMS) == before and not sessions.ended()
    assert _total_moved(router) == 0 and not _happened(router, "target_obsolete")


def test_answers_that_come_late_are_used(processes):
    shards = [_shard(processes, number) for number in range(3)]
    knot = _knot(processes, records(shards[:2]))
    relay = _relay(processes, knot)
    router = processes.router(config=_config(relay, obsolete="200ms"))
    _wait_up(router, "shard-0", "shard-1")
    before = ask(router, ROOMS)
    relay.delay = 1.3  # the first try has been given up by then
    _wait_asked(relay, 2)
    knot.set(records(shards))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    assert ask(router, ROOMS) == before and _total_moved(router) == 0
    assert not _happened(router, "lookup_failed")


@pytest.mark.parametrize("left", [[], [f"{SRV_NAME}. 1 IN TXT nothing"]], ids=["nxdomain", "empty"])
def test_nothing_left_then_all_back(processes, left):
    shards = [_shard(processes, number) for number in range(3)]
    knot = _knot(processes, records(shards))
    relay = _relay(processes, knot)
    router = processes.router(config=_config(relay, obsolete="1h"))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    before = ask(router, ROOMS)
    sessions = processes.add(Sessions(router, ROOMS[:20]))
    knot.set(left)
    _wait_for(router, "lookup_failed")
    _wait_asked(relay, 2)
    assert ask(router, ROOMS) == before and not sessions.ended()
    _hold(router, "200ms")
    _wait_for(router, "shard_removed", 3)
    answers = [fetch(router.port, f"/http-bind?room={room}") for room in ROOMS[:20]]
    assert {answer.status for answer in answers} == {503}
    assert all(answer.get("retry-after") for answer in answers)
    assert sessions.ended() == set(ROOMS[:20])
    knot.set(records(shards))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    assert ask(router, ROOMS) == before and _total_moved(router) == 0, "rooms wait for their shard"


def test_three_hundred_targets_come_by_tcp(processes):
    everywhere = processes.shard("all", host="0.0.0.0")
    lines = []
    for number in range(300):
        lines += [f"{SRV_NAME}. 1 IN SRV 10 100 {everywhere.port} shard-{number}.{DOMAIN}.",
                  f"shard-{number}.{DOMAIN}. 1 IN A 127.1.{number // 250}.{number % 250 + 1}"]
    knot = _knot(processes, lines)
    relay = _relay(processes, knot)
    router = processes.router(config=_config(relay))
    _wait_up(router, *(f"shard-{number}" for number in range(300)))
    assert relay.truncated and relay.by_tcp and relay.payloads == {1232}
    assert relay.questions("A") + relay.questions("AAAA") == 0, "Knot sends the addresses along"
    before = ask(router, ROOMS)
    knot.kill()
    knot.set_unserved(lines[2:])  # by a new process, to which the old connections mean nothing
    knot.start()
    _wait_for(router, "target_obsolete")
    assert ask(router, ROOMS) == before


def test_addresses_that_do_not_come_along(processes):
    """dnsmasq knows the services, Knot the addresses of their targets."""
    need("dnsmasq")
    shards = [_shard(processes, number) for number in range(3)]
    lines = records(shards)
    knot = _knot(processes, lines[3:])
    relay = _relay(processes, knot)
    dnsmasq = processes.add(Dnsmasq(processes.directory, lines[:3],
                                    upstream={DOMAIN: relay.address}).start())
    outer = _relay(processes, dnsmasq)
    router = processes.router(config=_config(outer, obsolete="200ms"))
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    before = ask(router, ROOMS)
    assert outer.sparse, "dnsmasq had no reason to be asked for addresses"
    assert all(relay.questions(kind, f"{shard.name}.{DOMAIN}") for shard in shards
               for kind in ("A", "AAAA"))
    moved = _shard(processes, 10, "shard-0", answer=identified("shard-0 there"), port=shards[0].port)
    knot.set([*lines[4:], _srv(moved)[1]])
    eventually(lambda: _happened(router, "endpoint_removed"), "the old address is gone", 60)
    knot.fail()  # dnsmasq still has the services, but nobody has addresses
    _wait_asked(outer, 3)
    throughout(lambda: ask(router, ROOMS) == before, "rooms stay", 0.5)
    room = min(_of(before, "shard-0"))
    assert fetch(router.port, f"/http-bind?room={room}").body == b"shard-0 there"
    assert _total_moved(router) == 0


def test_hosts_of_dnsmasq(processes):
    """A service and addresses from a hosts file that changes; their TTL is 0."""
    need("dnsmasq")
    shards = [_shard(processes, number) for number in range(2)]
    hosts = {f"{shard.name}.{DOMAIN}": shard.host for shard in shards}
    dnsmasq = processes.add(Dnsmasq(processes.directory, records(shards)[:2], hosts).start())
    config = _config(dnsmasq)
    config["shards"]["discovery"]["resolvers"].insert(0, f"127.0.0.1:{free_port()}")  # a dead one
    router = processes.router(config=config)
    _wait_up(router, "shard-0", "shard-1")
    before = ask(router, ROOMS)
    moved = _shard(processes, 10, "shard-0", answer=identified("shard-0 there"), port=shards[0].port)
    dnsmasq.set_hosts({**hosts, f"shard-0.{DOMAIN}": moved.host})
    room = min(_of(before, "shard-0"))
    eventually(lambda: fetch(router.port, f"/http-bind?room={room}").body == b"shard-0 there",
               "served from the new address", 60)
    assert ask(router, ROOMS) == before and _total_moved(router) == 0


def test_both_families_when_not_all_addresses_fit(processes):
    """Knot leaves out what exceeds 1,232 bytes, other addresses each time."""
    if not pathlib.Path("/proc/net/if_inet6").read_text():
        pytest.skip("no IPv6 here")
    everywhere = processes.shard("all", host="127.0.0.1")
    sixth = processes.shard("all", host="::1", port=everywhere.port)
    lines = []
    for number in range(20):
        lines += [f"{SRV_NAME}. 1 IN SRV 10 100 {everywhere.port} shard-{number}.{DOMAIN}.",
                  f"shard-{number}.{DOMAIN}. 1 IN A 127.0.0.1", f"shard-{number}.{DOMAIN}. 1 IN AAAA ::1"]
    knot = _knot(processes, lines)
    relay = _relay(processes, knot)
    router = processes.router(config=_config(relay))
    eventually(lambda: len(_happened(router, "endpoint_added")) == 40, "20 shards, 40 endpoints", 60)
    _wait_asked(relay, 10)
    assert not _happened(router, "endpoint_removed")
    eventually(lambda: sixth.connections, "checked over IPv6")
    without = [line for line in lines if not (line.startswith("shard-0.") and "AAAA" in line)]
    knot.set(without)
    eventually(lambda: len(_happened(router, "endpoint_removed")) == 1, "one address is gone", 60)


def test_services_priorities_weights_and_names(processes):
    other = "_http._tcp.more.jitsi.test"
    pods = [_shard(processes, number, f"shard-{number // 2}-web-{number % 2}") for number in range(6)]

    def lines(priorities, weights):
        """The first endpoints of the shards come by one service, the second ones by the other."""
        return [line for number, pod in enumerate(pods)
                for line in _srv(pod, priorities[number // 2], weights[number // 2],
                                 other if number % 2 else SRV_NAME)]

    knot = _knot(processes, lines([10, 10, 10], [10, 30, 60]))
    config = _config(knot, (SRV_NAME, other), HASTY)
    config["shards"]["name"] = {"pattern": r"^(shard-\d+)-", "replace": "$1"}
    router = processes.router(config=config)
    _wait_up(router, "shard-0", "shard-1", "shard-2")

    def weights():
        return [router.metric("room_router_shard_weight", shard=f"shard-{n}") for n in range(3)]

    # New rooms by weight, each endpoint of a shard with its part.
    assert weights() == [10, 30, 60]
    before = ask(router, [f"weighed{number}" for number in range(3000)])
    shares = [len(_of(before, f"shard-{number}")) for number in range(3)]
    for share, expected in zip(shares, (300, 900, 1800)):
        assert abs(share - expected) < 5 * expected ** 0.5, shares
    for room in list(before)[:3]:
        assert f"shard:     {before[room]}\n" in router.located("--admin", str(router.socket_path), room)
    for room in list(before)[:300]:
        assert fetch(router.port, f"/http-bind?room={room}").status == 200
    assert all(pod.seen() for pod in pods), [len(pod.seen()) for pod in pods]

    # Weight 0 beside others: no new rooms. Weight 0 for all: no difference.
    knot.set(lines([10, 10, 10], [0, 30, 60]))
    eventually(lambda: weights() == [0, 30, 60], "the new weights", 60)
    assert set(ask(router, [f"none{number}" for number in range(200)]).values()) == {"shard-1", "shard-2"}
    knot.set(lines([10, 10, 10], [0, 0, 0]))
    eventually(lambda: weights() == [100, 100, 100], "equal weights", 60)
    assert set(ask(router, [f"equal{number}" for number in range(200)]).values()) == {
        "shard-0", "shard-1", "shard-2"}

    # A preferred shard gets all new rooms while it can; then the others do.
    knot.set(lines([10, 20, 20], [0, 0, 0]))
    tried = itertools.count()
    eventually(lambda: set(ask(router, [f"best{next(tried)}" for _ in range(50)]).values())
               == {"shard-0"}, "the priority counts", 60)
    assert set(ask(router, [f"first{number}" for number in range(200)]).values()) == {"shard-0"}
    assert ask(router, before) == before and _total_moved(router) == 0
    homes = table(router)
    for pod in pods[:2]:
        pod.stop()
    eventually(lambda: router.metric(UP, shard="shard-0", state="down") == 1, "shard-0 is down", 60)
    lost = _of(homes, "shard-0")
    after = ask(router, homes)
    assert _differs(homes, after) == lost
    assert {after[room] for room in lost} == {"shard-1", "shard-2"}
    assert _total_moved(router) == len(lost)
    for pod in pods[:2]:
        pod.start()
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    assert ask(router, homes) == after, "a shard that returns pulls nothing back"
    assert set(ask(router, [f"last{number}" for number in range(50)]).values()) == {"shard-0"}


def test_lifetimes_are_clamped(processes):
    """TTL 0 is no reason to ask without pause, a TTL of a day none to stop asking."""
    shards = [_shard(processes, number) for number in range(2)]
    daily = "_http._tcp.daily.jitsi.test"
    lines = [line.replace(" 1 IN ", " 0 IN ") for line in _srv(shards[0])]
    lines += [line.replace(" 1 IN ", " 86400 IN ") for line in _srv(shards[1], name=daily)]
    relay = _relay(processes, _knot(processes, lines))
    config = _config(relay, (SRV_NAME, daily), refresh={"min": "100ms", "max": "400ms"})
    router = processes.router(config=config)
    _wait_asked(relay, 5, name=daily)
    begun = relay.questions("SRV", SRV_NAME)
    _wait_asked(relay, 4, name=daily)  # 1.2 s at least; the other at most eleven times a second
    assert 4 < relay.questions("SRV", SRV_NAME) - begun < 60
    _wait_up(router, "shard-0", "shard-1")


def test_starts_without_dns_and_asks_when_a_shard_refuses(processes):
    shards = [_shard(processes, number) for number in range(3)]
    knot = processes.add(Knot(processes.directory,
                              [line.replace(" 1 IN ", " 86400 IN ") for line in records(shards)]))
    config = _config(knot, health={**PATIENT, "fall": 5}, refresh={"min": "100ms", "max": "1h"})
    router = processes.router(config=config, wait_ready=False)
    _wait_for(router, "lookup_failed")
    refused = fetch(router.port, "/http-bind?room=early")
    assert router.ready() == 503 and refused.status == 503 and refused.get("retry-after")
    need("knotd")
    knot.start()
    router.wait_ready(60)
    _wait_up(router, "shard-0", "shard-1", "shard-2")
    before = ask(router, ROOMS)
    # Nothing is asked for an hour now, but for this: checks or requests are refused.
    moved = _shard(processes, 10, "shard-0", answer=identified("shard-0 there"))
    knot.set([line.replace(" 1 IN ", " 86400 IN ") for line in records([moved, *shards[1:]])])
    shards[0].stop()
    eventually(lambda: moved.connections, "the new address is found without any request", 60)
    room = min(_of(before, "shard-0"))
    eventually(lambda: fetch(router.port, f"/http-bind?room={room}").body == b"shard-0 there",
               "served from the new address", 60)
    assert ask(router, ROOMS) == before and _total_moved(router) == 0


def test_names_are_completed_as_resolv_conf_says(processes):
    if why := obstacle():
        pytest.skip(why)
    network = processes.add(Network(1).start())
    machine = network.machines[0]
    shard = processes.shard(host=network.here)
    need("knotd")
    knot = processes.add(Knot(processes.directory, records([shard]), machine).start())
    resolv_conf = processes.directory / "resolv.conf"
    machine.resolv_conf = resolv_conf
    config = _config(knot, ["_http._tcp.web"])
    del config["shards"]["discovery"]["resolvers"]
    resolv_conf.write_text(f"nameserver {knot.host}\nsearch elsewhere.test\n")
    router = processes.add(Router(processes.binary, processes.directory, config=config, machine=machine))
    router.start(wait_ready=False)
    for number, options in enumerate(("", "options ndots:5\n")):
        _wait_for(router, "lookup_failed", number + 1)
        resolv_conf.write_text(f"nameserver {knot.host}\nsearch nowhere.{DOMAIN} jitsi.test\n{options}")
        router.reload()
        _wait_for(router, "lookup_recovered", number + 1)
        _wait_up(router, "shard-0")
        with RawClient(router.port, router.host) as client:
            assert client.request(get("/http-bind?room=r")).status == 200
        resolv_conf.write_text(f"nameserver {knot.host}\nsearch elsewhere.test\n")
        router.reload()
