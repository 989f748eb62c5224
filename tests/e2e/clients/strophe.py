# SPDX-License-Identifier: Apache-2.0
"""Drives strophe.mjs: occupants in one Node process, known here by what they report."""
import json
import pathlib
import subprocess
import threading

FOLDER = pathlib.Path(__file__).parent


class StropheOccupant:
    def __init__(self, clients, name, room):
        self.clients, self.name, self.room = clients, name, room
        self.here, self.sees, self.heard = False, set(), set()
        self.joins = self.losses = 0

    @property
    def resumes(self):
        return 0

    def say(self, text):
        self.clients.order(order="say", name=self.name, text=text)

    def happened(self, event, what):
        if event == "joined":
            self.here, self.joins = True, self.joins + 1
        elif event == "lost":
            self.here, self.losses, self.sees = False, self.losses + 1, set()
        elif event == "sees":
            self.sees.add(what.rpartition(".")[0])
        elif event == "hears":
            self.heard.add(what)


class StropheClients:
    def __init__(self, directory):
        self.occupants = {}
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
        self.order(order="join", name=name, room=room, muc=muc, services=services)
        return occupant

    def stop(self):
        self.child.stdin.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
        self.errors.close()
