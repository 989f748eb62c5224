# SPDX-License-Identifier: Apache-2.0
"""Limits on clients, as clients and operators see them. Loopback is a /8: clients come from many addresses."""
import pytest

from harness.client import SWITCHING, Closed, RawClient, get, upgrade
from harness.ports import free_port
from harness.router import merged
from harness.shard import identified
from harness.waiting import eventually

ALICE, BOB = "127.0.0.2", "127.0.0.3"
FOCUS = (b"POST /conference-request/v1?room=r HTTP/1.1\r\nHost: meet.test\r\n"
         b"Content-Length: 2\r\n\r\n{}")


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard(
        answer=lambda request: SWITCHING if request.all("upgrade") else identified("shard-0"))


@pytest.fixture
def limited(processes, shard):
    """A router with limits that trusts 127.0.0.9 alone."""
    def start(limits, **more):
        config = merged({"trusted_proxies": ["127.0.0.9"], "limits": limits}, more)
        return processes.router([shard], config)
    return start


def _refused(router, reason):
    return router.metric("room_router_refusals_total", reason=reason)


def _statuses(router, source, requests):
    with RawClient(router.port, source=source) as client:
        return [client.request(request).status for request in requests]


def test_requests_of_one_address(limited):
    router = limited({"request_rate": "2/m burst 3"})
    assert _statuses(router, ALICE, [get()] * 5) == [200, 200, 200, 429, 429]
    assert _statuses(router, BOB, [get()]) == [200]
    with RawClient(router.port, source=ALICE) as client:
        response = client.request(get())
        assert response.status == 429 and 1 <= int(response.get("retry-after")) <= 30
        assert response.get("connection") == "keep-alive"
    assert _refused(router, "request_rate") == 3
    eventually(lambda: [record["class"] for record in router.access_log() if record.get("status") == 429]
               == ["other"] * 3, "they are logged, though nobody has looked at what they ask for")


def test_clients_behind_a_trusted_proxy_are_told_apart(limited):
    router = limited({"request_rate": "1/m"})
    proxy = "127.0.0.9"
    def by(client):
        return get(fields=f"X-Forwarded-For: 198.51.100.99, {client}\r\n")
    assert _statuses(router, proxy, [get()] * 3) == [200] * 3
    assert _statuses(router, proxy, [by("203.0.113.7"), by("203.0.113.7"), by("203.0.113.8")]) == [
        200, 429, 200]
    assert _statuses(router, proxy, [by("2001:db8::1"), by("2001:db8::2"), by("2001:db8:0:1::1")]) == [
        200, 429, 200], "an IPv6 /64 is one client"
    assert _statuses(router, ALICE, [by("203.0.113.20"), by("203.0.113.21")]) == [200, 429], "not believed"


def test_conference_requests_and_upgrades_have_rates_of_their_own(limited):
    router = limited({"conference_request_rate": "1/m burst 2", "upgrade_rate": "1/m"})
    encoded = FOCUS.replace(b"conference", b"%63onference")
    assert _statuses(router, ALICE, [FOCUS, encoded, FOCUS, get()]) == [200, 200, 429, 200]
    with RawClient(router.port, source=ALICE) as client:
        assert client.request(upgrade()).status == 101
    assert _statuses(router, ALICE, [upgrade(), get()]) == [429, 200]
    assert _refused(router, "conference_request_rate") == 1 and _refused(router, "upgrade_rate") == 1


def test_connections_of_one_address(limited):
    router = limited({"connections_per_ip": 2})
    with RawClient(router.port, source=ALICE) as one, RawClient(router.port, source=ALICE) as two:
        assert one.request(get()).status == two.request(get()).status == 200
        with RawClient(router.port, source=ALICE) as third:
            assert third.read_response().status == 429
            assert third.at_end()
        assert _statuses(router, BOB, [get()]) == [200]
    eventually(lambda: _statuses(router, ALICE, [get()]) == [200], "a place is free again")


def test_the_proxy_may_have_any_number_of_connections(limited):
    router = limited({"connections_per_ip": 1, "connection_rate": "1/m"})
    clients = [RawClient(router.port, source="127.0.0.9") for _ in range(5)]
    assert [client.request(get()).status for client in clients] == [200] * 5
    for client in clients:
        client.close()


def test_new_connections_of_one_address(limited):
    router = limited({"connection_rate": "1/m burst 3"})
    assert [_statuses(router, ALICE, [get()]) for _ in range(3)] == [[200]] * 3
    with RawClient(router.port, source=ALICE) as client:
        response = client.read_response()
        assert response.status == 429 and 1 <= int(response.get("retry-after")) <= 60
    assert _statuses(router, BOB, [get()]) == [200]
    assert _refused(router, "connection_rate") == 1


def test_the_source_of_a_proxy_header_is_who_connects(processes, shard):
    router = processes.unstarted_router([shard], {"trusted_proxies": ["127.0.0.9"],
                                                  "limits": {"connections_per_ip": 1}})
    router.config["listeners"][0]["proxy_protocol"] = True
    router.write()
    router.start()

    def client(source):
        made = RawClient(router.port, source="127.0.0.9")
        made.send(f"PROXY TCP4 {source} 198.51.100.1 56324 443\r\n".encode() + get())
        return made

    with client("203.0.113.7") as first:
        assert first.read_response().status == 200
        with client("203.0.113.7") as second, pytest.raises(Closed):
            second.read_response()
        with client("203.0.113.8") as other:
            assert other.read_response().status == 200
    assert _refused(router, "address_connections") == 1


def test_one_listener_may_be_full_and_another_not(processes, shard):
    router = processes.unstarted_router([shard])
    port = free_port()
    router.config["listeners"].append({"address": f"127.0.0.1:{port}", "connections": 1})
    router.write()
    router.start()
    with RawClient(port) as first:
        assert first.request(get()).status == 200
        with RawClient(port) as second:
            response = second.read_response()
            assert response.status == 503 and response.get("retry-after")
        assert _statuses(router, ALICE, [get()]) == [200]

    def is_served():
        with RawClient(port) as client:
            client.send(get())
            return client.read_response().status == 200

    eventually(is_served, "a place is free again")
    assert _refused(router, "listener_connections") >= 1


def test_requests_ahead_of_answers(limited):
    router = limited({"pipelined_requests": 3})
    with RawClient(router.port) as client:
        client.send(get() * 4)
        assert [client.read_response().status for _ in range(4)] == [200] * 4
        assert client.request(get()).status == 200
        client.send(get() * 6)
        assert [client.read_response().status for _ in range(5)] == [200] * 4 + [429]
        assert client.at_end()
    assert _refused(router, "pipelining") == 1


def test_short_memory_stops_accepting_until_there_is_more(limited):
    router = limited({"memory": "1GiB"})
    with RawClient(router.port) as before:
        assert before.request(get()).status == 200
        router.config["limits"]["memory"] = "16MiB"
        router.write()
        router.reload()
        eventually(lambda: router.ready() == 503, "memory is short")
        assert "memory" in router.admin("/readyz")[1]
        with RawClient(router.port) as waiting:
            waiting.send(get())
            assert before.request(get()).status == 200, "who is there is served"
            assert router.metric("room_router_memory_short") == 1
            assert "paused" in router.command("show limits")
            router.config["limits"]["memory"] = "1GiB"
            router.write()
            router.reload()
            assert waiting.read_response().status == 200, "and then who waited"
    assert router.ready() == 200


def test_a_reload_changes_rates(limited):
    router = limited({})
    assert _statuses(router, ALICE, [get()] * 3) == [200] * 3
    router.config["limits"] = {"request_rate": "1/m"}
    router.write()
    router.reload()
    eventually(lambda: _statuses(router, ALICE, [get()]) == [429], "the rate holds")


def test_show_limits(limited):
    router = limited({"request_rate": "1/m", "connections_per_ip": 7})
    assert _statuses(router, ALICE, [get()] * 2) == [200, 429]
    lines = [line.split() for line in router.command("show limits").splitlines() if line]
    rows = {line[0]: line[1:] for line in lines}
    assert rows["request_rate"] == ["1/m", "-", "1"]
    assert rows["connections_per_ip"] == ["7", "-", "0"]
    assert rows["connection_rate"] == ["0", "-", "0"]
    assert rows["addresses"][:1] == ["65536"] and rows["addresses"][2] == "0"
    assert {"connections", "room-router", "memory", "pipelined_requests"} <= set(rows)
