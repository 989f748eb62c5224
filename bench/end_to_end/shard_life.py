#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which rooms move, and which are torn apart, when a shard or its DNS falters.

Every proxy runs the same scenarios, each in a fresh deployment: two proxies that share their table,
three XMPP servers found by SRV records, and in every room two websockets that ping and resume as
Jitsi's client does and one BOSH session. While a scenario lasts one more person joins every room and
half as many new rooms are opened. Where people are is what the servers say of their present nicknames.
"""

import argparse
import collections
import pathlib
import random
import re
import signal
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from clients.crowd import Crowd  # noqa: E402
from clients.strophe import StropheClients, need_strophe  # noqa: E402
from clients.xmpp import XmppClients  # noqa: E402
from harness.installed import need  # noqa: E402
from harness.processes import Processes  # noqa: E402
from harness.cluster import Cluster, table  # noqa: E402
from harness.dns import SRV_NAME, ScriptedDns, records  # noqa: E402
from harness.prosody import MUC, ProsodyShard  # noqa: E402
from harness.proxies import Haproxy, PeersSection, homes  # noqa: E402
from harness.waiting import eventually  # noqa: E402

SHARDS = 3
OUTAGE_S, BLINK_S = 20, 5
PING_S = 10
STEADY_S, PATIENCE_S = 10, 400  # over when nothing has changed for so long

# The part that the published Helm charts and manifests of multi-shard Jitsi have in common.
HAPROXY = """global
  stats socket {socket} level admin
  stats timeout 2m
defaults
  mode http
  retries 3
  maxconn 2000
  timeout connect 5s
  timeout client 50s
  timeout server 50s
{timeouts}
resolvers dns
  nameserver dns {dns}
  hold valid 10s
{resolving}
frontend http_in
  bind 127.0.0.1:{port}
  option forwardfor
  option http-keep-alive
  default_backend jitsi-meet
peers mypeers
{peers}
backend jitsi-meet
  balance {balance}
  option forwardfor
  http-reuse safe
{checking}
  http-request set-header Room %[urlp(room)]
  acl room_found urlp(room) -m found
  stick-table type string len 128 size 2k expire 1d peers mypeers {keyed}
  stick on hdr(Room) if room_found
  server-template shard 0-5 {srv} check resolvers dns init-addr none {server}
"""

# What differs. `usual` checks by TCP, as most of those do; `checked` asks the XMPP server and sends a
# request elsewhere when its server refuses; `careful` is the best we found for 2.6.
HAPROXYS = {
    "usual": {"balance": "roundrobin"},
    "checked": {"balance": "roundrobin",
                "checking": "  option httpchk GET /http-bind\n  option redispatch"},
    "careful": {"balance": "hdr(Room)\n  hash-type consistent sdbm avalanche", "keyed": "srvkey addr",
                "checking": "  option httpchk GET /http-bind", "timeouts": "  timeout tunnel 1h",
                "resolving": "  hold obsolete 30s\n  accepted_payload_size 8192",
                "server": "inter 2s fall 60 rise 2 on-marked-down shutdown-sessions"},
}
# With its defaults, which check by TCP too, and with the check of `checked`.
ROUTERS = {"room-router": {}, "room-router-checked": {
    "health": {"checks": [{"type": "http", "url": "http://{address}/http-bind"}]}}}


class TemplateHaproxy(Haproxy):
    def __init__(self, directory, kind, name, section, dns):
        super().__init__(directory, (), name=name, peers=section.ports)
        options = collections.defaultdict(str, HAPROXYS[kind])
        peers = "\n".join(f"  peer {peer} {section.address(peer)}" for peer in section.ports)
        self.config = HAPROXY.format_map(options | {
            "socket": self.socket_path, "dns": dns.address, "port": self.port, "peers": peers,
            "srv": SRV_NAME, **{key: options[key] for key in (
                "timeouts", "resolving", "checking", "keyed", "server")}})

    def restart(self):
        self.kill()
        self.start()

    def shards_up(self):
        return len(re.findall(r"^jitsi-meet,shard\d,.*,UP,", self.command("show stat"), re.M))

    def table(self):
        return homes(self)


def _haproxys(processes, kind, dns):
    section = PeersSection("haproxy-0", "haproxy-1")
    proxies = [TemplateHaproxy(processes.directory, kind, name, section, dns) for name in section.ports]
    for proxy in proxies:
        processes.add(proxy).start()
    return proxies


def _replicas(processes, kind, dns):
    """What the tests' harness hastens is left out."""
    cluster = Cluster(processes, 2, config={"shards": {"discovery": {
        "srv": [SRV_NAME], "resolvers": [dns.address]}}})
    for replica in cluster.replicas:
        del replica.config["shards"]["health"]
        replica.config["shards"].update(ROUTERS[kind])
        replica.table = lambda replica=replica: table(replica)
        replica.shards_up = lambda replica=replica: replica.metric("room_router_shard_state", state="up")
        replica.write()
    return cluster.start().replicas


class Deployment(Crowd):
    def __init__(self, processes, kind, rooms, chance):
        super().__init__([processes.add(ProsodyShard(f"shard-{number}", processes.directory).start())
                          for number in range(SHARDS)])
        self.dns = processes.add(ScriptedDns(records(self.shards[:1])).start())
        start = _replicas if kind in ROUTERS else _haproxys
        self.proxies = start(processes, kind, self.dns)
        for count in range(1, SHARDS + 1):  # shards are added one by one, as a deployment grows
            self.dns.set(records(self.shards[:count]))
            self.wait_shards_up(count, *self.proxies)
        self.xmpp = processes.add(XmppClients(ping=PING_S))
        self.strophe = processes.add(StropheClients(processes.directory, retries=1))
        self.chance, self.rooms = chance, [f"room{number}" for number in range(rooms)]
        self.new_rooms = [f"new{number}" for number in range(rooms // 2)]
        self.closed = None  # new rooms that nobody could open while the scenario lasted

    def wait_shards_up(self, count, *proxies):
        for proxy in proxies:
            eventually(lambda: proxy.shards_up() == count, f"{proxy.name} has {count} shards", 90)

    def fill(self):
        """One after the other, so that nobody is apart from the start."""
        for kind in ("xmpp", "xmpp", "bosh"):
            for room in self.rooms:
                self.join(room, kind, self.chance.sample(self.proxies, 2))
            self.wait_until_all_meet()
            eventually(lambda: self.proxies[0].table() == self.proxies[1].table() and
                       len(self.proxies[0].table()) == len(self.rooms), "equal tables", 60)

    def join(self, room, kind, proxies):
        name = f"o{len(self.occupants)}"
        if kind == "xmpp":
            services = [(proxy.port, f"/xmpp-websocket?room={room}") for proxy in proxies]
            self.occupants.append(self.xmpp.join(name, room, MUC, services))
        else:
            services = [f"http://127.0.0.1:{proxy.port}/http-bind?room={room}" for proxy in proxies]
            self.occupants.append(self.strophe.join(name, room, MUC, services))

    def people_come(self, seconds, first=None):
        """For so long: one to every room and one to open each new one."""
        for room in self.rooms + self.new_rooms:
            proxies = self.chance.sample(self.proxies, 2)
            proxies.sort(key=lambda proxy: proxy is not first)
            self.join(room, "xmpp", proxies)
        time.sleep(seconds)
        self.closed = sum(not o.here for o in self.occupants if o.room in self.new_rooms)

    def settled(self):
        """Where the rooms are when everybody is somewhere and stays there."""
        seen, since, end = None, time.monotonic(), time.monotonic() + PATIENCE_S
        while time.monotonic() - since < STEADY_S:
            if time.monotonic() > end:
                lost = [o.name for o in self.occupants if not o.here]
                raise RuntimeError(f"no rest within {PATIENCE_S} s; {len(lost)} people are nowhere")
            state = self.whereabouts() if all(o.here for o in self.occupants) else None
            if state is None or state != seen or not all(state.values()):
                seen, since = state, time.monotonic()
            time.sleep(0.25)
        return seen, since


# -- scenarios: each changes what is there, and returns the shard whose rooms have to move, if any

def frozen(it):
    shard = it.shards[0]
    shard.process.signal(signal.SIGSTOP)
    time.sleep(OUTAGE_S / 2)
    it.people_come(OUTAGE_S / 2)
    shard.process.signal(signal.SIGCONT)


def restarted(it):
    shard = it.shards[0]
    shard.kill()
    time.sleep(OUTAGE_S / 2)
    it.people_come(OUTAGE_S / 2)
    shard.start()


def killed(it):
    it.shards[0].kill()
    time.sleep(OUTAGE_S / 2)
    it.people_come(OUTAGE_S / 2)
    return it.shards[0]


def shuffled(it):
    it.dns.mode = "shuffle"
    time.sleep(OUTAGE_S / 2)
    it.proxies[0].restart()
    it.wait_shards_up(SHARDS, it.proxies[0])
    eventually(lambda: len(it.proxies[0].table()) == len(it.rooms), "it has learnt the rooms", 60)
    it.people_come(BLINK_S, first=it.proxies[0])


def blinked(it):
    it.dns.set(records(it.shards[1:]))
    time.sleep(BLINK_S)
    it.people_come(BLINK_S)
    it.dns.set(records(it.shards))


SCENARIOS = {
    "frozen": (frozen, f"hiccup: a shard stands still for {OUTAGE_S} s"),
    "restarted": (restarted, f"hiccup: a shard is gone for {OUTAGE_S} s"),
    "killed": (killed, "a shard dies for good"),
    "shuffled": (shuffled, "DNS: answers in changing order, one proxy restarts"),
    "blinked": (blinked, f"DNS: one record is missing for {2 * BLINK_S} s"),
}
Result = collections.namedtuple("Result", "rooms due moved split closed seconds")


def run(kind, scenario, options):
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(options.router, pathlib.Path(folder))
        try:
            it = Deployment(processes, kind, options.rooms, chance)
            it.fill()
            before = it.whereabouts()
            if any(len(shards) != 1 for shards in before.values()):
                raise RuntimeError("rooms were apart before anything happened")
            begun = time.monotonic()
            dead = SCENARIOS[scenario][0](it)
            after, since = it.settled()
        finally:
            processes.close()
    due = [room for room, home in before.items() if dead and home == [dead.name]]
    return Result(rooms=len(before), due=len(due), closed=it.closed, seconds=since - begun,
                  moved=sum(after[room] != shards for room, shards in before.items()),
                  split=sum(len(shards) > 1 for shards in after.values()))


def report(kinds, results):
    """In each cell: rooms moved (of those that had to) / split / new ones shut / calm after."""
    titles = [f"HAProxy, {kind}" if kind in HAPROXYS else
              kind.replace("room-router", "Room Router").replace("-checked", ", checked")
              for kind in kinds]
    lines = [["scenario", "rooms", *titles], ["---"] * (len(titles) + 2)]
    for scenario, row in results.items():
        rooms = next(iter(row.values())).rooms
        lines.append([SCENARIOS[scenario][1], str(rooms), *(_cell(row[kind]) for kind in kinds)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(result):
    due = f" of {result.due}" if result.due else ""
    return f"{result.moved}{due} / {result.split} / {result.closed} / {result.seconds:.0f} s"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--router", type=pathlib.Path, required=True)
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="of " + ", ".join(SCENARIOS))
    parser.add_argument("--proxies", default=",".join([*HAPROXYS, *ROUTERS]))
    options = parser.parse_args()
    options.router = options.router.resolve()
    options.only, options.proxies = options.only.split(","), options.proxies.split(",")
    for name in set(options.only) - set(SCENARIOS) | set(options.proxies) - {*HAPROXYS, *ROUTERS}:
        parser.error(f"{name}: there is no such scenario or proxy")
    return options


def main():
    options = parse()
    try:
        for tool in ("prosody", "haproxy"):
            need(tool)
        need_strophe()
    except pytest.skip.Exception as lacking:
        sys.exit(f"bench/run: {lacking}")
    results = collections.defaultdict(dict)
    for scenario in options.only:
        for kind in options.proxies:
            results[scenario][kind] = run(kind, scenario, options)
            print(f"{scenario}, {kind}: {results[scenario][kind]}", file=sys.stderr, flush=True)
    print(report(options.proxies, results))


if __name__ == "__main__":
    main()
