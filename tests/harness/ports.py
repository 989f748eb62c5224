# SPDX-License-Identifier: Apache-2.0
"""Loopback ports nobody uses, outside the range the system gives to outgoing connections."""
import itertools
import os
import random
import socket

# Each of several processes that test at the same time (pytest-xdist) has ports of its own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_count = 20000 // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_ports = itertools.cycle(range(11000 + _worker * _count, 11000 + (_worker + 1) * _count))
for _ in range(random.Random(os.getpid()).randrange(_count)):
    next(_ports)


def free_port(host="127.0.0.1"):
    for port in itertools.islice(_ports, 2000):
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((host, port))
            return port
        except OSError:
            continue
    raise RuntimeError("no free port between 11000 and 31000")
