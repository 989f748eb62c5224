# SPDX-License-Identifier: Apache-2.0
"""Node programs of tests/e2e/browser, which drive an installed Chromium."""
import json
import subprocess

import pytest

from harness.installed import ROOT, need, one_at_a_time

_HERE = ROOT / "tests" / "e2e" / "browser"
SCREENSHOTS = ROOT / "build" / "artifacts"


def _packages(npm):
    """What the lock file says, fetched once."""
    locked = json.loads((_HERE / "package-lock.json").read_text())["packages"]
    if all((_HERE / name).is_dir() for name in locked if name):
        return
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=_HERE, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"npm could not fetch what the browser needs: {done.stderr.strip()[-300:]}")


def drive(program, wanted):
    """What the program prints, read as JSON; `wanted` is its argument."""
    node, npm, chromium = need("node"), need("npm"), need("chromium")
    with one_at_a_time("npm"):
        _packages(npm)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    wanted = {"chromium": chromium, "screenshots": str(SCREENSHOTS), **wanted}
    done = subprocess.run([node, program, json.dumps(wanted)], cwd=_HERE, timeout=180,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
