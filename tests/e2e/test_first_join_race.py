# SPDX-License-Identifier: Apache-2.0
"""People who join a new room within one response time of the shard: do they meet?

300 new rooms per row; shards answer after 50 ms. HAProxy, which stores the binding when the response
arrives, runs the same script and stands beside it.
"""
import pytest

from harness.installed import need
from harness.first_joins import Stage, split
from harness.proxies import Haproxy

ROOMS = 300
ROWS = [(joins, skew) for joins in (2, 5) for skew in (0, 10, 20, 40)]


@pytest.fixture(scope="module")
def stage():
    built = Stage()
    yield built
    built.stop()


def _table(stage, ports):
    def row(joins, skew):
        return [([ports[number % len(ports)] for number in range(joins)], skew)] * ROOMS

    return {(joins, skew): split(stage.races(row(joins, skew))) for joins, skew in ROWS}


def _report(request, who, table):
    lines = [f"  {joins} joins {skew:>2} ms apart: {count:>3} of {ROOMS} rooms split"
             for (joins, skew), count in table.items()]
    request.config.comparison.append((f"first-join race, {who}", lines))


@pytest.mark.parametrize("algorithm", ["bounded-rendezvous", "rendezvous", "round-robin", "least-rooms"])
def test_one_replica_splits_nothing(stage, processes, request, algorithm):
    router = processes.router(stage.shards, {"placement": {"algorithm": algorithm},
                                             "logging": {"level": "info"}})
    table = _table(stage, [router.port])
    _report(request, f"one replica, {algorithm}", table)
    assert sum(table.values()) == 0


def test_two_replicas_split_nothing(stage, processes, request):
    config = {"placement": {"algorithm": "rendezvous"}, "logging": {"level": "info"}}
    routers = [processes.router(stage.shards, config, name=f"router-{n}") for n in range(2)]
    table = _table(stage, [router.port for router in routers])
    _report(request, "two replicas without gossip, rendezvous", table)
    assert sum(table.values()) == 0


def test_what_haproxy_splits(stage, tmp_path, request):
    """For the reader; only that HAProxy served every join is asserted."""
    need("haproxy")
    proxy = Haproxy(tmp_path, stage.shards).start()
    try:
        table = _table(stage, [proxy.port])
    finally:
        proxy.stop()
    _report(request, "one HAProxy (stick on, stored by the response)", table)
    assert set(table) == set(ROWS)
