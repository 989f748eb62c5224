# SPDX-License-Identifier: Apache-2.0
"""What the machine has: this checkout, and programs."""
import contextlib
import fcntl
import pathlib
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SANITIZED = re.compile(r"^ROOM_ROUTER_SANITIZE:\w+=.", re.M)


def sanitized(router_binary):
    """Whether it was built with a sanitizer, which keeps freed memory for a while."""
    cache = router_binary.parents[1] / "CMakeCache.txt"
    return cache.exists() and SANITIZED.search(cache.read_text()) is not None


@contextlib.contextmanager
def one_at_a_time(what):
    """Among the processes that test side by side: what is fetched once is not fetched by each."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def need(tool):
    """Skips, with the reason, where a program is not installed."""
    path = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        pytest.skip(f"{tool} is not installed (cmake/packages test lists what tests need)")
    return path
