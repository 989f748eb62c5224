# SPDX-License-Identifier: Apache-2.0
"""Shards found by DNS: real answers, changing answers, and a server that misbehaves."""
import os

import pytest

from harness.installed import need
from harness.client import fetch
from harness.dns import SRV_NAME, ScriptedDns, records
from harness.knot import Knot
from harness.waiting import eventually, throughout


def _config(dns, **discovery):
    return {"shards": {"discovery": {"srv": [SRV_NAME], "resolvers": [dns.address],
                                     "refresh": {"min": "200ms", "max": "500ms"}, **discovery}},
            "placement": {"algorithm": "rendezvous"}}


def _homes(router, count=40, prefix="dns"):
    answers = {n: fetch(router.port, f"/http-bind?room={prefix}{n}") for n in range(count)}
    assert all(a.status == 200 for a in answers.values())
    return {n: a.get("x-jitsi-shard") for n, a in answers.items()}


def _takes_rooms(router, name):
    return any(fetch(router.port, f"/http-bind?room={os.urandom(4).hex()}").get("x-jitsi-shard")
               == name for _ in range(20))


@pytest.fixture
def scripted(processes):
    return processes.add(ScriptedDns().start())


def test_shards_by_srv(processes):
    need("knotd")
    shards = processes.shards(3)
    knot = processes.add(Knot(processes.directory, records(shards)).start())
    router = processes.router(config=_config(knot))
    assert set(_homes(router).values()) == {"shard-0", "shard-1", "shard-2"}


def test_new_shard_takes_new_rooms_and_moves_none(processes):
    need("knotd")
    shards = processes.shards(4)
    knot = processes.add(Knot(processes.directory, records(shards[:3])).start())
    router = processes.router(config=_config(knot))
    before = _homes(router)
    knot.set(records(shards))
    eventually(lambda: _takes_rooms(router, "shard-3"), "the new shard takes rooms", 30)
    assert _homes(router) == before


def test_dropped_record_is_kept_for_a_while_then_gone(processes, scripted):
    shards = processes.shards(3)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted, obsolete="3s"))
    before = _homes(router)
    asked = scripted.queries
    scripted.set(records(shards[1:]))
    eventually(lambda: scripted.queries > asked + 2, "asked again")
    assert _homes(router) == before
    eventually(lambda: "shard-0" not in _homes(router).values(), "its rooms are placed anew", 40)
    after = _homes(router)
    assert all(after[n] == home for n, home in before.items() if home != "shard-0")


def test_record_missing_once_changes_nothing(processes, scripted):
    shards = processes.shards(3)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted, obsolete="20s"))
    before = _homes(router)
    for _ in range(3):
        asked = scripted.queries
        scripted.set(records(shards[1:]))
        eventually(lambda: scripted.queries > asked + 2, "asked again")
        scripted.set(records(shards))
        asked = scripted.queries
        eventually(lambda: scripted.queries > asked + 2, "asked again")
        assert _homes(router) == before


@pytest.mark.parametrize("mode", ["servfail", "silent", "garbage"])
def test_answers_that_fail_change_nothing(processes, scripted, mode):
    shards = processes.shards(3)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted, obsolete="1s"))
    before = _homes(router)
    scripted.mode = mode
    throughout(lambda: _homes(router) == before, "rooms stay", 3)
    assert _takes_rooms(router, "shard-0") and router.ready() == 200


@pytest.mark.parametrize("mode", ["nxdomain", "empty"])
def test_no_records_is_as_if_all_had_been_dropped(processes, scripted, mode):
    shards = processes.shards(2)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted, obsolete="2s"))
    before = _homes(router)
    asked = scripted.queries
    scripted.mode = mode
    eventually(lambda: scripted.queries > asked, "asked again")
    assert _homes(router) == before
    eventually(lambda: fetch(router.port, "/http-bind?room=r").status == 503, "none left", 40)
    scripted.mode = "good"
    eventually(lambda: fetch(router.port, "/http-bind?room=r").status == 200, "back again", 40)


def test_shuffled_answers_change_nothing(processes, scripted):
    shards = processes.shards(5)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted))
    before = _homes(router)
    asked = scripted.queries
    scripted.mode = "shuffle"
    eventually(lambda: scripted.queries > asked + 10, "asked again and again", 40)
    assert _homes(router) == before


def test_long_answers_come_by_tcp(processes, scripted):
    shards = processes.shards(3)
    scripted.set(records(shards))
    scripted.mode = "truncate"
    router = processes.router(config=_config(scripted))
    assert set(_homes(router).values()) == {"shard-0", "shard-1", "shard-2"}


def test_forty_shards_in_one_answer(processes):
    need("knotd")
    shards = [processes.shard(f"shard-{n}") for n in range(40)]
    knot = processes.add(Knot(processes.directory, records(shards)).start())
    router = processes.router(config=_config(knot))
    eventually(lambda: len(set(_homes(router, 400, "many").values())) == 40, "all take rooms", 60)


@pytest.mark.parametrize("mode", ["servfail", "silent", "nxdomain", "empty"])
def test_start_without_an_answer(processes, scripted, mode):
    shards = processes.shards(2)
    scripted.set(records(shards))
    scripted.mode = mode
    router = processes.router(config=_config(scripted), wait_ready=False)
    assert router.ready() == 503
    response = fetch(router.port, "/http-bind?room=r")
    assert response.status == 503 and response.get("retry-after")
    scripted.mode = "good"
    router.wait_ready(60)
    assert fetch(router.port, "/http-bind?room=r").status == 200


def test_address_changes_move_no_room(processes, scripted):
    shards = processes.shards(3)
    scripted.set(records(shards))
    router = processes.router(config=_config(scripted, obsolete="1s"))
    before = _homes(router)
    moved = processes.shard("shard-0")
    scripted.set(records([moved, *shards[1:]]))
    eventually(lambda: fetch(router.port, "/http-bind?room=x").status == 200
               and _homes(router) == before and moved.seen(), "served from the new address", 40)
    shards[0].stop()
    eventually(lambda: _homes(router) == before, "rooms stay", 20)


def test_name_pattern_groups_pods_into_shards(processes, scripted):
    pods = [processes.shard(f"shard-{n}-web-{m}") for n in range(2) for m in range(2)]
    scripted.set(records(pods))
    config = _config(scripted)
    config["shards"]["name"] = {"pattern": r"^(shard-\d+)-", "replace": "$1"}
    router = processes.router(config=config)
    assert set(_homes(router).values()) == {"shard-0", "shard-1"}
    eventually(lambda: _homes(router) and all(pod.seen() for pod in pods), "every pod gets traffic", 30)


def test_priority_classes(processes, scripted):
    shards = processes.shards(2)
    lines = records(shards)
    lines[1] = lines[1].replace("SRV 10 ", "SRV 20 ")
    scripted.set(lines)
    router = processes.router(config=_config(scripted))
    assert set(_homes(router).values()) == {"shard-0"}
    shards[0].stop()
    eventually(lambda: set(_homes(router).values()) == {"shard-1"}, "the next class serves", 40)


def test_static_and_srv_together(processes, scripted):
    shards = processes.shards(3)
    lines = [line.replace(" SRV 10 ", " SRV 0 ") for line in records(shards[:2])]
    scripted.set(lines)  # the same priority as a static shard's default
    router = processes.router(shards[2:], _config(scripted))
    eventually(lambda: set(_homes(router).values()) == {"shard-0", "shard-1", "shard-2"}, "all three", 30)
