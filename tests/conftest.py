# SPDX-License-Identifier: Apache-2.0
"""Fixtures for every test that looks at real processes; see README.md."""
import os
import pathlib
import random
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import process  # noqa: E402
from harness.router import Router  # noqa: E402
from harness.shard import RecordingShard, identified  # noqa: E402

ROOT = pathlib.Path(__file__).parents[1]
DEFAULT_ROUTER = ROOT / "build" / "release" / "router" / "room-router"


def pytest_addoption(parser):
    parser.addoption("--router", default=None, help="the binary (default: build/release)")
    parser.addoption("--haproxy", default=os.environ.get("HAPROXY"),
                     help="another HAProxy than the installed one (or HAPROXY)")
    parser.addoption("--deep", action="store_true", help="also what takes minutes")
    parser.addoption("--seed", type=int, default=os.environ.get("TEST_SEED"),
                     help="repeat a run's random choices (or TEST_SEED)")


def pytest_configure(config):
    config.addinivalue_line("markers", "deep: takes minutes; only with --deep")
    config.comparison = []  # lines that tests want printed at the end


def pytest_collection_modifyitems(config, items):
    if config.getoption("--deep"):
        return
    for item in items:
        if item.get_closest_marker("deep"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: only with --deep"))


def pytest_report_header(config):
    return f"router: {config.getoption('--router') or DEFAULT_ROUTER}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if call.when == "call" and report.failed:
        for child in process.running:
            state = "running" if child.alive() else f"ended with {child.child.returncode}"
            report.sections.append((f"{child.name} ({state}) {child.log}", child.tail()))


def pytest_terminal_summary(terminalreporter, config):
    for title, lines in config.comparison:
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


def need(tool):
    """Skips, with the reason, where a program is not installed."""
    path = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        pytest.skip(f"{tool} is not installed (cmake/packages test lists what tests need)")
    return path


@pytest.fixture(scope="session")
def router_binary(request):
    given = request.config.getoption("--router")
    path = pathlib.Path(given).resolve() if given else DEFAULT_ROUTER
    if not path.exists():
        if given:
            pytest.exit(f"--router {given}: no such file", returncode=4)
        pytest.skip(f"{path} is not built")
    return path


@pytest.fixture(scope="session")
def haproxy_binary(request):
    given = request.config.getoption("--haproxy")
    if given and shutil.which(given) is None:
        pytest.exit(f"--haproxy {given}: no such program", returncode=4)
    return given or need("haproxy")


@pytest.fixture(scope="session")
def seed(request):
    given = request.config.getoption("--seed")
    return given if given is not None else random.SystemRandom().randrange(1 << 32)


class Processes:
    """Starts things and stops them in reverse order; a sanitizer's finding fails the test."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.started = []

    def add(self, thing):
        self.started.append(thing)
        return thing

    def shard(self, name="shard-0", answer=None, **kwargs):
        shard = RecordingShard(name, **kwargs).start()
        shard.answer = answer or identified(name)
        return self.add(shard)

    def shards(self, count=3):
        return [self.shard(f"shard-{index}") for index in range(count)]

    def router(self, shards=(), config=None, name="router-0", wait_ready=True):
        return self.unstarted_router(shards, config, name).start(wait_ready)

    def unstarted_router(self, shards=(), config=None, name="router-0"):
        return self.add(Router(self.binary, self.directory, name, config, shards))

    def close(self):
        findings = []
        for thing in reversed(self.started):
            thing.stop()
            child = getattr(thing, "process", None)
            if child is not None:
                if report := child.sanitizer_report():
                    findings.append(f"{child.name}:\n{report}")
                if child in process.running:
                    process.running.remove(child)
        assert not findings, "\n".join(findings)


@pytest.fixture
def processes(router_binary, tmp_path):
    group = Processes(router_binary, tmp_path)
    yield group
    group.close()


@pytest.fixture(scope="module")
def module_processes(router_binary, tmp_path_factory):
    group = Processes(router_binary, tmp_path_factory.mktemp("module"))
    yield group
    group.close()
