# SPDX-License-Identifier: Apache-2.0
"""Drives strophe.mjs: occupants in one Node process, known here by what they report."""
import contextlib
import json
import pathlib
import shutil
import subprocess
import threading

import pytest

from harness.installed import need

FOLDER = pathlib.Path(__file__).parent


def need_strophe():
    """Skips, with the reason, where Node or the library cannot be had."""
    for tool in ("node", "npm"):
        need(tool)
    if (FOLDER / "node_modules" / "strophe.js").is_dir():
        return
    done = subprocess.run([shutil.which("npm"), "ci", "--no-audit", "--no-fund"], cwd=FOLDER,
                          capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        pytest.skip("npm ci could not get strophe.js: " + done.stderr[-300:])


class StropheOccupant:
    def __init__(self, clients, name, room):
        self.clients, self.name, self.room = clients, name, room
        self.here, self.sees, self.heard = False, set(), set()
        self.joins = self.losses = 0
        self.nick = None

    @property
    def resumes(self):
        return 0

    def say(self, text):
        self.clients.order(order="say", name=self.name, text=text)

    def leave(self):
        """Out of the room, for good."""
        assert self.here, f"{self.name} cannot leave a room it is not in"
        self.here = False
        self.clients.order(order="leave", name=self.name)

    def happened(self, event, what):
        if event == "joined":
            self.here, self.joins, self.nick = True, self.joins + 1, what
        elif event == "lost":
            self.here, self.losses, self.sees = False, self.losses + 1, set()
        elif event == "sees":
            self.sees.add(what.rpartition(".")[0])
        elif event == "hears":
            self.heard.add(what)


class StropheClients:
    """`retries`: how often BOSH repeats a request, ever more slowly, before it starts anew."""

    def __init__(self, directory, retries=5):
        self.retries, self.occupants = retries, {}
        self.errors = open(pathlib.Path(directory) / "strophe.log", "wb")
        self.child = subprocess.Popen(["node", str(FOLDER / "strophe.mjs")], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                      start_new_session=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.child.stdout:
            event = json.loads(line)
            self.occupants[event["name"]].happened(event["event"], event["what"])

    def order(self, **order):
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()

    def join(self, name, room, muc, services):
        occupant = self.occupants[name] = StropheOccupant(self, name, room)
        self.order(order="join", name=name, room=room, muc=muc, services=services,
                   retries=self.retries)
        return occupant

    def stop(self):
        try:
            with contextlib.suppress(BrokenPipeError):  # it has gone; what it said is in its log
                self.child.stdin.close()
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
        self.errors.close()
