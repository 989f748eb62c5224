# SPDX-License-Identifier: Apache-2.0
"""The demo as a visitor sees it, in Chromium: one room written in two ways, through two replicas."""
import urllib.error
import urllib.request

import pytest

from harness import browser
from harness.ports import free_port
from harness.process import Process, running

REPLICAS = 2


def consecutive_ports(count):
    while True:
        first = free_port()
        if all(free_port() == first + step for step in range(1, count)):
            return first


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def demo(router_binary, tmp_path_factory):
    port, admin = consecutive_ports(REPLICAS), consecutive_ports(REPLICAS)
    process = Process("demo", [router_binary, "demo", "--port", port, "--admin-port", admin,
                               "--replicas", REPLICAS], tmp_path_factory.mktemp("demo")).start()
    for replica in range(REPLICAS):
        process.wait_until(lambda: status(f"http://127.0.0.1:{admin + replica}/readyz") == 200,
                           f"replica {replica} is ready")
    yield process, port, admin
    assert process.stop() == 0
    running.remove(process)


@pytest.fixture(scope="module")
def seen(demo):
    """What the pages showed; see rooms.mjs."""
    _, port, admin = demo
    return browser.drive("rooms.mjs", {
        "first": f"http://127.0.0.1:{port}/Caf%C3%A9%20Meeting",
        "second": f"http://127.0.0.1:{port + 1}/CAFE%CC%81%20meeting",
        "other": f"http://127.0.0.1:{port}/Standup",
        "dashboard": f"http://127.0.0.1:{admin}/"})


def test_two_spellings_meet_on_one_shard(seen):
    anna, ben = seen["anna"], seen["ben"]
    assert anna["replica"] != ben["replica"]
    assert anna["room"] == ben["room"]
    assert anna["shard"] == ben["shard"]


def test_people_see_and_hear_each_other(seen):
    for person in ("anna", "ben"):
        names = [name.removesuffix(" (you)") for name in seen[person]["people"]]
        assert names == ["Anna", "Ben"]
        heard = " ".join(seen[person]["messages"])
        assert "hello from Anna" in heard and "hello from Ben" in heard


def test_another_room_hears_nothing_of_it(seen):
    cleo = seen["cleo"]
    assert cleo["people"] == ["Cleo (you)"]
    assert "alone here" in " ".join(cleo["messages"])
    assert "hello" not in " ".join(cleo["messages"])


@pytest.mark.parametrize("person", ["anna", "ben", "cleo"])
def test_every_answer_of_a_page_comes_from_one_shard(seen, person):
    page = seen[person]
    assert set(page["answers"]) == {page["shard"]}, page["answers"]
    assert page["verdict"] == "✓ All from one shard"
    assert page["mistakes"] == []


def test_dashboard_shows_rooms_and_sessions(seen):
    text = seen["dashboard"]
    assert seen["anna"]["room"] in text
    assert seen["anna"]["shard"] in text
    assert "session" in text.lower()
