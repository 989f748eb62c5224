# SPDX-License-Identifier: Apache-2.0
"""Interleaved rounds and what may be concluded from them.

Every round measures all proxies one after the other, forwards and backwards in turn, and only
ratios within a round are compared: what disturbs the machine disturbs both sides.
"""

import collections
import statistics
import time

PAUSE_S = 0.25
SLOW_CALIBRATION = 1.3
FOREIGN_LOAD = 1.12
TRIES = 3


class Samples:
    """All runs: kept ones by workload, proxy and round; every one as a row for the CSV file."""

    def __init__(self):
        self.rows = []
        self._kept = collections.defaultdict(dict)
        self._best_calibration = float("inf")

    def add(self, key, workload, proxy_name, round_number, result):
        """Returns why the run is dropped, empty = kept."""
        slowest = max(result["calibration_before_us"], result["calibration_after_us"])
        fastest = min(result["calibration_before_us"], result["calibration_after_us"])
        self._best_calibration = min(self._best_calibration, fastest)
        dropped = self._fault(workload, result, slowest)
        self.rows.append({"workload": key, "round": round_number, "proxy": proxy_name,
                          "dropped": dropped, **result})
        if not dropped:
            self._kept[key, proxy_name][round_number] = result
        return dropped

    def _fault(self, workload, result, slowest):
        for name in ("bad_status", "bad_length", "bad_handshakes", "failures"):
            if result[name]:
                return f"{name} {result[name]}"
        if not result[workload.value]:
            return "no result"
        if slowest > SLOW_CALIBRATION * self._best_calibration:
            return "slow calibration"
        if workload.saturated and result["core_busy_us"] > FOREIGN_LOAD * result["cpu_us"]:
            return "foreign load on the core"
        return ""

    def values(self, key, proxy_name, field):
        return [result[field] for result in self._kept[key, proxy_name].values()]

    def median(self, key, proxy_name, field):
        values = self.values(key, proxy_name, field)
        return statistics.median(values) if values else None

    def ratios(self, key, proxy_name, other_name, field):
        """Paired: of the rounds in which both runs were kept."""
        ours, theirs = self._kept[key, proxy_name], self._kept[key, other_name]
        return [ours[number][field] / theirs[number][field]
                for number in sorted(ours) if number in theirs]

    def ratio(self, key, proxy_name, other_name, field):
        ratios = self.ratios(key, proxy_name, other_name, field)
        return statistics.median(ratios) if ratios else None

    def dropped(self, key, proxy_name):
        return [row["dropped"] for row in self.rows
                if row["workload"] == key and row["proxy"] == proxy_name and row["dropped"]]


def run_rounds(traffic, running, selected, settings, samples):
    """`selected` maps keys to workloads; settings: rounds, warm, seconds, core."""
    for key, workload in selected.items():
        takes_part = [proxy for proxy in running
                      if not proxy.kind.workloads or key in proxy.kind.workloads]
        options = [*workload.options, "-w", settings.warm, "-d", settings.seconds,
                   "-k", settings.core]
        for number in range(settings.rounds):
            for proxy in takes_part if number % 2 == 0 else reversed(takes_part):
                for _ in range(TRIES):
                    result = traffic.run(proxy, options)
                    time.sleep(PAUSE_S)
                    if not samples.add(key, workload, proxy.name, number, result):
                        break
        yield key
