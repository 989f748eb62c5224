#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Room Router beside HAProxy and nginx: CPU per request, tunnels, memory.

Prints the table of the targets; writes every run as CSV and the ratios as SVG.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import driver  # noqa: E402
import gates  # noqa: E402
import plot  # noqa: E402
import proxies  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

BASELINE = "haproxy"
DEFAULT = "haproxy,haproxy-b,haproxy-hash,haproxy-splice,nginx,room-router,room-router-log"
FIGURES_SKIP = ("haproxy-b", "haproxy-splice")  # nothing of theirs differs


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", help="the room-router binary; without it only the others run")
    parser.add_argument("--load", required=True, help="the bench_load binary")
    parser.add_argument("--haproxy", help="another HAProxy binary as the baseline")
    parser.add_argument("--proxies", default=DEFAULT, help="of: " + ", ".join(proxies.KINDS))
    parser.add_argument("--only", default=",".join(WORKLOADS),
                        help="workloads, of: " + ", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warm", type=float, default=0.15, help="seconds before each window")
    parser.add_argument("--seconds", type=float, default=0.35, help="each window")
    parser.add_argument("--core", type=int, default=0, help="the proxies'; the load takes the next")
    parser.add_argument("--results", default=os.path.join(os.path.dirname(HERE), "results"))
    arguments = parser.parse_args()
    arguments.only = split(parser, "--only", arguments.only, WORKLOADS)
    arguments.proxies = split(parser, "--proxies", arguments.proxies, proxies.KINDS)
    if BASELINE not in arguments.proxies:
        arguments.proxies.insert(0, BASELINE)
    return arguments


def split(parser, option, text, known):
    items = [item for item in text.split(",") if item]
    for item in items:
        if item not in known:
            parser.error(f"{option}: {item} is none of {', '.join(known)}")
    return items


def available(names, programs):
    kept = [name for name in names if programs[proxies.KINDS[name].program]]
    for name in set(names) - set(kept):
        say(f"left out: {name} ({proxies.KINDS[name].program} is not there)")
    if BASELINE not in kept:
        sys.exit("compare.py: HAProxy, the baseline, is not installed")
    return kept


def say(message):
    print(message, file=sys.stderr, flush=True)


def compare(arguments, names, programs):
    """Samples of all paired workloads; every proxy runs all the time, one at a time has load."""
    selected = {key: WORKLOADS[key] for key in arguments.only if not WORKLOADS[key].absolute}
    samples = rounds.Samples()
    if not selected:
        return samples
    folder = tempfile.mkdtemp(prefix="room-router-bench-")
    traffic = driver.Driver(arguments.load, driver.pinned(arguments.core + 1))
    running = []
    try:
        for name in names:
            proxy = proxies.Proxy(name, folder, programs, traffic.backend_ports)
            running.append(proxy)
            proxy.start(driver.pinned(arguments.core))
        for key in rounds.run_rounds(traffic, running, selected, arguments, samples):
            say(f"measured: {key}")
    finally:
        for proxy in running:
            proxy.stop()
        traffic.close()
        shutil.rmtree(folder, ignore_errors=True)
    return samples


def measure_figures(arguments, names, programs):
    figures = {}
    for key in arguments.only:
        if not WORKLOADS[key].absolute:
            continue
        figures[key] = {}
        for name in names:
            if name in FIGURES_SKIP:
                continue
            try:
                figures[key][name] = gates.measure(key, name, programs, arguments.load)
            except (gates.Fault, proxies.StartError) as fault:
                say(f"{key} of {name}: {fault}")
        say(f"measured: {key}")
    return figures


def write_plot(path, title, output, selected):
    groups = []
    for key, workload in selected.items():
        if workload.absolute:
            continue
        bars = {}
        for name in output.names:
            ratio = output.value(key, workload, name)
            if ratio is not None:
                bars[proxies.KINDS[name].label] = (ratio, f"{ratio:.2f}")
        groups.append((workload.title, bars, workload.goal))
    plot.write_svg(path, title, groups, [proxies.KINDS[name].label for name in output.names])


def main():
    # The finally clauses stop the proxies.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    arguments = parse_arguments()
    programs = proxies.find_programs(arguments.router, arguments.haproxy)
    names = available(arguments.proxies, programs)
    if not driver.permitted(["chrt", "-r", "1", "true"]):
        say("no real-time priority here: other load on this machine will show in the figures")
    for program, path in programs.items():
        if path:
            say(f"{program}: {proxies.version(program, path)}")
    samples = compare(arguments, names, programs)
    figures = measure_figures(arguments, names, programs)
    selected = {key: WORKLOADS[key] for key in arguments.only}
    output = report.Report(samples, figures, names, BASELINE)
    label = " ".join(proxies.version("haproxy", programs["haproxy"]).split()[:3])
    os.makedirs(arguments.results, exist_ok=True)
    stem = os.path.join(arguments.results, time.strftime("%Y%m%d-%H%M%S"))
    output.write_csv(stem + ".csv")
    write_plot(stem + ".svg", f"{label} = 1 (bulk: more is better, else less)", output, selected)
    print(output.details(selected), end="\n\n")
    print(output.table(selected, label))
    say(f"written: {stem}.csv and {stem}.svg")


if __name__ == "__main__":
    try:
        main()
    except (proxies.StartError, RuntimeError) as error:
        sys.exit(f"compare.py: {error}")
