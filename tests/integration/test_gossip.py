# SPDX-License-Identifier: Apache-2.0
"""The port for other replicas, and what a replica does before and after it knows them."""
import random
import socket
import ssl
import subprocess
import threading

import pytest

from harness.client import SWITCHING, RawClient, fetch, upgrade
from harness.cluster import KEY, Cluster, known, peers, table
from harness.pipeline import ask
from harness.dns import ScriptedDns
from harness.ports import free_port
from harness.router import merged
from harness.waiting import eventually, throughout

OTHER_KEY = "0f" * 32
QUICK = {"peers": {"sync_timeout": "1s"}}
SHARED = [f"shared{number}" for number in range(50)]


def _links(count=2):
    return [f"127.0.0.1:{free_port()}" for _ in range(count)]


def _replica(processes, name, listen, others, key=KEY, config=None):
    """One that lists `others`; placing by rotation, it would not find a shared room by chance."""
    section = peers(listen, others, processes.directory / name, key)
    base = {"peers": section, "placement": {"algorithm": "round-robin"}}
    return processes.unstarted_router(processes.shard_list, merged(base, config or {}), name)


@pytest.fixture(autouse=True)
def shard_list(processes):
    processes.shard_list = processes.shards()


@pytest.fixture
def pair(processes):
    return Cluster(processes, 2, processes.shard_list,
                   {"placement": {"algorithm": "round-robin"}}).start()


def _share_rooms(one, other, rooms=SHARED):
    """Whether what one places is what the other then says."""
    placed = ask(one, rooms)
    return eventually(lambda: placed.items() <= table(other).items(), "the rooms are known")


def _ended(router, reason):
    return router.metric("room_router_replica_links_ended_total", reason=reason)


def _why_not_ready(router):
    status, text = router.admin("/readyz")
    return text if status == 503 else None


# -- the port

def _port(cluster, number=0):
    return int(cluster.links[number].rpartition(":")[2])


def _stranger(port):
    """Its own address: what it uses up is not the replicas'."""
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=("127.0.0.9", 0))


def _is_closed(sock):
    try:
        while sock.recv(65536):
            pass
        return True
    except ConnectionResetError:
        return True


CLIENT_HELLO = bytes.fromhex("16030100") + b"\xf0" + b"\x01\x00\x00\xec\x03\x03"
SAID = {
    "a web request": b"GET / HTTP/1.1\r\nHost: meet.test\r\n\r\n",
    "an SSH client": b"SSH-2.0-client\r\n",
    "noise": random.Random(7).randbytes(4000),
    "zeros": bytes(4000),
    "a plain frame": b"\x00\x00\x00\x10" + bytes(16),
    "an endless frame": b"\x7f\xff\xff\xff" + bytes(4000),
    "half a ClientHello, then the end": CLIENT_HELLO,
}


@pytest.mark.parametrize("what", SAID)
def test_strangers_are_cut_off_and_harm_nobody(pair, what):
    one, other = pair.replicas
    with _stranger(_port(pair)) as sock:
        try:
            sock.sendall(SAID[what])
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # cut off while it was speaking
        assert _is_closed(sock)
    assert one.ready() == 200
    assert _share_rooms(one, other)
    eventually(lambda: known(other).get(one.name) == "alive", "it is known to be alive")


def test_tls_without_the_key_is_refused(pair):
    one, other = pair.replicas
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with _stranger(_port(pair)) as sock, pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(sock).recv(1)
    eventually(lambda: sum(_ended(one, f"tls-{why}") for why in ("key", "refused", "broken")),
               "the refusal is counted")
    assert _share_rooms(other, one)


@pytest.mark.parametrize("said", [b"", CLIENT_HELLO], ids=["silence", "a slow ClientHello"])
def test_who_takes_too_long_is_cut_off(pair, said):
    one, other = pair.replicas
    with _stranger(_port(pair)) as sock:
        sock.settimeout(0.3)
        pieces = iter(said)

        def cut_off():
            piece = next(pieces, None)
            try:
                if piece is not None:
                    sock.sendall(bytes([piece]))
                return sock.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        eventually(cut_off, "the connection is closed", 40)
    eventually(lambda: _ended(one, "slow"), "counted as slow")
    assert _share_rooms(one, other)


def test_a_crowd_of_strangers_keeps_no_replica_out(processes):
    first, second = _links()
    old = _replica(processes, "old", first, [first]).start()
    placed = ask(old, SHARED)
    port = int(first.rpartition(":")[2])
    crowd = [_stranger(port) for _ in range(200)]
    try:
        eventually(lambda: _ended(old, "too-many-from-ip") >= 100, "most are turned away")
        fresh = _replica(processes, "fresh", second, [first]).start()
        assert table(fresh) == placed
    finally:
        for sock in crowd:
            sock.close()


@pytest.mark.parametrize("change, reason", [
    ({"key": OTHER_KEY}, "tls-key"),
    ({"config": {"peers": {"cluster": "another"}}}, None),
], ids=["another key", "another cluster"])
def test_others_than_ours_share_nothing(processes, change, reason):
    links = _links(3)
    ours = [_replica(processes, f"ours-{n}", links[n], links, config=QUICK) for n in range(2)]
    alien = dict(change, config=merged(QUICK, change.get("config", {})))
    stranger = _replica(processes, "alien", links[2], links, **alien)
    for router in [*ours, stranger]:
        router.process.start()
    for router in [*ours, stranger]:
        router.wait_ready()
    assert _share_rooms(*ours)
    ask(stranger, ["alien1", "alien2"])
    throughout(lambda: set(table(stranger)) == {"alien1", "alien2"}, "nothing comes over", 0.5)
    assert set(table(ours[0])) == set(table(ours[1])) == set(SHARED)
    assert "ours-0" not in known(stranger) and "alien" not in known(ours[0])
    if reason:
        assert _ended(ours[0], reason) + _ended(ours[1], reason) > 0


def test_plain_gossip_must_be_asked_for(processes):
    first, second = _links()
    bare = {"listen": first, "discovery": {"static": [second]}}
    refused = processes.unstarted_router(processes.shard_list, {"peers": bare}, "refused")
    done = subprocess.run([processes.binary, "check", "-c", refused.path], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=20)
    assert done.returncode != 0 and "peers.tls" in done.stdout + done.stderr
    assert "insecure: true" in done.stdout + done.stderr
    plain = [processes.router(processes.shard_list, {"peers": {
        "listen": listen, "discovery": {"static": [first, second]}, "insecure": True,
        "sync_timeout": "1s"}}, f"plain-{listen[-5:]}") for listen in (first, second)]
    assert _share_rooms(*plain)


def test_plain_and_protected_do_not_mix(processes):
    first, second = _links()
    plain = processes.unstarted_router(processes.shard_list, merged(QUICK, {"peers": {
        "listen": first, "discovery": {"static": [second]}, "insecure": True}}), "plain")
    guarded = _replica(processes, "guarded", second, [first], config=QUICK)
    plain.process.start()
    guarded.process.start()
    plain.wait_ready()
    guarded.wait_ready()
    ask(plain, SHARED)
    eventually(lambda: _ended(guarded, "not-tls") + _ended(guarded, "tls-broken") > 0, "noticed")
    assert table(guarded) == {}


# -- the start

class Mute:
    """Takes connections and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def stop(self):
        self.listener.close()


WAITS = "waiting for the table of the other replicas"


def _waits_but_not_for_ever(router):
    router.config["peers"]["sync_timeout"] = "1h"
    router.write()
    router.start(wait_ready=False)
    eventually(lambda: WAITS in (_why_not_ready(router) or ""), "it waits")
    router.stop()
    router.config["peers"]["sync_timeout"] = "500ms"
    router.write()
    router.start()
    assert router.metric("room_router_replica_synced") == 1
    assert None not in ask(router, SHARED).values()


@pytest.mark.parametrize("who", ["nobody", "mute"])
def test_unreachable_replicas_are_not_waited_for_for_ever(processes, who):
    there = _links(1)[0] if who == "nobody" else processes.add(Mute()).address
    _waits_but_not_for_ever(_replica(processes, "router", _links(1)[0], [there]))


def _by_dns(processes, mode):
    names = processes.add(ScriptedDns(mode=mode).start())
    return _replica(processes, "router", _links(1)[0], [], config={
        "shards": {"discovery": {"resolvers": [names.address]}},
        "peers": {"discovery": {"srv": ["_gossip._tcp.replicas.test"]}}})


@pytest.mark.parametrize("mode", ["silent", "servfail", "garbage"])
def test_dead_dns_is_not_waited_for_for_ever(processes, mode):
    _waits_but_not_for_ever(_by_dns(processes, mode))


@pytest.mark.parametrize("mode", ["nxdomain", "empty"])
def test_who_finds_nobody_in_dns_is_alone(processes, mode):
    router = _by_dns(processes, mode).start(deadline=20)
    assert router.metric("room_router_replicas", state="alive") == 1


def test_where_a_room_is_stays_unsaid_until_synced(processes):
    """Without the others' table its word could be wrong, and clients would hold on to it."""
    mute = processes.add(Mute())
    first, second = _links()
    router = _replica(processes, "router", first, [mute.address, second],
                      config={"peers": {"sync_timeout": "1h"}})
    router.start(wait_ready=False)
    eventually(lambda: WAITS in (_why_not_ready(router) or ""), "it waits")
    eventually(lambda: fetch(router.port, "/http-bind?room=early").status == 200, "it serves")
    assert fetch(router.port, "/http-bind?room=early").get("x-jitsi-shard") is None
    assert ask(router, ["early"]) == {"early": None}
    other = _replica(processes, "other", second, [second]).start()
    placed = ask(other, SHARED)
    router.wait_ready(60)
    assert placed.items() <= table(router).items()
    answer = fetch(router.port, "/http-bind?room=early")
    assert answer.get("x-jitsi-shard") == table(other)["early"]


def test_a_fresh_replica_is_ready_only_with_the_table(processes):
    first, second = _links()
    old = _replica(processes, "old", first, [first]).start()
    placed = ask(old, [f"room{number}" for number in range(5000)])
    fresh = _replica(processes, "fresh", second, [first, second]).start()
    assert table(fresh) == placed


def test_a_replica_knows_itself_in_the_list(processes):
    """One configuration for all; alone in the list it waits for nobody."""
    link = _links(1)[0]
    port = link.rpartition(":")[2]
    alone = _replica(processes, "alone", link, [link, f"localhost:{port}"],
                     config={"peers": {"sync_timeout": "1h"}}).start()
    assert alone.metric("room_router_replica_synced") == 1
    assert alone.metric("room_router_replicas", state="alive") == 1
    assert alone.metric("room_router_replica_links") == 0
    assert known(alone) == {}


def test_two_replicas_of_one_name_do_not_stop_each_other(processes):
    links = _links()
    twins = [_replica(processes, name, listen, links, config=QUICK)
             for name, listen in zip(("twin-a", "twin-b"), links)]
    for router in twins:
        router.config["node"]["name"] = "twin"
        router.write()
        router.process.start()
    for router in twins:
        router.wait_ready()
        assert ask(router, SHARED)


# -- the end

def _states(router, peer):
    """What the log said of a replica, in order."""
    return [line.split('"state":"')[1].split('"')[0] for line in router.process.text().splitlines()
            if '"replica_state"' in line and f'"peer":"{peer}"' in line]


def test_goodbye_needs_no_failure_detection(pair):
    one, other = pair.replicas
    assert _share_rooms(one, other)
    before = table(other)
    one.drain()
    assert one.process.wait(20) == 0
    eventually(lambda: _states(other, one.name)[-1:] == ["left"], "it is known to have left")
    assert "dead" not in _states(other, one.name)
    assert table(other) == before and other.ready() == 200


def test_who_dies_is_given_up_and_its_rooms_stay(pair):
    one, other = pair.replicas
    assert _share_rooms(one, other)
    before = table(other)
    one.kill()
    eventually(lambda: _states(other, one.name)[-1:] == ["dead"], "it is known to be dead", 60)
    assert table(other) == before and other.ready() == 200
    one.start()
    eventually(lambda: _states(other, one.name)[-1:] == ["alive"], "it is back")
    assert table(one) == before


# -- keys

def _set_keys(router, *keys):
    path = router.directory / "peers.key"
    path.write_text("# rotated\n" + "\n".join(keys) + "\n")
    reloads = router.process.text().count('"event":"reloaded"')
    router.reload()
    eventually(lambda: router.process.text().count('"event":"reloaded"') > reloads, "reloaded")


def _comes_in(processes, name, key, there):
    """A replica with this key gets the table."""
    router = _replica(processes, name, _links(1)[0], [there], key).start()
    assert table(router)
    router.stop()


def _is_kept_out(processes, name, key, there, at):
    before = _ended(at, "tls-key")
    router = _replica(processes, name, _links(1)[0], [there], key, QUICK).start()
    eventually(lambda: _ended(at, "tls-key") > before, "its key is refused")
    assert table(router) == {}
    router.stop()


def test_the_key_changes_without_interruption(processes, pair):
    one, other = pair.replicas
    assert _share_rooms(one, other)
    for step, keys in enumerate([(KEY, OTHER_KEY), (OTHER_KEY, KEY), (OTHER_KEY,)]):
        for router in pair.replicas:
            _set_keys(router, *keys)
            assert _share_rooms(one, other, [f"in-step-{step}-{router.name}"])
        _comes_in(processes, f"new-{step}", OTHER_KEY, pair.links[0])
        if KEY in keys:
            _comes_in(processes, f"old-{step}", KEY, pair.links[0])
    _is_kept_out(processes, "old", KEY, pair.links[0], one)
    for here, there in ((one, other), (other, one)):
        assert not {"dead", "left"} & set(_states(here, there.name))
    other.restart()
    assert table(other) == table(one)


def test_a_broken_key_file_changes_nothing(pair):
    one, other = pair.replicas
    (one.directory / "peers.key").write_text("not a key\n")
    one.reload()
    eventually(lambda: '"reload_refused"' in one.process.text(), "refused")
    assert "not a key" not in one.process.text()
    assert _share_rooms(one, other) and _share_rooms(other, one, ["later"])


# -- rooms that two replicas have placed apart

def _answer_upgrades(shards, go_on):
    """Each shard answers an upgrade once it may; returns who was asked and all ends, both growing."""
    asked, ends = [], []

    def handler_of(shard):
        def handler(connection, request):
            if not request.all("upgrade"):
                return shard.answer_framed(connection, request)
            asked.append(shard.name)
            go_on.wait(60)
            ends.append(connection)
            connection.send(SWITCHING)
            connection.take_rest()
        return handler

    for shard in shards:
        shard.handler = handler_of(shard)
    return asked, ends


def _apart(processes, heal):
    """Two replicas that don't know each other; what the second places next is elsewhere."""
    first, second = _links()
    base = {"stick_table": {"heal": heal}}
    early = _replica(processes, "early", first, [first], config=base).start()
    late = _replica(processes, "late", second, [second], config=base).start()
    home = ask(early, ["room"])["room"]
    fillers = (f"filler{number}" for number in range(10))
    while ask(late, [name := next(fillers)])[name] != home:
        pass
    return home, early, late, first


def _introduce(router, link):
    router.config["peers"]["discovery"]["static"].append(link)
    router.write()
    router.reload()


@pytest.mark.parametrize("heal", ["close", "report"])
@pytest.mark.parametrize("open_first", [True, False], ids=["an open one", "one being opened"])
def test_a_websocket_on_the_wrong_shard_is_ended(processes, heal, open_first):
    home, early, late, link = _apart(processes, heal)
    go_on = threading.Event()
    asked, ends = _answer_upgrades(processes.shard_list, go_on)
    with RawClient(late.port) as client:
        client.send(upgrade("/xmpp-websocket?room=room"))
        eventually(lambda: asked, "a shard is asked")
        assert asked != [home]
        if open_first:
            go_on.set()
            assert client.read_head().status == 101
        _introduce(late, link)
        eventually(lambda: table(late)["room"] == home, "the room lives where it was first")
        go_on.set()
        if not open_first:
            assert client.read_head().status == 101
        if heal == "close":
            assert client.at_end()
            eventually(lambda: late.metric("room_router_sessions_moved_total") == 1, "counted")
        else:
            ends[0].send(b"still here")
            assert client.read(10) == b"still here"
    with RawClient(late.port) as client:
        assert client.request(upgrade("/xmpp-websocket?room=room")).status == 101
        assert asked[1:] == [home]
        ends[1].send(b"together")
        assert client.read(8) == b"together"
