# SPDX-License-Identifier: Apache-2.0
"""Scrapes of many shards, many at once, while the data plane goes on."""
import threading
import urllib.request

import pytest

from harness.pipeline import ask

SHARDS, SCRAPERS = 500, 3
# One address for all: what counts is how many there are. They are taken for up without being asked.
CONFIG = {"admin": {"haproxy_metrics": True}, "logging": {"level": "info"},
          "shards": {"health": {"interval": "60s", "timeout": "10s"}}}


@pytest.fixture
def router(processes):
    shard = processes.shard()
    static = [{"name": f"shard-{number}", "address": f"{shard.host}:{shard.port}"}
              for number in range(SHARDS)]
    config = {**CONFIG, "shards": {**CONFIG["shards"], "static": static}}
    return processes.router((), config)


class Scraper(threading.Thread):
    """Scrapes again and again until told to stop; keeps its last body."""

    def __init__(self, router):
        super().__init__(daemon=True)
        self.url = f"http://{router.host}:{router.admin_port}/metrics"
        self.stopped, self.scraped = threading.Event(), threading.Event()
        self.body, self.count, self.failure = "", 0, None

    def run(self):
        try:
            while not self.stopped.is_set():
                with urllib.request.urlopen(self.url, timeout=120) as answer:
                    self.body = answer.read().decode()
                self.count += 1
                self.scraped.set()
        except OSError as error:
            self.failure = error
            self.scraped.set()


def _samples(body, name):
    return sum(line.startswith(name + "{") for line in body.splitlines())


def test_the_data_plane_answers_while_all_shards_are_scraped(router):
    scrapers = [Scraper(router) for _ in range(SCRAPERS)]
    for scraper in scrapers:
        scraper.start()
    rounds = 0
    while not all(scraper.scraped.is_set() for scraper in scrapers) or rounds < 3:
        answered = ask(router, [f"room{rounds}-{number}" for number in range(500)])
        assert len(answered) == 500 and None not in answered.values()
        rounds += 1
    for scraper in scrapers:
        scraper.stopped.set()
    for scraper in scrapers:
        scraper.join(120)
        assert scraper.failure is None
        assert scraper.body.endswith("\n") and scraper.count > 0
        for name, per_shard in (("room_router_endpoint_up", 1), ("room_router_shard_state", 4),
                                ("room_router_shard_connect_seconds_bucket", 14),
                                ("haproxy_server_status", 5)):
            assert _samples(scraper.body, name) == SHARDS * per_shard, name
    assert router.metric("room_router_workers_alive") == 2
