#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures that do not depend on how busy the machine is: instructions and syscalls per request
and memory per idle tunnel, each with the limit that fails a build (the goal + 10 %).

    bench/gates.py --router build/release/router/room-router --load .../bench_load
"""

import argparse
import dataclasses
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "end_to_end"))

import driver  # noqa: E402
import proxies  # noqa: E402

REQUESTS = 3000
ROOM_REQUESTS = 20000  # so many that nearly every one of the generator's 10,000 rooms is known
SYSCALL_REQUESTS = 10000
TUNNELS = 4500


@dataclasses.dataclass(frozen=True)
class Gate:
    """A figure, its goal and the limit that fails."""

    measure: str
    goal: float
    limit: float

    def passes(self, value):
        return value <= self.limit

    def line(self, name, value):
        verdict = "ok" if self.passes(value) else "FAILED"
        return (f"{verdict:6} {name}: {value:,.2f} {self.measure} "
                f"(goal {self.goal:,g}, limit {self.limit:,g})")


GATES = {
    "instructions": Gate("user instructions per request", 10_000, 11_000),
    "syscalls": Gate("syscalls per request, saturated", 4.1, 4.5),
    "memory": Gate("bytes per idle tunnel", 600, 660),
    "tls-instructions": Gate("user instructions per request over TLS", 26_500, 29_150),
    "tls-syscalls": Gate("syscalls per request over TLS, saturated", 4.1, 4.5),
    "tls-memory": Gate("bytes per idle tunnel over TLS", 14_500, 15_950),
}


class Fault(Exception):
    """The figure could not be taken; the text says what went wrong."""


CALLGRIND = ("valgrind", "callgrind_control")
TOOLS = {"instructions": CALLGRIND, "tls-instructions": CALLGRIND,
         "syscalls": ("strace",),
         "tls-syscalls": ("strace",), "memory": (), "tls-memory": ()}


def measure(gate, name, programs, load):
    """The gate's figure for one proxy, started for this alone."""
    for tool in TOOLS[gate]:
        if not shutil.which(tool):
            raise Fault(f"{tool} is not installed")
    if not os.access(load, os.X_OK):
        raise Fault(f"no bench_load at {load}; build that target or name it with --load")
    with tempfile.TemporaryDirectory(prefix="room-router-gate-") as folder:
        traffic = driver.Driver(load)
        proxy = proxies.Proxy(name, folder, programs, traffic.backend_ports)
        try:
            return MEASURES[gate](traffic, proxy)
        finally:
            proxy.stop()
            traffic.close()


def instructions(traffic, proxy, tls=()):
    """Callgrind counts only between the two steps, with warm connections and a known table."""
    out = os.path.join(proxy.folder, "callgrind.out")
    common = ["-m", "http", "-c", 16, *tls]
    proxy.start(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], timeout_s=60)

    def step(name):
        flag = "--zero" if name == "ready" else "--dump"
        checked(["callgrind_control", flag, str(proxy.pid)])

    check(traffic.run(proxy, [*common, "-n", ROOM_REQUESTS]), ROOM_REQUESTS)
    result = traffic.run(proxy, [*common, "-r", 1000, "-n", REQUESTS, "-s"], step)
    check(result, REQUESTS)
    return callgrind_total(out + ".1") / REQUESTS


def callgrind_total(path):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                found = re.search(r"^(?:summary|totals):\s*(\d+)", file.read(), re.MULTILINE)
            if found:
                return int(found.group(1))
        time.sleep(0.1)
    raise Fault(f"callgrind wrote no total to {path}")


def syscalls(traffic, proxy, tls=()):
    """strace is attached only between the two steps, so no connection is being opened."""
    proxy.start()
    out = os.path.join(proxy.folder, "strace.out")
    tracer = []

    def step(name):
        if name == "ready":
            tracer.append(attach_strace(proxy.pid, out))
        else:
            tracer[0].send_signal(signal.SIGINT)
            tracer[0].wait(30)

    options = ["-m", "http", "-c", 64, "-n", SYSCALL_REQUESTS, "-s", *tls]
    result = traffic.run(proxy, options, step)
    check(result, SYSCALL_REQUESTS)
    return sum(syscall_counts(out).values()) / SYSCALL_REQUESTS


def attach_strace(pid, out):
    tracer = subprocess.Popen(["strace", "-f", "-c", "-p", str(pid), "-o", out],
                              stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not fully_traced(pid, tracer.pid):
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise Fault("strace could not attach (is ptrace permitted?)")
        time.sleep(0.02)
    return tracer


def fully_traced(pid, tracer_pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
            if f"TracerPid:\t{tracer_pid}\n" not in file.read():
                return False
    return True


def syscall_counts(path):
    """Calls by name from strace's table: % time, seconds, usecs/call, calls, [errors,] name."""
    counts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) >= 5 and words[0][0].isdigit() and words[-1] != "total":
                counts[words[-1]] = int(words[3])
    if not counts:
        raise Fault("strace counted nothing")
    return counts


def memory(traffic, proxy, tls=()):
    """Growth of private memory from no tunnel to many, every room known beforehand."""
    proxy.start()
    result = traffic.run(proxy, ["-m", "idle", "-c", TUNNELS, "-s", *tls])
    check(result, 0)
    if result["open_connections"] < TUNNELS:
        raise Fault(f"only {result['open_connections']} of {TUNNELS} tunnels opened")
    return result["bytes_per_tunnel"]


TLS = ("-t", "full")
MEASURES = {"instructions": instructions, "syscalls": syscalls, "memory": memory,
            "tls-instructions": functools.partial(instructions, tls=TLS),
            "tls-syscalls": functools.partial(syscalls, tls=TLS),
            "tls-memory": functools.partial(memory, tls=TLS)}


def check(result, requests):
    faults = {key: result[key] for key in ("bad_status", "bad_length", "bad_handshakes", "failures")
              if result[key]}
    if faults or result["requests"] < requests:
        raise Fault(f"the run is not clean: {result['requests']} requests, {faults}")


def checked(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Fault(f"{' '.join(command)}: {(done.stdout + done.stderr).strip()}")


def default_load(router):
    """bench_load of the build folder the router is in."""
    build = os.path.dirname(os.path.dirname(os.path.abspath(router)))
    return os.path.join(build, "bench", "end_to_end", "bench_load")


def main():
    # The finally clauses stop the proxies.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--router", required=True, help="room-router, built for plain x86-64")
    parser.add_argument("--load", help="bench_load; default: of the same build folder")
    parser.add_argument("--only", choices=GATES, action="append")
    parser.add_argument("--proxy", default="room-router", choices=proxies.KINDS)
    arguments = parser.parse_args()
    programs = proxies.find_programs(arguments.router)
    load = arguments.load or default_load(arguments.router)
    failed = False
    for gate in arguments.only or GATES:
        try:
            value = measure(gate, arguments.proxy, programs, load)
        except (Fault, proxies.StartError) as fault:
            print(f"FAILED {gate}: {fault}", flush=True)
            failed = True
            continue
        print(GATES[gate].line(gate, value), flush=True)
        failed |= not GATES[gate].passes(value)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
