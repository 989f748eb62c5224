# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the project's files, those changed last first, until the time is used up."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]


def changes():
    """Paths in the order in which they were changed last: not committed yet, then by commit."""
    def lines(*command):
        done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.splitlines()
    uncommitted = [line[3:] for line in lines("status", "--porcelain")]
    return dict.fromkeys(uncommitted + lines("log", "--format=", "--name-only"))


def product_files(build):
    """The .cc files of the compilation database, the most recently changed first."""
    entries = json.loads((build / "compile_commands.json").read_text())
    paths = {pathlib.Path(entry["file"]).resolve() for entry in entries}
    folders = tuple(str(ROOT / folder) + "/" for folder in ("config", "discovery", "sticky", "router"))
    paths = [path for path in paths if str(path).startswith(folders)]
    order = {ROOT / name: place for place, name in enumerate(changes())}
    return sorted(set(paths), key=lambda path: (order.get(path, len(order)), path))


def tidy(build, path, end):
    """None when there was no time left, else (path, whether it is clean, output).

    What the analyzer imagines inside a library's header is not ours to change.
    """
    if time.monotonic() >= end:
        return None
    done = subprocess.run(["clang-tidy-14", "-p", str(build), "--quiet",
                           "--extra-arg=-Wno-unknown-warning-option", str(path)],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    ours = [line for line in done.stdout.splitlines()
            if line.startswith(str(ROOT)) and (": error: " in line or ": warning: " in line)]
    theirs = ": error: " in done.stdout and not ours
    return path, done.returncode == 0 or theirs, done.stdout


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--strict", action="store_true", help="fail when there are findings")
    chosen = options.parse_args()
    paths = product_files(chosen.build)
    end = time.monotonic() + chosen.seconds
    looked = found = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(lambda path: tidy(chosen.build, path, end), paths):
            if result is None:
                continue
            path, clean, output = result
            looked += 1
            found += not clean
            print(f"[{looked} of {len(paths)}] {path.relative_to(ROOT)}"
                  + ("" if clean else "\n" + output), flush=True)
    left = "" if looked == len(paths) else f", {len(paths) - looked} SKIPPED: out of time"
    print(f"clang-tidy: {found} of {looked} files with findings{left}")
    return 1 if found and chosen.strict else 0


sys.exit(main())
