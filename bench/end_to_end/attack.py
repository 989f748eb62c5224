#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What healthy clients feel while others attack: their 99th percentile, alone and under each attack.

The healthy ones are bench_load's, at a fixed rate, half of a run on connections that stay and half on
new ones. Attackers are processes of the lowest priority: elsewhere they would have machines of their own.
"""

import argparse
import multiprocessing
import os
import pathlib
import signal
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import types

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/end_to_end")]

from driver import Driver  # noqa: E402
from harness.authority import Authority  # noqa: E402
from harness.client import RawClient, get, upgrade  # noqa: E402
from harness.crowd import Crowd  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.router import Router  # noqa: E402
from harness.usage import ManyDescriptors  # noqa: E402

GOAL = 3
HEAD = b"GET /http-bind?room=attack HTTP/1.1\r\nHost: meet.test\r\n"
# So long that no more of them are read at once than limits.pipelined_requests allows.
LOCAL = get("/_unlock?room=attack", fields="X-Pad: " + "x" * 300 + "\r\n") * 500
FRAMES = b"\x81\x80\0\0\0\0" * 5000


def slow_heads(port, _):
    while True:
        with Crowd(port, 500, HEAD + b"X-A: ") as crowd, crowd.trickling(b"a"):
            crowd.answers()


def idle_connections(port, _):
    with Crowd(port, 2000):
        threading.Event().wait()


def churn(port, _):
    while True:
        Crowd(port, 50, HEAD).reset()


def large_heads(port, _):
    while True:
        with RawClient(port) as client:
            client.send(HEAD + b"X-A: " + b"x" * (1 << 20))


def _drained(client):
    threading.Thread(target=lambda: all(iter(lambda: client.sock.recv(1 << 20), b"")),
                     daemon=True).start()
    return client


def pipelining(port, _):
    client = _drained(RawClient(port))
    while True:
        client.sock.sendall(LOCAL)


def pipelining_unread(port, _):
    with Crowd(port, 100, taking=4096) as crowd:
        while True:
            if not crowd.send(LOCAL):
                threading.Event().wait(0.1)


def websocket_frames(port, _):
    clients = [RawClient(port) for _ in range(20)]
    for client in clients:
        client.send(upgrade("/xmpp-websocket?room=attack"))
        client.read_head()
        _drained(client)
    while True:
        for client in clients:
            client.sock.sendall(FRAMES)


def _unchecked():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def handshakes(_, tls_port):
    context = _unchecked()
    while True:
        with socket.create_connection(("127.0.0.1", tls_port)) as sock:
            context.wrap_socket(sock).close()


def garbage_records(_, tls_port):
    while True:
        with RawClient(tls_port) as client:
            client.send(b"\x16\x03\x01\x40\x00" + os.urandom(1 << 14))


ATTACKS = {attack.__name__: attack for attack in (
    slow_heads, idle_connections, churn, large_heads, pipelining, pipelining_unread,
    websocket_frames, handshakes, garbage_records)}


def _attacker(name, ports):
    os.nice(40)  # the lowest there is
    with ManyDescriptors():
        while True:
            try:
                ATTACKS[name](*ports)
            except (OSError, AssertionError):
                continue  # cut off; attackers come back


class Attack:
    """Two processes that do it, until the end."""

    def __init__(self, name, ports):
        self.processes = [multiprocessing.Process(target=_attacker, args=(name, ports), daemon=True)
                          for _ in range(2)]

    def __enter__(self):
        for process in self.processes:
            process.start()

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.join()


def percentiles(driver, proxy, options):
    """p50 and p99 in ms of the healthy clients, the worse of kept and of new connections."""
    runs = [driver.run(proxy, ["-m", "http", "-c", 8, "-r", options.rate, "-s", "-w", 0.5, "-d",
                               options.seconds, *more]) for more in ([], ["-o"])]
    for run in runs:
        assert not run["bad_status"] + run["bad_length"] + run["failures"], run
    return [max(run[name] for run in runs) / 1000 for name in ("p50_us", "p99_us")]


def start(options, driver, folder):
    shards = [types.SimpleNamespace(name=f"shard-{number}", host="127.0.0.1", port=port)
              for number, port in enumerate(driver.backend_ports)]
    certificate, key = Authority(folder).sign("meet.test")
    router = Router(options.router, folder, "bench", {
        "limits": {"pipelined_requests": 128},
        "logging": {"level": "warning", "access": {"format": "off"}}}, shards)
    router.tls_port = free_port()
    router.config["listeners"].append({"address": f"127.0.0.1:{router.tls_port}", "tls": {
        "certificate": str(certificate), "key": str(key)}})
    router.write()
    router.start()
    router.pid = router.process.pid
    return router


def measure(options, driver, router):
    """Attack → (p50, p99, p99 alone, ratio) by round."""
    found = {name: [] for name in options.only}
    for number in range(options.rounds):
        for name in options.only:
            alone = percentiles(driver, router, options)
            with Attack(name, (router.port, router.tls_port)):
                under = percentiles(driver, router, options)
            found[name].append((*under, alone[1], under[1] / alone[1]))
            print(f"round {number + 1} {name}: {alone[1]:.2f} → {under[1]:.2f} ms", file=sys.stderr)
    return found


def table(found):
    print("| attack | p50 | p99 alone | p99 | ratio | |\n|---|---|---|---|---|---|")
    for name, rounds in found.items():
        p50, p99, alone, ratio = map(statistics.median, zip(*rounds))
        print(f"| {name.replace('_', ' ')} | {p50:.2f} ms | {alone:.2f} ms | {p99:.2f} ms "
              f"| {ratio:.1f} | {'' if ratio <= GOAL else 'missed'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--router", required=True)
    parser.add_argument("--load", required=True, help="bench_load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of one run")
    parser.add_argument("--rate", type=int, default=500, help="requests of the healthy, per second")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ATTACKS))
    options = parser.parse_args()
    if unknown := set(options.only) - set(ATTACKS):
        parser.error(f"--only: {', '.join(unknown)}; known are {', '.join(ATTACKS)}")
    if os.geteuid() == 0:
        os.nice(-15)  # other work on the machine is not what is measured
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    driver = Driver(options.load)
    with tempfile.TemporaryDirectory() as folder:
        router = start(options, driver, pathlib.Path(folder))
        try:
            table(measure(options, driver, router))
        finally:
            router.stop()
            driver.close()


if __name__ == "__main__":
    main()
