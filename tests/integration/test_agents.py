# SPDX-License-Identifier: Apache-2.0
"""What a shard's agent says (HAProxy's agent-check), and what becomes of its rooms."""
import pytest

from harness.agent import Agents
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.waiting import eventually, throughout

ROOMS = [f"room{number}" for number in range(90)]


@pytest.fixture
def agents(processes):
    agents = Agents()
    processes.add(agents)
    return agents


def _checked_by(agents, **more):
    return {"shards": {"health": {"checks": [{"type": "tcp"}, agents.check()], "interval": "100ms",
                                  "timeout": "2s", **more}}}


def _status(router, shard="shard-1"):
    for line in router.command("show stat").splitlines():
        fields = line.split(",")
        if fields[0] == "jitsi-meet" and fields[1] == shard:
            return fields[17], fields[18]  # status, weight
    raise AssertionError(f"{shard} is not in show stat")


def _becomes(router, status, weight="100"):
    eventually(lambda: _status(router) == (status, weight), f"{router.name} shows {status} {weight}")


def test_drain_percent_down_and_back(processes, agents):
    router = processes.router(processes.shards(), _checked_by(agents, soft_down_grace="10m"))
    placed = ask(router, ROOMS)
    assert "shard-1" in placed.values()
    agents.words["shard-1"] = "up drain 40% # upgrade"
    _becomes(router, "DRAIN", "0")
    assert ask(router, ROOMS) == placed
    new = ask(router, [f"new{number}" for number in range(60)])
    assert set(new.values()) == {"shard-0", "shard-2"}
    agents.words["shard-1"] = "ready"
    _becomes(router, "UP", "40")
    assert "shard-1" in ask(router, [f"newer{number}" for number in range(90)]).values()
    agents.words["shard-1"] = "0%"
    _becomes(router, "UP", "0")
    assert "shard-1" not in ask(router, [f"newest{number}" for number in range(60)]).values()
    agents.words["shard-1"] = "stopped 100%"
    _becomes(router, "NOLB")
    assert ask(router, ROOMS) == placed
    del agents.words["shard-1"]
    asked = agents.asked.count("shard-1")
    eventually(lambda: agents.asked.count("shard-1") > asked + 2, "it is asked, and is silent")
    assert _status(router) == ("NOLB", "100")
    agents.words["shard-1"] = "up"
    _becomes(router, "UP")
    assert set(agents.asked) == {"shard-0", "shard-1", "shard-2"}


def test_alone_a_replica_takes_maint_at_its_word(processes, agents):
    router = processes.router(processes.shards(), _checked_by(agents, soft_down_grace="10m"))
    placed = ask(router, ROOMS)
    agents.words["shard-1"] = "maint"
    _becomes(router, "MAINT")
    homes = ask(router, ROOMS)
    assert set(homes.values()) == {"shard-0", "shard-2"}
    assert {room: shard for room, shard in placed.items() if shard != "shard-1"}.items() <= homes.items()
    agents.words["shard-1"] = "ready"
    _becomes(router, "UP")
    assert ask(router, ROOMS) == homes, "what returns pulls nothing back"


def test_of_several_most_have_to_hear_it(processes, agents):
    misled = Agents()
    processes.add(misled)
    cluster = Cluster(processes, 3, processes.shards(), _checked_by(agents, soft_down_grace="10m"))
    lonely = cluster.replicas[2]
    lonely.config["shards"]["health"]["checks"] = [{"type": "tcp"}, misled.check()]
    lonely.write()
    cluster.start()
    placed = ask(cluster.replicas[0], ROOMS)
    cluster.wait_equal()
    misled.words["shard-1"] = "maint"
    for replica in cluster.replicas:
        eventually(lambda: replica.metric("room_router_shard_down_votes", shard="shard-1") == 1,
                   f"{replica.name} knows of the vote")
    throughout(lambda: ask(lonely, ROOMS) == placed, "its rooms stay", 1)
    agents.words["shard-1"] = "maint"
    for replica in cluster.replicas:
        eventually(lambda: "shard-1" not in ask(replica, ROOMS).values(),
                   f"{replica.name} places its rooms anew")
