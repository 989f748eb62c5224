# SPDX-License-Identifier: Apache-2.0
"""Bridge channels: `/colibri-ws/<bridge>/…` reaches the discovered bridge of that id, or nobody.

Bridges, and canaries that nobody may ever connect to, listen on one port of different loopback
addresses: a router that made an address of what stands in a path would find a canary there.
"""
import threading

import pytest

from harness.client import SWITCHING, WEBSOCKET_FIELDS, RawClient, get, upgrade
from harness.dns import ScriptedDns, records
from harness.ports import free_port
from harness.shard import RecordingShard
from harness.waiting import eventually

SERVICE = "_colibri._tcp.jvb.jitsi.test"
SECRET = "s3cretIcePwd"
CANARY = "127.0.1.9"


def target(bridge, rest=f"1a2b/3c4d?pwd={SECRET}"):
    return f"/colibri-ws/{bridge}/{rest}"


def echoing(name):
    """Accepts every channel, says who it is, and returns what it is sent."""
    def handler(connection, _request):
        connection.send(SWITCHING + name.encode() + b"\n")
        while data := connection.take(len(connection.pending) or (1 if connection.fill() else 0)):
            connection.send(data)
    return handler


class Bridges:
    """Bridges and canaries on one port, and the DNS that knows the former."""

    def __init__(self, processes):
        self.processes, self.port = processes, free_port()
        self.dns = processes.add(ScriptedDns().start())
        self.canaries = [self._listen("canary", CANARY)]
        try:
            self.canaries.append(self._listen("canary", "::1"))
        except OSError:
            pass  # a machine without IPv6

    def _listen(self, name, host):
        listener = RecordingShard(name, host, self.port)
        listener.handler = echoing(name)
        return self.processes.add(listener.start())

    def bridge(self, name, host):
        return self._listen(name, host)

    def tell(self, *bridges):
        self.dns.set(records(bridges, service=SERVICE))

    def config(self, **change):
        return {"bridges": {"enabled": True, "srv": [SERVICE], **change},
                "shards": {"discovery": {"resolvers": [self.dns.address], "obsolete": "2s",
                                         "refresh": {"min": "100ms", "max": "300ms"}}}}

    def canaries_are_alone(self):
        return not any(canary.connections for canary in self.canaries)


def who(router, bridge):
    """The name of the bridge behind an id, or the status of the refusal."""
    with RawClient(router.port) as client:
        response = client.request(upgrade(target(bridge)))
        return client.read_until(b"\n").decode().strip() if response.status == 101 else response.status


def becomes(router, bridge, answer):
    eventually(lambda: who(router, bridge) == answer, f"{bridge} is {answer}", 40)


@pytest.fixture(scope="module")
def site(module_processes):
    site = Bridges(module_processes)
    site.shard = module_processes.shard()
    site.jvbs = [site.bridge("jvb-0", "127.0.1.1"), site.bridge("jvb-1", "127.0.1.2")]
    site.tell(*site.jvbs)
    site.router = module_processes.router([site.shard], site.config())
    becomes(site.router, "jvb-1", "jvb-1")
    return site


@pytest.fixture
def changing(processes):
    return Bridges(processes)


@pytest.mark.parametrize("bridge, name", [("jvb-0", "jvb-0"), ("jvb-1", "jvb-1"),
                                          ("127.0.1.1", "jvb-0"), ("127.0.1.2", "jvb-1")])
def test_the_id_names_the_bridge(site, bridge, name):
    assert who(site.router, bridge) == name


def test_bytes_flow_both_ways(site):
    with RawClient(site.router.port) as client:
        assert client.request(upgrade(target("jvb-0"))).status == 101
        assert client.read_until(b"\n") == b"jvb-0\n"
        for data in (b"\x81\x05hello", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 400):
            client.send(data)
            assert client.read(len(data)) == data


def test_what_the_bridge_and_the_client_see(site):
    jvb = site.jvbs[0]
    since = jvb.mark()
    with RawClient(site.router.port) as client:
        fields = WEBSOCKET_FIELDS.replace("xmpp", "http://jitsi.org/protocols/colibri")
        response = client.request(get(target("jvb-0"), fields=fields + "Room: evil\r\n"))
        assert response.status == 101
        assert response.get("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert not [name for name, _ in response.fields if name.startswith("x-jitsi")]
    request = jvb.seen(since)[0]
    assert request.line == f"GET {target('jvb-0')} HTTP/1.1"
    assert request.one("upgrade").lower() == "websocket"
    assert request.one("sec-websocket-protocol") == "http://jitsi.org/protocols/colibri"
    assert request.one("x-forwarded-for") == "127.0.0.1"
    assert request.all("room") == []


IDS = ["jvb-9", "jvb", "jvb-", "jvb-00", "jvb-0.", "JVB-0", "Jvb-0", ".jvb-0", "jvb-0.jvb.jitsi.test",
       "localhost", "127.0.1", "127.0.1.", "127.0.1.10", "127.0.1.01", "127.0.1.1.", "127.1.1",
       "2130706689", "0x7f000101", "0177.0.1.1", CANARY, "127.0.1.09", "2130706697", "0x7f000109",
       "0x7f.0x0.0x1.0x9", "0177.0.01.011", "127.265", "169.254.169.254", "shard-0", "canary", "..."]


@pytest.mark.parametrize("bridge", IDS)
def test_ids_that_no_bridge_has(site, bridge):
    assert who(site.router, bridge) == 404
    assert site.canaries_are_alone()


PORT = b":9090"
HOST = CANARY.encode()
SHAPES = [
    # dots and slashes
    b"/colibri-ws/../1a/2b?pwd=x", b"/colibri-ws/./1a/2b?pwd=x", b"/colibri-ws/jvb-0/../2b?pwd=x",
    b"/colibri-ws//" + HOST + b"/1a/2b?pwd=x", b"//colibri-ws/" + HOST + b"/1a/2b?pwd=x",
    b"/colibri-ws/" + HOST + b"//1a/2b?pwd=x", b"/x/../colibri-ws/" + HOST + b"/1a/2b?pwd=x",
    b"/./colibri-ws/" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws/../colibri-ws/jvb-0/1a/2b?pwd=x",
    b"/colibri-ws/" + HOST + b"/jvb-0/1a/2b?pwd=x", b"/colibri-ws/jvb-0/1a/2b/3c?pwd=x",
    b"/acme/colibri-ws/" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws\\" + HOST + b"\\1a\\2b?pwd=x",
    b"/http-bind/colibri-ws/" + HOST + b"/1a/2b?room=r&pwd=x",
    # escapes
    b"/%63olibri-ws/" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws%2f" + HOST + b"/1a/2b?pwd=x",
    b"/%2563olibri-ws/" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws/jvb-0%2f1a/2b?pwd=x",
    b"/colibri-ws/127%2e0%2e1%2e9/1a/2b?pwd=x", b"/colibri-ws/%2e%2e%2f/1a/2b?pwd=x",
    b"/colibri-ws/" + HOST + b"%00/1a/2b?pwd=x", b"/colibri-ws/" + HOST + b"%0d%0aX:y/1a/2b?pwd=x",
    b"/colibri-ws/jvb%2d0/1a/2b?pwd=x", b"/colibri-ws/jvb-0/1a/2b%3fpwd=x",
    b"/colibri-ws/" + HOST + b"%3a9090/1a/2b?pwd=x", b"/colibri-ws/%5b::1%5d/1a/2b?pwd=x",
    # authorities
    b"/colibri-ws/" + HOST + PORT + b"/1a/2b?pwd=x", b"/colibri-ws/jvb-0" + PORT + b"/1a/2b?pwd=x",
    b"/colibri-ws/jvb-0@" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws/u:p@" + HOST + b"/1a/2b?pwd=x",
    b"/colibri-ws/[::1]/1a/2b?pwd=x", b"/colibri-ws/::1/1a/2b?pwd=x",
    b"/colibri-ws/[::ffff:" + HOST + b"]/1a/2b?pwd=x", b"/colibri-ws/::ffff:7f00:109/1a/2b?pwd=x",
    b"/colibri-ws/jvb-0#@" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws/jvb-0?@" + HOST + b"/1a/2b?pwd=x",
    b"/colibri-ws/http://" + HOST + b"/1a/2b?pwd=x", b"/colibri-ws/" + HOST + b",jvb-0/1a/2b?pwd=x",
    b"http://" + HOST + b"/colibri-ws/jvb-0/1a/2b?pwd=x",
    b"http://jvb-0/colibri-ws/jvb-0/1a/2b?pwd=x",
    b"https://" + HOST + b"/colibri-ws/" + HOST + b"/1a/2b?pwd=x",
    b"ws://" + HOST + b"/colibri-ws/jvb-0/1a/2b?pwd=x", HOST + b":9090",
    # bytes
    b"/colibri-ws/" + HOST + b"\0/1a/2b?pwd=x", b"/colibri-ws/" + HOST + b"\r\n/1a/2b?pwd=x",
    b"/colibri-ws/" + HOST + b"\n/1a/2b?pwd=x", b"/colibri-ws/" + HOST + b"\t/1a/2b?pwd=x",
    b"/colibri-ws/127\xe3\x80\x820\xe3\x80\x821\xe3\x80\x829/1a/2b?pwd=x",
    b"/colibri-ws/127\xef\xbc\x8e0.1.9/1a/2b?pwd=x", b"/colibri-ws/\xff/1a/2b?pwd=x",
    b"/colibri-ws/jvb-0/1a/2b?pwd=\xc3\xa9", b"/colibri-ws/jvb-0/1a/2b?pwd=x\r\nHost: " + HOST,
    # parts and queries
    b"/colibri-ws", b"/colibri-ws/", b"/colibri-ws/jvb-0", b"/colibri-ws/jvb-0/1a/2b",
    b"/colibri-ws//1a/2b?pwd=x", b"/colibri-ws/jvb-0//2b?pwd=x", b"/colibri-ws/jvb-0/1a/?pwd=x",
    b"/colibri-ws/jvb-0/1A/2b?pwd=x", b"/colibri-ws/jvb-0/1g/2b?pwd=x",
    b"/colibri-ws/jvb-0/" + b"1" * 17 + b"/2b?pwd=x", b"/colibri-ws/jvb-0/1a/" + b"2" * 37 + b"?pwd=x",
    b"/colibri-ws/" + b"j" * 64 + b"/1a/2b?pwd=x", b"/colibri-ws/jvb-0/1a/2b/?pwd=x",
    b"/colibri-ws/jvb-0/1a/2b?pwd=x&host=" + HOST, b"/colibri-ws/jvb-0/1a/2b?host=x&pwd=x",
    b"/colibri-ws/jvb-0/1a/2b?pwd=x#y", b"/colibri-ws/jvb-0/1a/2b?PWD=x", b"/colibri-ws/jvb-0/1a/2b?pwd",
    b"/colibri-ws/jvb-0/1a/2b?p%77d=x", b"/colibri-ws/jvb-0/1a/2b??pwd=x",
]


def test_other_shapes_open_no_connection_anywhere(site):
    listeners = [*site.jvbs, *site.canaries]
    before = [len(listener.connections) for listener in listeners]
    shard_before, asked = site.shard.mark(), set(site.dns.names)
    for shape in SHAPES:
        for host in (b"meet.test", HOST + b":" + str(site.port).encode()):
            fields = b" HTTP/1.1\r\nHost: " + host + b"\r\n" + WEBSOCKET_FIELDS.encode() + b"\r\n"
            with RawClient(site.router.port) as client:
                status = client.request(b"GET " + shape + fields).status
            assert status in (400, 404), (shape, status)
    assert [len(listener.connections) for listener in listeners] == before
    assert site.canaries_are_alone()
    assert not [r.target for r in site.shard.seen(shard_before)]
    assert site.dns.names == asked, "a name was looked up that nobody had asked for before"
    assert who(site.router, "jvb-0") == "jvb-0"


@pytest.mark.parametrize("request_bytes", [
    get(target("jvb-0")), get(target("jvb-0"), method="HEAD"),
    get(target("jvb-0"), method="POST", fields="Content-Length: 0\r\n"),
    get(target("jvb-0"), method="POST", fields=WEBSOCKET_FIELDS),
    get(target("jvb-0"), method="OPTIONS"),
    get(target("jvb-0"), fields=WEBSOCKET_FIELDS, version="1.0"),
    get(target("jvb-0"), fields=WEBSOCKET_FIELDS.replace("websocket", "h2c")),
    get(target("jvb-0"), fields=WEBSOCKET_FIELDS.replace("13", "8")),
    get(target("jvb-0"), fields=WEBSOCKET_FIELDS + "Content-Length: 3\r\n") + b"abc",
], ids=lambda request: request.split(b" ")[0].decode())
def test_only_upgrades_are_channels(site, request_bytes):
    before = [len(jvb.connections) for jvb in site.jvbs]
    with RawClient(site.router.port) as client:
        method = request_bytes.split(b" ")[0].decode()
        assert client.request(request_bytes, method).status == 404
    assert [len(jvb.connections) for jvb in site.jvbs] == before


def test_relays_are_forbidden(site):
    before = [len(jvb.connections) for jvb in site.jvbs]
    with RawClient(site.router.port) as client:
        relay = target("jvb-0").replace("colibri-ws", "colibri-relay-ws")
        assert client.request(upgrade(relay)).status == 403
        assert client.request(get(relay)).status == 403
    assert [len(jvb.connections) for jvb in site.jvbs] == before


def test_passwords_are_in_no_log_and_no_page(site):
    # Refused by the map, by the grammar, in the path, and relayed: the log has a line for each.
    targets = [target("jvb-9"), target("jvb-0") + "&x=1", f"/colibri-ws/jvb-0/1a/2b%3fpwd={SECRET}",
               f"/colibri-ws/jvb-0/1a/2b?pwd%3d{SECRET}", f"/colibri-relay-ws/x/1/2?pwd={SECRET}"]
    with RawClient(site.router.port) as client:
        port = client.sock.getsockname()[1]
        for each in targets:
            response = client.request(upgrade(each))
            assert response.status in (403, 404)
            assert SECRET.encode() not in response.body + response.head
    assert who(site.router, "jvb-0") == "jvb-0"

    def shown():
        return [line["target"] for line in site.router.access_log()
                if line.get("client_port") == port]

    def tunnels():
        return [line for line in site.router.access_log()
                if line.get("tunnel") and line["endpoint"] == "jvb-0"]

    eventually(lambda: len(shown()) == len(targets) and tunnels(), "all requests are logged")
    assert SECRET not in site.router.process.text()
    assert shown() == ["/colibri-ws/jvb-9/1a2b/3c4d?pwd=***"] + ["/***"] * 4
    tunnel = tunnels()[-1]
    assert (tunnel["target"], tunnel["shard"], tunnel["endpoint"]) \
        == ("/colibri-ws/jvb-0/1a2b/3c4d?pwd=***", "", "jvb-0")


def test_bridges_are_counted_apart_from_shards(site):
    count = site.router.metric("room_router_bridge_tunnels_total")
    shards = site.router.metric("room_router_shard_requests_total")
    refused = site.router.metric("room_router_refusals_total", reason="unknown_bridge")
    assert who(site.router, "jvb-0") == "jvb-0" and who(site.router, "jvb-9") == 404
    assert site.router.metric("room_router_bridge_tunnels_total") == count + 1
    assert site.router.metric("room_router_refusals_total", reason="unknown_bridge") == refused + 1
    assert site.router.metric("room_router_shard_requests_total") == shards


def test_refusals_of_the_bridge_are_relayed_and_its_connection_ends(changing, processes):
    jvb = changing.bridge("jvb-0", "127.0.1.1")
    jvb.handler = jvb.answer_framed
    jvb.answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!"
    changing.tell(jvb)
    router = processes.router(processes.shards(1), changing.config())
    becomes(router, "jvb-0", 403)
    count = len(jvb.connections)
    with RawClient(router.port) as client:
        for _ in range(3):
            response = client.request(upgrade(target("jvb-0")))
            assert (response.status, response.body) == (403, b"no!")
    assert len(jvb.connections) == count + 3
    eventually(lambda: all(c.ended.is_set() for c in jvb.connections), "no connection is kept")


def test_bridges_follow_dns_and_open_channels_stay(changing, processes):
    old, new = changing.bridge("jvb-0", "127.0.1.1"), changing.bridge("jvb-0", "127.0.1.2")
    new.handler = echoing("moved")
    changing.tell(old)
    router = processes.router(processes.shards(1), changing.config())
    becomes(router, "jvb-0", "jvb-0")
    with RawClient(router.port) as client:
        assert client.request(upgrade(target("jvb-0"))).status == 101
        changing.tell(new)
        becomes(router, "jvb-0", "moved")
        becomes(router, "127.0.1.1", 404)
        changing.tell()
        becomes(router, "jvb-0", 404)
        assert client.read_until(b"\n") == b"jvb-0\n"
        client.send(b"still here")
        assert client.read(10) == b"still here"
    assert changing.canaries_are_alone()


def test_a_bridge_that_is_gone_costs_a_503(changing, processes):
    jvb, other = changing.bridge("jvb-0", "127.0.1.1"), changing.bridge("jvb-1", "127.0.1.2")
    changing.tell(jvb, other)
    router = processes.router(processes.shards(1), changing.config())
    becomes(router, "jvb-0", "jvb-0")
    jvb.stop()
    assert who(router, "jvb-0") == 503
    assert router.metric("room_router_bridge_connect_failures_total") == 1
    assert who(router, "jvb-1") == "jvb-1" and not other.seen(1), "nobody stands in for it"


def test_an_id_of_two_bridges_is_refused_and_said_once(changing, processes):
    bridges = [changing.bridge("jvb-0", "127.0.1.1"), changing.bridge("jvb-0", "127.0.1.2"),
               changing.bridge("jvb-1", "127.0.1.3")]
    changing.tell(*bridges)
    router = processes.router(processes.shards(1), changing.config())
    becomes(router, "jvb-1", "jvb-1")
    asked = changing.dns.queries
    eventually(lambda: changing.dns.queries > asked + 3, "asked again and again")
    assert who(router, "jvb-0") == 404 and who(router, "127.0.1.2") == "jvb-0"
    assert router.process.text().count("bridge_ambiguous") == 1


def test_the_port_can_be_configured_and_bridges_listed(changing, processes):
    listed, found = changing.bridge("listed", "127.0.1.1"), changing.bridge("jvb-0", "127.0.1.2")
    changing.tell(found)
    changing.dns.set([line.replace(f" {found.port} ", " 9 ")
                      for line in records([found], service=SERVICE)])
    router = processes.router(processes.shards(1), changing.config(
        port=found.port, static=[{"id": "Pod_A", "address": f"{listed.host}:{listed.port}"}]))
    becomes(router, "jvb-0", "jvb-0")
    assert who(router, "Pod_A") == "listed"
    assert who(router, "pod_a") == 404 and who(router, "127.0.1.1") == 404


def test_off_by_default_and_switched_by_a_reload(changing, processes):
    jvb = changing.bridge("jvb-0", "127.0.1.1")
    changing.tell(jvb)
    router = processes.router(processes.shards(1), changing.config(enabled=False))
    assert who(router, "jvb-0") == 404 and changing.dns.queries == 0
    with RawClient(router.port) as client:
        assert client.request(upgrade("/colibri-relay-ws/jvb-0/1/2?pwd=x")).status == 404
    router.config["bridges"]["enabled"] = True
    router.write()
    router.reload()
    becomes(router, "jvb-0", "jvb-0")
    router.config["bridges"]["enabled"] = False
    router.write()
    router.reload()
    becomes(router, "jvb-0", 404)


def test_many_channels_at_once(site):
    names = {}

    def ask(number):
        names[number] = who(site.router, f"jvb-{number % 2}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert names == {number: f"jvb-{number % 2}" for number in range(40)}
