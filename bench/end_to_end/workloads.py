# SPDX-License-Identifier: Apache-2.0
"""What is measured: bench_load's options for each row of the table, and the goal."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Workload:
    """One row. `goal` bounds room-router's ratio to HAProxy, or the figure when absolute."""

    title: str
    options: tuple
    value: str = "cpu_us_per_request"
    unit: str = "µs"
    goal: float = None
    higher_is_better: bool = False
    beats_splice: bool = False  # must also be no worse than HAProxy that splices
    absolute: bool = False
    load_is_limit: bool = False  # the load generator may be, so the proxy's core may be idle
    beats_baseline: bool = False  # of an absolute figure: no more than HAProxy's

    @property
    def saturated(self):
        return "-r" not in self.options and not self.absolute and not self.load_is_limit

    def meets(self, value, goal):
        return value >= goal if self.higher_is_better else value <= goal

    @property
    def goal_text(self):
        if self.beats_baseline:
            return "≤ HAProxy's"
        if self.goal is None:
            return "–"
        sign = "≥" if self.higher_is_better else "≤"
        unit = f" {self.unit}".rstrip() if self.absolute else ""
        text = f"{sign} {self.goal:,g}{unit}"
        return text + ", ≥ 1 × splice" if self.beats_splice else text


def handshakes(kind, session):
    """A connection for every request, 64 at a time."""
    return Workload(f"TLS 1.3 {kind} handshakes per CPU-second",
                    ("-m", "http", "-c", 64, "-o", "-t", session), value="requests_per_cpu_s",
                    unit="/s", goal=1, higher_is_better=True, load_is_limit=True)


def bulk(direction):
    return Workload(f"bulk tunnel {direction}, MB per CPU-second", ("-m", direction, "-c", 4),
                    value="mb_per_cpu_s", unit="MB", goal=2.7, higher_is_better=True,
                    beats_splice=True)


def tls_bulk(direction):
    return Workload(f"TLS: bulk tunnel {direction}, MB per CPU-second",
                    ("-m", direction, "-c", 4, "-t", "full"), value="mb_per_cpu_s", unit="MB",
                    goal=1, higher_is_better=True)


WORKLOADS = {
    "c64": Workload("CPU per request, 64 connections, saturated", ("-m", "http", "-c", 64),
                    goal=0.45),
    "big": Workload("16 KiB response", ("-m", "big", "-c", 64), goal=0.42),
    "post": Workload("POST 300 B", ("-m", "post", "-c", 64)),
    "c1500": Workload("1,500 connections", ("-m", "http", "-c", 1500), goal=0.45),
    "r10k": Workload("at 10,000 requests/s", ("-m", "http", "-c", 64, "-r", 10000), goal=0.58),
    "echo": Workload("websocket echo 100 B, saturated", ("-m", "echo", "-c", 64), goal=0.76),
    "echo5k": Workload("websocket echo 100 B, 5,000 per s", ("-m", "echo", "-c", 64, "-r", 5000),
                       goal=0.90),
    "down": bulk("down"),
    "up": bulk("up"),
    "tls-full": handshakes("full", "full"),
    "tls-resumed": handshakes("resumed", "resumed"),
    "tls-c64": Workload("TLS: CPU per request, 64 connections, saturated",
                        ("-m", "http", "-c", 64, "-t", "full"), goal=0.7),
    "tls-big": Workload("TLS: 16 KiB response", ("-m", "big", "-c", 64, "-t", "full"), goal=0.7),
    "tls-down": tls_bulk("down"),
    "tls-up": tls_bulk("up"),
    "memory": Workload("private memory per idle tunnel", (), unit="B", goal=600, absolute=True),
    "tls-memory": Workload("TLS: private memory per idle tunnel", (), unit="B", absolute=True,
                           beats_baseline=True),
    "instructions": Workload("user instructions per request", (), unit="", goal=10_000,
                             absolute=True),
    "tls-instructions": Workload("TLS: user instructions per request", (), unit="", goal=26_500,
                                 absolute=True),
    "tls-syscalls": Workload("TLS: syscalls per request, saturated", (), unit="", goal=4.1,
                             absolute=True),
    "syscalls": Workload("syscalls per request, saturated", (), unit="", goal=4.1, absolute=True),
}
