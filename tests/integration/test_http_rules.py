# SPDX-License-Identifier: Apache-2.0
"""Every rule of HTTP/1.1 the router holds to, as raw bytes; HAProxy and nginx answer beside it."""
import pytest

from harness.installed import need
from harness.proxies import Haproxy, Nginx
from harness.shard import RecordingShard
from http_cases import refused, requests, responses
from http_cases.case import check, play

TABLES = {"refused": refused.ALL, "request": requests.ALL, "response": responses.ALL}
CASES = [pytest.param(case, id=f"{table}-{case.id}")
         for table, cases in TABLES.items() for case in cases]
COMMON = [(table, case) for table, cases in TABLES.items() for case in cases if case.common]


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard()


@pytest.fixture(scope="module")
def router(module_processes, shard):
    config = {"headers": {"region": "X-Jitsi-Region"}, "logging": {"level": "info"}}
    return module_processes.router([shard], config, name="rules")


def test_there_are_enough_cases_and_each_has_its_name():
    names = [(table, case.id) for table, cases in TABLES.items() for case in cases]
    assert len(names) == len(set(names))
    assert len(names) >= 120


@pytest.mark.parametrize("case", CASES)
def test_rule(case, router, shard):
    problems = check(case, router.port, shard)
    assert not problems, "\n".join([f"sent {case.send[:600]!r}", *problems])


def _differences(proxy, shard):
    """How a proxy people run today answers the same bytes, where it is another answer."""
    lines = []
    for table, case in COMMON:
        shard.reset_script(case.answer)
        since = shard.mark()
        outcome = play(case, proxy.port, deadline=0.5)
        forwarded = len(shard.seen(since))
        same = tuple(outcome.statuses) == case.statuses and (
            case.closed is None or outcome.closed == case.closed)
        if case.forwarded == 0 and forwarded:
            same = False
        if not same:
            wanted = " ".join(map(str, case.statuses)) + (" close" if case.closed else "")
            passed = f", {forwarded} forwarded" if case.forwarded == 0 and forwarded else ""
            lines.append(f"  {table}-{case.id:<42} router {wanted:<12} {proxy.name} {outcome}{passed}")
    return lines


@pytest.mark.parametrize("kind", [Haproxy, Nginx], ids=["haproxy", "nginx"])
def test_what_others_answer(kind, tmp_path, request):
    """A table for the reader; only that the comparison ran is asserted."""
    need(kind.__name__.lower())
    shard = RecordingShard().start()
    proxy = kind(tmp_path, [shard], timeout="300ms").start()
    try:
        lines = _differences(proxy, shard)
    finally:
        proxy.stop()
        shard.stop()
    title = f"{proxy.name}: another answer in {len(lines)} of {len(COMMON)} common cases"
    request.config.comparison.append((title, lines))
    assert shard.seen(), f"{proxy.name} forwarded nothing at all"
