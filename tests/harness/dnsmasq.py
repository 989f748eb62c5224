# SPDX-License-Identifier: Apache-2.0
"""dnsmasq, as on a small network: services of its own, everything else asked of other servers."""
import pathlib
import signal

import dns.message
import dns.query

from harness import process
from harness.ports import free_port


class Dnsmasq:
    """`services`: SRV lines as of harness.dns; `hosts`: name → address; `upstream`: zone → server."""

    def __init__(self, directory, services=(), hosts=None, upstream=None):
        self.directory = pathlib.Path(directory) / "dnsmasq"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.hosts = self.directory / "hosts"
        self._write(hosts or {})
        config = self.directory / "dnsmasq.conf"
        lines = [f"port={self.port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv",
                 "no-hosts", f"addn-hosts={self.hosts}", "user=", "pid-file=", "cache-size=0",
                 "edns-packet-max=1232", "local=/here.test/"]
        for line in services:
            name, _, _, _, priority, weight, port, target = line.split()
            lines.append(f"srv-host={name.rstrip('.')},{target.rstrip('.')},{port},{priority},{weight}")
        for zone, server in (upstream or {}).items():
            lines.append(f"server=/{zone}/{server.replace(':', '#')}")
        config.write_text("\n".join(lines) + "\n")
        self.process = process.Process(
            "dnsmasq", ["dnsmasq", "--keep-in-foreground", "--log-facility=-", f"--conf-file={config}"],
            self.directory)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _write(self, hosts):
        self.hosts.write_text("".join(f"{address} {name}\n" for name, address in hosts.items()))

    def _answers(self):
        query = dns.message.make_query("nobody.here.test", "A")
        return dns.query.udp(query, "127.0.0.1", timeout=1, port=self.port)

    def start(self):
        self.process.start()
        self.process.wait_until(self._answers, "answers")
        return self

    def set_hosts(self, hosts):
        self._write(hosts)
        self.process.signal(signal.SIGHUP)

    def stop(self):
        self.process.stop(5)
