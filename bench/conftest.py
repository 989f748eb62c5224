# SPDX-License-Identifier: Apache-2.0
"""Options of test_gates.py."""


def pytest_addoption(parser):
    for option, text in (("--router", "the room-router binary to measure"),
                         ("--load", "bench_load; default: of the router's build folder")):
        try:
            parser.addoption(option, default=None, help=text)
        except ValueError:
            pass  # another folder's tests in the same run have it too


def pytest_terminal_summary(terminalreporter):
    lines = [text for report in terminalreporter.getreports("")
             for name, text in report.user_properties if name == "gate"]
    if lines:
        terminalreporter.section("gates")
        for line in lines:
            terminalreporter.write_line(line)
