# SPDX-License-Identifier: Apache-2.0
"""Talks to bench_load, the load generator and backend: one run per line of options."""

import json
import os
import subprocess

import proxies


class Driver:
    """A bench_load that keeps its backend up between runs, so that no proxy sees a shard vanish."""

    def __init__(self, program, prefix=()):
        self.backend_ports = [proxies.free_port() for _ in range(proxies.SHARDS)]
        ports = ",".join(map(str, self.backend_ports))
        self.process = subprocess.Popen(
            [*prefix, program, "-l", ports], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def run(self, proxy, options, step=None):
        """The result of one run. `step(name)` is called before and after the measured part."""
        port = proxy.tls_port if "-t" in options else proxy.port
        words = ["-p", port, "-P", proxy.pid, *options]
        if step:
            words.append("-S")
        self._send(" ".join(map(str, words)))
        while True:
            answer = self._receive()
            if "step" not in answer:
                return answer
            step(answer["step"])
            self._send("")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)

    def _send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"bench_load ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError("bench_load: " + answer["error"])
        return answer


def pinned(core):
    """The command prefix for a real-time round-robin process on `core`, as far as permitted."""
    prefix = []
    if permitted(["chrt", "-r", "1", "true"]):
        prefix += ["chrt", "-r", "1"]
    if core < (os.cpu_count() or 1) and permitted(["taskset", "-c", str(core), "true"]):
        prefix += ["taskset", "-c", str(core)]
    return prefix


def permitted(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
