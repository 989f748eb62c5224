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
from harness.authority import Authority  # noqa: E402
from harness.installed import ROOT, need  # noqa: E402
from harness.processes import Processes  # noqa: E402

DEFAULT_ROUTER = ROOT / "build" / "release" / "router" / "room-router"


def pytest_addoption(parser):
    parser.addoption("--router", default=None, help="the binary (default: build/release)")
    parser.addoption("--haproxy", default=os.environ.get("HAPROXY"),
                     help="another HAProxy than the installed one (or HAPROXY)")
    parser.addoption("--deep", action="store_true", help="also what takes minutes")
    parser.addoption("--soak-seconds", type=float, default=180, help="how long tests/soak runs")
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


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # one of several processes that test (pytest-xdist)
        session.config.workeroutput["comparison"] = session.config.comparison


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.comparison.extend(getattr(node, "workeroutput", {}).get("comparison", []))


def pytest_terminal_summary(terminalreporter, config):
    for title, lines in config.comparison:
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


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


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Who signs the certificates of a module."""
    need("openssl")
    return Authority(tmp_path_factory.mktemp("authority"))
