# SPDX-License-Identifier: Apache-2.0
"""Knot DNS with one zone that changes live, and that it can refuse, fail or lose on request."""
import pathlib
import subprocess

import dns.message
import dns.query
import dns.rcode

from harness import process
from harness.ports import free_port

ZONE = "jitsi.test."


class Knot:
    """`machine`: a namespace of harness.network it runs in, on the port of DNS; else on loopback."""

    def __init__(self, directory, lines=(), machine=None, origin=ZONE):
        self.origin = origin
        self.directory = pathlib.Path(directory) / "knot"
        for part in ("", "db", "run"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        self.host = machine.host if machine else "127.0.0.1"
        self.port = 53 if machine else free_port()
        self.serial = 0
        self.zone = self.directory / "zone"
        self.config = self.directory / "knot.conf"
        self._configure(self.zone)
        command = [*(machine.prefix if machine else ()), "knotd", "-c", self.config]
        self.process = process.Process("knot", command, self.directory)
        self._write(lines)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def _configure(self, zone_file):
        """None: without the zone, which Knot answers with REFUSED."""
        zone = f"zone:\n  - domain: {self.origin}\n    file: {zone_file}\n" if zone_file else ""
        self.config.write_text(f"""server:
  rundir: {self.directory}/run
  listen: {self.host}@{self.port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  answer-rotation: on
log:
  - target: stderr
    any: info
database:
  storage: {self.directory}/db
template:
  - id: default
    storage: {self.directory}
    zonefile-sync: -1
    journal-content: none
{zone}""")

    def _write(self, lines):
        self.serial += 1
        text = (f"{self.origin} 1 IN SOA ns.{self.origin} admin.{self.origin} {self.serial} 60 60 60 1\n"
                f"{self.origin} 1 IN NS ns.{self.origin}\nns.{self.origin} 1 IN A 127.0.0.1\n")
        self.zone.write_text(text + "\n".join(lines) + "\n")

    def _ask(self):
        query = dns.message.make_query(self.origin, "SOA")
        return dns.query.udp(query, self.host, timeout=1, port=self.port)

    def _serves_current(self):
        answer = self._ask().answer
        return answer and answer[0][0].serial == self.serial

    def _control(self, *command):
        subprocess.run(["knotc", "-c", str(self.config), *command], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=20)

    def start(self):
        self.process.start()
        self.process.wait_until(self._serves_current, "serves the zone")
        return self

    def set(self, lines):
        """Replaces the zone; returns when it is being served."""
        self._write(lines)
        self._control("zone-reload", self.origin)
        self.process.wait_until(self._serves_current, "serves the new zone")

    def set_unserved(self, lines):
        """Replaces the zone of a server that is not running."""
        self._write(lines)

    def change(self, removed=(), added=()):
        """Single records in one transaction, as a dynamic update would; returns when it is served."""
        self._control("zone-begin", self.origin)
        for command, lines in (("zone-unset", removed), ("zone-set", added)):
            for line in lines:
                owner, ttl, _, kind, data = line.split(" ", 4)
                owner = owner if owner.endswith(".") else owner + "."
                lifetime = [ttl] if command == "zone-set" else []
                self._control(command, self.origin, owner, *lifetime, kind, data)
        self._control("zone-commit", self.origin)
        self.serial += 1
        self.process.wait_until(self._serves_current, "serves the changed zone")

    def refuse(self):
        """Answers REFUSED: it has no such zone."""
        self._become(None, dns.rcode.REFUSED)

    def fail(self):
        """Answers SERVFAIL: the zone has no data."""
        self.refuse()  # else it would keep the data it has
        self._become(self.zone.with_name("none"), dns.rcode.SERVFAIL)

    def recover(self):
        self._become(self.zone, dns.rcode.NOERROR)

    def _become(self, zone_file, rcode):
        self._configure(zone_file)
        self._control("reload")
        self.process.wait_until(lambda: self._ask().rcode() == rcode, dns.rcode.to_text(rcode))

    def stop(self):
        self.process.stop(5)

    kill = stop
