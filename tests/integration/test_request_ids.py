# SPDX-License-Identifier: Apache-2.0
"""One id per request: in the access log, towards the shard, on the router's own error pages."""
import json
import re

import pytest

from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.waiting import eventually

MADE = re.compile(r"[0-9a-f]{16}")
GIVEN = "7b0e4f8a-1c2d/edge.3"


@pytest.fixture
def start(processes):
    """A router whose access log is a file; and its shard."""
    def start(**config):
        shard = processes.shard()
        log = processes.directory / "access.log"
        router = processes.router([shard], {
            "logging": {"access": {"output": str(log)}}, **config})
        router.records = lambda: [json.loads(line) for line in log.read_text().splitlines()]
        return router, shard
    return start


def _logged(router, count):
    """Sorted: the workers write one after the other."""
    return sorted(record["request_id"] for record in
            eventually(lambda: len(router.records()) >= count and router.records(), "it is logged"))


def test_a_trusted_proxys_id_is_kept(start):
    router, shard = start()
    assert fetch(router.port, "/http-bind?room=r", f"x-request-id: {GIVEN}\r\n").status == 200
    assert shard.requests[-1].one("x-request-id") == GIVEN
    refused = fetch(router.port, "/http-bind?room=a&room=b", f"X-Request-Id: {GIVEN}2\r\n")
    assert (refused.status, refused.all("x-request-id")) == (400, [GIVEN + "2"])
    assert (GIVEN + "2").encode() in refused.body
    assert _logged(router, 2) == sorted([GIVEN, GIVEN + "2"])


def test_a_strangers_id_is_replaced(start):
    router, shard = start(trusted_proxies=["192.0.2.0/24"])
    fetch(router.port, "/http-bind?room=r", f"X-Request-Id: {GIVEN}\r\n")
    seen = shard.requests[-1].one("x-request-id")
    assert MADE.fullmatch(seen)
    refused = fetch(router.port, "/http-bind?room=a&room=b", f"X-Request-Id: {GIVEN}\r\n")
    assert MADE.fullmatch(refused.get("x-request-id"))
    assert _logged(router, 2) == sorted([seen, refused.get("x-request-id")])


@pytest.mark.parametrize("given", ["", "a b", "<script>", "x" * 65, 'a"b', "a,b", "caf\xe9"])
def test_an_id_that_could_do_harm_is_replaced(start, given):
    router, shard = start()
    fetch(router.port, "/http-bind?room=r", f"X-Request-Id: {given}\r\n")
    assert MADE.fullmatch(shard.requests[-1].one("x-request-id"))
    assert _logged(router, 1) == [shard.requests[-1].one("x-request-id")]


def test_every_request_of_a_connection_has_its_own(start):
    router, shard = start()
    with RawClient(router.port) as client:
        client.send(get("/http-bind?room=r") * 20)
        for _ in range(20):
            assert client.read_response().status == 200
    ids = [request.one("x-request-id") for request in shard.requests]
    assert len(set(ids)) == 20 and all(MADE.fullmatch(each) for each in ids)
    assert _logged(router, 20) == ids


def test_a_tunnel_keeps_its_id(start):
    router, shard = start()
    shard.handler = lambda connection, request: connection.send(SWITCHING)
    with RawClient(router.port) as client:
        assert client.request(upgrade()).status == 101
    seen = shard.requests[-1].one("x-request-id")
    assert _logged(router, 1) == [seen]


def test_a_retry_has_the_id_of_the_first_attempt(start):
    router, shard = start()
    with RawClient(router.port) as client:
        assert client.request(get("/http-bind?room=r")).status == 200

        def leave_once(connection, request):
            shard.handler = shard.answer_framed
            connection.reset()

        shard.handler = leave_once
        assert client.request(get("/http-bind?room=r")).status == 200
    ids = [request.one("x-request-id") for request in shard.requests]
    assert len(ids) == 3 and ids[1] == ids[2] != ids[0]


def test_another_field_or_none(start):
    router, shard = start(headers={"request_id": "X-Correlation-Id"})
    fetch(router.port, "/http-bind?room=r", f"X-Correlation-Id: {GIVEN}\r\nX-Request-Id: mine\r\n")
    assert shard.requests[-1].one("x-correlation-id") == GIVEN
    assert shard.requests[-1].one("x-request-id") == "mine"
    assert _logged(router, 1) == [GIVEN]
    router.config["headers"] = {"request_id": ""}
    router.write()
    assert router.command("reload") == "\n"
    eventually(lambda: fetch(router.port, "/http-bind?room=r",
                             f"X-Correlation-Id: {GIVEN}\r\n").status == 200
               and MADE.fullmatch(router.records()[-1]["request_id"]), "ids are made, and kept back")
    assert shard.requests[-1].one("x-correlation-id") == GIVEN
    assert shard.requests[-1].all("x-request-id") == []


def test_a_sample_is_chosen_by_the_id_and_has_all_errors(start):
    router, shard = start(logging={"access": {"sample": 0.4, "output": "stderr"}})
    def logged():
        return {record["request_id"] for record in router.access_log() if "request_id" in record}
    ids = [f"id-{number}" for number in range(60)]
    with RawClient(router.port) as client:
        for each in ids:
            assert client.request(get(fields=f"X-Request-Id: {each}\r\n")).status == 200
        shard.answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        for each in ids:
            assert client.request(get(fields=f"X-Request-Id: error-{each}\r\n")).status == 500
    eventually(lambda: {f"error-{each}" for each in ids} <= logged(), "all errors are logged")
    chosen = logged() & set(ids)
    assert 0 < len(chosen) < len(ids)
    shard.reset_script()
    with RawClient(router.port) as client:
        for each in ids:
            client.request(get("/about", fields=f"X-Request-Id: {each}\r\n"))
    eventually(lambda: {record["request_id"] for record in router.access_log()
                        if record.get("target") == "/about"} == chosen, "the same are chosen again")
