# SPDX-License-Identifier: Apache-2.0
"""Dependencies run one way: config ← discovery ← sticky ← router ← tests, bench."""
import re

import exceptions
import pytest
import sources

ORDER = ["config", "discovery", "sticky", "router"]
PURE = ("config/", "router/http/", "router/access_log_format", "discovery/shard_set",
        "discovery/catalog", "discovery/shard_state", "sticky/room_key", "sticky/rendezvous",
        "sticky/stick_table", "sticky/room_directory", "sticky/cell", "sticky/gossip.",
        "sticky/membership", "sticky/haproxy_peers.")
IMPURE = re.compile(r"^(boost/asio|boost/beast|sys/(socket|epoll|eventfd|signalfd)\.h|netinet/|"
                    r"arpa/inet\.h|poll\.h|ares|prometheus/|spdlog/|openssl/|thread$|unistd\.h)")
# A heavy header → where it may appear at all.
HEAVY = {
    r"yaml-cpp/": r"^config/.*\.cc$",
    r"prometheus/": r"^router/(admin/|metrics\.cc$)|^tests/router/admin/|^bench/micro/metrics_",
    r"ares(_\w+)?\.h$": r"^(discovery/.*|router/version)\.cc$",
    r"CLI/": r"^router/(cli/|version|main)",
    r"spdlog/": r"^router/(log|version)\.cc$",
    r"boost/beast": r"^(router/(admin/|demo/|asio_impl)|discovery/|tests/|bench/).*",
    r"nlohmann/": r"^(router/(admin|cli|demo)/|router/(version|log)\.cc|bench/|tests/)",
}


def _name_matches(name, prefixes):
    return any(name.startswith(prefix) for prefix in prefixes)


@pytest.mark.parametrize("folder", ORDER)
def test_includes_point_one_way(folder):
    allowed = set(ORDER[:ORDER.index(folder) + 1])
    wrong = [f"{sources.name(path)} includes {header}"
             for path in sources.cxx(product_only=True) if sources.name(path).startswith(folder + "/")
             for header in sources.includes(path)
             if header.split("/")[0] in (*ORDER, "tests", "bench") and header.split("/")[0] not in allowed]
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_sources():
    """So that the tests above cannot pass for want of files."""
    for folder in ORDER:
        assert any(sources.name(path).startswith(folder + "/") for path in sources.cxx(True)), folder


def test_pure_files_do_no_input_or_output():
    wrong = [f"{sources.name(path)} includes {header}"
             for path in sources.cxx(product_only=True) if _name_matches(sources.name(path), PURE)
             and not _name_matches(sources.name(path), exceptions.SOCKET_HEADERS_IN_PURE)
             for header in sources.includes(path) if IMPURE.match(header)
             and not (header == "unistd.h" and sources.name(path).startswith("config/"))]
    assert not wrong, "\n".join(wrong)


def test_pure_files_read_no_clock():
    wrong = [sources.name(path) for path in sources.cxx(product_only=True)
             if _name_matches(sources.name(path), PURE)
             and re.search(r"\b(steady_clock|system_clock|Clock)::now\s*\(|\brandom_device\b",
                           sources.code(path))]
    assert not wrong, "time and randomness are arguments: " + ", ".join(wrong)


@pytest.mark.parametrize("header", HEAVY)
def test_heavy_headers_stay_in_few_files(header):
    users = [sources.name(path) for path in sources.cxx()
             if any(re.match(header, included) for included in sources.includes(path))]
    wrong = [user for user in users if not re.match(HEAVY[header], user)]
    assert users, f"nothing includes {header}: is the rule still about this project?"
    assert not wrong, ", ".join(wrong)


def test_co_spawn_has_one_home():
    users = [sources.name(path) for path in sources.cxx(product_only=True)
             if re.search(r"\bco_spawn\s*\(", sources.code(path))]
    assert users and all(re.search(r"/task_set\.(h|cc)$", user) for user in users), users


def test_own_header_comes_first():
    wrong = []
    for path in sources.cxx(product_only=True):
        own = sources.name(path.with_suffix(".h"))
        if path.suffix == ".cc" and path.with_suffix(".h").exists():
            if sources.includes(path)[:1] != [own]:
                wrong.append(sources.name(path))
    assert not wrong, ", ".join(wrong)


def test_no_cupboards():
    wrong = [sources.name(path) for path in sources.files()
             if re.search(r"(^|/)(utils?|common|helpers?|misc)/", sources.name(path))]
    assert not wrong, ", ".join(wrong)
