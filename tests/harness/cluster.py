# SPDX-License-Identifier: Apache-2.0
"""Replicas that gossip with each other, and what each of them says about the rooms."""
import json
import re

from harness.ports import free_port
from harness.router import Router, merged
from harness.waiting import eventually

_QUIET = {"level": "info", "access": {"format": "off"}}
# A shard that has no time to answer a check, on a busy machine, is not down.
_PATIENT = {"health": {"interval": "1s", "timeout": "1s", "fall": 20, "soft_down_grace": "60s"}}
KEY = "6b" * 32
_ENTRY = re.compile(r"key=(?P<room>\S+) use=.* server_key=(?P<shard>\S+) ")


def peers(listen, others, directory, key=KEY):
    """The `peers` section of a replica; the key is written beside its configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "peers.key"
    path.write_text(key + "\n")
    path.chmod(0o600)
    # Nobody is ready without the others' table just because the machine is busy.
    return {"listen": listen, "discovery": {"static": list(others)}, "sync_timeout": "60s",
            "tls": {"psk_file": str(path)}}


def table(router):
    """Room → shard, as the replica's admin socket tells."""
    return {match["room"]: match["shard"]
            for match in _ENTRY.finditer(router.command("show table jitsi-meet"))}


def in_sync(routers):
    """The one table that all have, or None."""
    tables = [table(router) for router in routers]
    return tables[0] if all(other == tables[0] for other in tables[1:]) else None


class Cluster:
    """`count` replicas on loopback, or one on each machine of a network; every one lists them all."""

    def __init__(self, processes, count, shards=(), config=None, network=None):
        self.processes, self.replicas = processes, []
        machines = network.machines if network else [None] * count
        self.links = [f"{machine.peer_host if machine else '127.0.0.1'}:{free_port()}"
                      for machine in machines[:count]]
        for number in range(count):
            name = f"router-{number}"
            section = peers(self.links[number], self.links, processes.directory / name)
            whole = merged({"peers": section, "logging": _QUIET, "shards": _PATIENT}, config or {})
            self.replicas.append(processes.add(Router(
                processes.binary, processes.directory, name, whole,
                shards(number) if callable(shards) else shards, machines[number])))

    def start(self):
        for replica in self.replicas:
            replica.process.start()
        for replica in self.replicas:
            replica.wait_ready()
        self.wait_linked()
        return self

    def wait_linked(self):
        """Until each of them has a link to every other."""
        eventually(lambda: all(replica.metric("room_router_replica_links") == len(self.replicas) - 1
                               for replica in self.replicas), "all replicas are linked")

    def wait_equal(self, replicas=None, deadline=30):
        return eventually(lambda: in_sync(replicas or self.replicas), "equal tables", deadline)


def known(router):
    """Name → last state of the other replicas, by the log of a replica."""
    lines = [json.loads(line) for line in router.process.text().splitlines()
             if '"replica_state"' in line]
    return {line["peer"]: line["state"] for line in lines}
