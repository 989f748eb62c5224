# SPDX-License-Identifier: Apache-2.0
"""The Debian package of a build folder, for tests of the package and of the image made from it."""
import subprocess

import pytest

from harness.installed import need, sanitized


def run(*command, **options):
    """Output of a program that has to succeed, errors included."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **options)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def make(router_binary, folder):
    """Path of the package; skips where none can be made."""
    for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file"):
        need(tool)
    build = router_binary.parents[1]
    if not (build / "CPackConfig.cmake").exists():
        pytest.skip(f"{build} is not configured to make packages")
    if sanitized(router_binary):
        pytest.skip("nobody packs a build with sanitizers")
    run("cpack", "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", folder)
    made = list(folder.glob("*.deb"))
    assert len(made) == 1, made
    return made[0]
