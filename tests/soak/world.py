# SPDX-License-Identifier: Apache-2.0
"""Three replicas that gossip, four shards that DNS tells of, and the traffic between them."""
import ssl
import threading
import time

from harness.authority import Authority, MountedSecret
from harness.cluster import Cluster
from harness.dns import SRV_NAME, ScriptedDns, records
from harness.network import Network, obstacle
from harness.ports import free_port
from soak.connection import HOST
from soak.faults import Hands
from soak.schedule import REPLICAS, SHARDS, placement
from soak.shards import EchoShard
from soak.traffic import Traffic

CONFIG = {
    "node": {"threads": 2},
    "timeouts": {"client_header": "3s", "client_idle": "5s", "connect": "2s", "server_response": "10s",
                 "tunnel_idle": "2m", "half_closed": "3s", "upstream_idle": "2s"},
    "shards": {"health": {"checks": [{"type": "http", "url": "http://{address}/health"}],
                          "interval": "1s", "timeout": "1s", "rise": 1, "fall": 3,
                          "soft_down_grace": "2s", "dampening": "0s"}},
    "limits": {"pipelined_requests": 128},
    "stick_table": {"expire": "20s"},
    "drain": {"accept_for": "500ms", "max": "3s"},
    "logging": {"level": "info", "access": {"format": "json", "output": "/dev/null"}},
}


class World:
    """`events`: what was done and found, with the second in which it was."""

    def __init__(self, processes, seed):
        self.begun, self.events, self.violations = time.monotonic(), [], []
        self.over = threading.Event()  # the run is, or has failed
        self.journal = processes.directory / "soak.log"
        self.hands = processes.add(Hands())
        self.no_network = obstacle()
        self.network = None if self.no_network else processes.add(Network(REPLICAS).start())
        here = self.network.here if self.network else "127.0.0.1"
        self.shards = [EchoShard(f"shard-{number}", here) for number in range(SHARDS)]
        self.dns = processes.add(ScriptedDns(records(self.shards), host=here).start())
        self.authority = Authority(processes.directory)
        mounted = processes.directory / "secret"
        mounted.mkdir()
        self.pair = self.authority.sign(HOST)
        self.secret = MountedSecret(mounted, self.pair)
        self.cluster = Cluster(processes, REPLICAS, config=self._config(seed), network=self.network)
        self.replicas = self.cluster.replicas
        for replica in self.replicas:
            self._add_tls(replica)
        self.traffic = processes.add(Traffic(seed, [
            (replica.host, replica.port, replica.tls_port) for replica in self.replicas],
            self.authority.client()))
        for shard in self.shards:
            self.traffic.run(shard.start())
        self.cluster.start()

    def _config(self, seed):
        discovery = {"srv": [SRV_NAME], "resolvers": [self.dns.address],
                     "refresh": {"min": "500ms", "max": "1s"}, "obsolete": "5s"}
        return CONFIG | {"shards": CONFIG["shards"] | {"discovery": discovery},
                         "placement": {"algorithm": placement(seed)}}

    def _add_tls(self, replica):
        replica.tls_port = free_port()
        replica.config["listeners"].append({
            "address": f"{replica.host}:{replica.tls_port}",
            "tls": {"certificate": str(self.secret.certificate), "key": str(self.secret.key)}})
        replica.write()

    def swap_certificate(self):
        self.pair = self.authority.sign(HOST)
        self.secret.put(self.pair)

    def serial(self):
        """Of the certificate that has to be shown."""
        return ssl._ssl._test_decode_cert(str(self.pair[0]))["serialNumber"]

    # -- what happens
    def now(self):
        return time.monotonic() - self.begun

    def tell(self, text):
        self.events.append(f"{self.now():7.2f} s  {text}")
        with open(self.journal, "a", encoding="utf-8") as journal:
            journal.write(self.events[-1] + "\n")

    def wrong(self, text):
        self.violations.append(f"{self.now():.2f} s: {text}")
        self.tell(f"WRONG: {text}")

    def found(self):
        """Everything that must not be, so far."""
        return (self.violations + self.traffic.violations
                + [text for shard in self.shards for text in shard.wrong])

    def reading(self, replica):
        """A replica to give orders to: this one, or another one when it is not there."""
        count = len(self.replicas)
        return next(self.replicas[number % count] for number in range(replica, replica + count)
                    if number % count not in self.traffic.out)
