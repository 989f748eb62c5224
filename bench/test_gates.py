# SPDX-License-Identifier: Apache-2.0
"""The deterministic gates as tests:

    /usr/bin/python3 -m pytest bench/test_gates.py --router build/release/router/room-router
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gates  # noqa: E402


@pytest.mark.parametrize("gate", gates.GATES)
def test_gate(gate, request, record_property):
    router = request.config.getoption("--router")
    if not router:
        pytest.skip("--router PATH is not given")
    load = request.config.getoption("--load") or gates.default_load(router)
    value = gates.measure(gate, "room-router", gates.proxies.find_programs(router), load)
    line = gates.GATES[gate].line(gate, value)
    record_property("gate", line)
    print(line)
    assert gates.GATES[gate].passes(value), line
