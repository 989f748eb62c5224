# SPDX-License-Identifier: Apache-2.0
"""Machines of their own for replicas: network namespaces that a test makes, parts and reunites.

    this process ─ 198.18.x.254 ──┬─ bridge "reach" ──┬──┬──┬─ eth "reach" 198.18.x.n   never parted
                                  replicas' namespaces 1  2  3 …
                                  └─ bridges "peer"  ─┴──┴──┴─ eth "peer"  198.19.x.n   parted

A partition puts groups of the second interfaces on bridges of their own: packets vanish, connections
hang, as when a switch fails. What a killed run left behind is removed by the next one.
"""
import atexit
import os
import pathlib
import re
import shutil
import subprocess

_PREFIX = "rrt"  # names: rrt<pid>…, at most 15 characters for an interface
_NOBODY = "02:00:00:00:00:01"  # an address that no interface has
_NAMESPACES = pathlib.Path("/run/netns")


def _ip(*lines, check=True):
    """Commands of ip, one a line."""
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=60)
    if check and done.returncode != 0:
        raise OSError(f"ip: {done.stderr.strip()}")
    return done


def _left_behind():
    """Names of namespaces and interfaces of processes that are no more."""
    found = [path.name for path in _NAMESPACES.glob(_PREFIX + "*")]
    links = [path.name for path in pathlib.Path("/sys/class/net").glob(_PREFIX + "*")]
    dead = [name for name in found + links if (match := re.match(rf"{_PREFIX}(\d+)[a-z]", name))
            and not pathlib.Path(f"/proc/{match[1]}").exists()]
    return [n for n in dead if n in found], [n for n in dead if n in links]


def _remove(namespaces, links):
    # Links first: a namespace ends some time after its name has gone.
    _ip(*(f"link del {name}" for name in links), check=False) if links else None
    for name in namespaces:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=60)


def _free_subnet(first):
    """The x of 198.18.x.0/24, as far as this machine knows."""
    used = subprocess.run(["ip", "-4", "-o", "address"], capture_output=True, text=True, timeout=60)
    numbers = [*range(first, 255), *range(1, first)]
    return next(number for number in numbers if f" 198.18.{number}." not in used.stdout)


def obstacle():
    """Why there can be no namespaces here; an empty string when there can."""
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"{_PREFIX}{os.getpid()}probe"
    done = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        bridge = f"{_PREFIX}{os.getpid()}b"
        done = _ip(f"link add {bridge} type bridge", f"link del {bridge}", check=False)
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, timeout=60)
    return "" if done.returncode == 0 else f"no network namespaces here: {done.stderr.strip()}"


class Machine:
    """A namespace with one address that the tests reach and one that only replicas reach."""

    def __init__(self, network, number):
        self.namespace = f"{network.prefix}m{number}"
        self.reach_port, self.peer_port = f"{network.prefix}r{number}", f"{network.prefix}p{number}"
        self.host = f"198.18.{network.subnet}.{number + 1}"
        self.peer_host = f"198.19.{network.subnet}.{number + 1}"
        self.resolv_conf = None  # a file that commands see as /etc/resolv.conf

    @property
    def prefix(self):
        """What starts a command there."""
        there = ["ip", "netns", "exec", self.namespace]
        if self.resolv_conf is None:
            return there
        # `ip netns exec` has given the command mounts of its own.
        return [*there, "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', self.resolv_conf]


class Network:
    def __init__(self, count):
        self.prefix = f"{_PREFIX}{os.getpid()}"
        self.subnet = _free_subnet(os.getpid() % 250 + 1)
        self.here = f"198.18.{self.subnet}.254"
        self.machines = [Machine(self, number) for number in range(count)]
        self.bridges = [f"{self.prefix}b{number}" for number in range(count + 1)]

    def start(self):
        _remove(*_left_behind())
        atexit.register(self.stop)
        try:
            self._build()
        except OSError:
            self.stop()
            raise
        return self

    def _build(self):
        reach, peer = self.bridges[:2]
        _ip(*(f"netns add {machine.namespace}" for machine in self.machines))
        _ip(f"link add {reach} type bridge", f"link add {peer} type bridge",
            f"address add {self.here}/24 dev {reach}",
            *(line for machine in self.machines for line in (
                f"link add {machine.reach_port} type veth peer reach netns {machine.namespace}",
                f"link add {machine.peer_port} type veth peer peer netns {machine.namespace}",
                f"link set {machine.reach_port} master {reach} up",
                f"link set {machine.peer_port} master {peer} up")),
            f"link set {reach} up", f"link set {peer} up")
        for number, machine in enumerate(self.machines):
            self._there(number, f"address add {machine.host}/24 dev reach",
                        f"address add {machine.peer_host}/24 dev peer",
                        "link set lo up", "link set reach up", "link set peer up")

    def part(self, *groups):
        """Groups of machines' numbers that hear each other, and nobody else does."""
        made = self.bridges[2:2 + len(groups)]
        _ip(*(line for bridge in made for line in (f"link add {bridge} type bridge",
                                                   f"link set {bridge} up")))
        _ip(*(f"link set {self.machines[number].peer_port} master {bridge}"
              for bridge, group in zip(made, groups) for number in group))

    def heal(self):
        _ip(*(f"link set {machine.peer_port} master {self.bridges[1]}" for machine in self.machines))
        self._unmake(self.bridges[2:])

    def block(self, one, other):
        """What these two machines send each other vanishes; both still reach the rest."""
        for here, there in ((one, other), (other, one)):
            self._there(here, f"neigh replace {self.machines[there].peer_host} dev peer lladdr {_NOBODY} "
                              "nud permanent")

    def unblock(self, one, other):
        for here, there in ((one, other), (other, one)):
            self._there(here, f"neigh del {self.machines[there].peer_host} dev peer")

    def _there(self, number, *lines):
        """Commands of ip on a machine, one a line."""
        subprocess.run(["ip", "-n", self.machines[number].namespace, "-batch", "-"], text=True, check=True,
                       capture_output=True, timeout=60, input="\n".join(lines) + "\n")

    def _unmake(self, links):
        present = [name for name in links if pathlib.Path(f"/sys/class/net/{name}").exists()]
        _remove([], present)

    def stop(self):
        atexit.unregister(self.stop)
        self._unmake([port for machine in self.machines
                      for port in (machine.reach_port, machine.peer_port)] + self.bridges)
        _remove([machine.namespace for machine in self.machines
                 if (_NAMESPACES / machine.namespace).exists()], [])
