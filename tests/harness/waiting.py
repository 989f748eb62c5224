# SPDX-License-Identifier: Apache-2.0
"""Waiting for something observable, never for time to pass."""
import time


class GivenUp(Exception):
    """Waiting on makes no sense: what was waited for can no longer happen."""


DEADLINE = 20.0  # seconds; generous, since other jobs may share the machine


def eventually(condition, what, deadline=DEADLINE, interval=0.01):
    """Returns condition()'s first true value; AssertionError naming `what` after the deadline."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (GivenUp, NameError):
            raise
        except Exception as error:  # not there yet, whatever the reason; reported at the deadline
            last = error
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline:g} s: {what} (last: {last!r})")
        time.sleep(interval)  # between two looks


def throughout(condition, what, duration, interval=0.05):
    """The opposite: condition() holds at every look during `duration` seconds; returns the looks."""
    end = time.monotonic() + duration
    looks = 0
    while time.monotonic() < end:
        assert condition(), f"stopped being true: {what}"
        looks += 1
        time.sleep(interval)  # between two looks
    return looks
