# SPDX-License-Identifier: Apache-2.0
"""A child process whose output is kept for the report of a failed test."""
import os
import pathlib
import re
import signal
import subprocess

from harness.waiting import GivenUp, eventually

running = []  # every Process started and not yet forgotten by the report hook
_SANITIZER = re.compile(
    r"(ERROR: AddressSanitizer|WARNING: ThreadSanitizer|ERROR: LeakSanitizer|: runtime error: )")


class Process:
    def __init__(self, name, command, directory, env=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(directory) / f"{name}.log"
        self.env = {**os.environ, **(env or {})}
        self.child = None

    def start(self):
        with open(self.log, "ab") as log:
            # Killed with this one, should it be killed before it can clean up.
            self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=self.env, start_new_session=True)
        if self not in running:
            running.append(self)
        return self

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, deadline=20):
        return self.child.wait(deadline)

    def kill(self):
        """Without a chance to say goodbye, children included."""
        if self.alive():
            try:
                os.killpg(self.child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.child.wait(10)

    def stop(self, deadline=10):
        """SIGTERM, then SIGKILL when it does not end; returns the exit code."""
        if self.child is None:
            return None
        if self.alive():
            self.signal(signal.SIGTERM)
            try:
                self.child.wait(deadline)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.child.returncode

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=25):
        return "\n".join(line[:300] for line in self.text().splitlines()[-lines:])

    def sanitizer_report(self):
        """The first lines of a sanitizer's finding in the log, or an empty string."""
        text = self.text()
        found = _SANITIZER.search(text)
        return text[found.start():found.start() + 3000] if found else ""

    def wait_until(self, condition, what, deadline=20):
        def look():
            if not self.alive():
                raise GivenUp(f"{self.name} ended with {self.child.returncode}\n{self.tail()}")
            return condition()

        return eventually(look, f"{self.name}: {what}", deadline)
