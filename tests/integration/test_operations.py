# SPDX-License-Identifier: Apache-2.0
"""How people operate HAProxys before Jitsi: socat, many `set table` lines, tables compared fleet-wide."""
import random
import subprocess

import pytest

from harness.installed import need
from harness import runtime_api
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.ports import free_port
from harness.waiting import eventually

TABLE = "nodes"
LINES = 10_000


@pytest.fixture(scope="module")
def cluster(module_processes):
    """Three replicas whose table is called as meet.jit.si calls it; each also listens on TCP."""
    shards = module_processes.shards()
    cluster = Cluster(module_processes, 3, shards, {"stick_table": {"name": TABLE}})
    for replica in cluster.replicas:
        replica.tcp = f"127.0.0.1:{free_port()}"
        replica.config["admin"]["sockets"].append({"address": replica.tcp})
        replica.write()
    cluster.start()
    ask(cluster.replicas[0], [f"room{number}" for number in range(30)])
    return cluster


def _entries(text):
    """Key → fields, split at blanks and equals signs as the fleet's scripts do."""
    entries = {}
    for line in text.splitlines():
        if line.startswith("0x"):
            fields = dict(word.split("=", 1) for word in line.split(" ")[1:])
            entries[fields["key"]] = fields
    return entries


def _table(replica):
    return _entries(replica.command(f"show table {TABLE}"))


def _homes(replica):
    return {key: fields["server_key"] for key, fields in _table(replica).items()}


def _rows(replica):
    lines = [line for line in replica.command("show stat").splitlines() if line]
    columns = lines[0].lstrip("# ").split(",")
    return [dict(zip(columns, line.split(","))) for line in lines[1:]]


def _server_ids(replica):
    return {row["svname"]: row["sid"] for row in _rows(replica) if row["type"] == "2"}


def _pipe(replica, text):
    return runtime_api.pipe(replica.socket_path, text)


def _converged(cluster, expected):
    for replica in cluster.replicas:
        eventually(lambda replica=replica: expected.items() <= _homes(replica).items(),
                   f"{replica.name} has {len(expected)} rooms where they were put", 60, 0.2)


def test_ten_thousand_rooms_are_placed_down_one_connection(cluster, seed):
    print("seed", seed)
    dice = random.Random(seed)
    one, *others = cluster.replicas
    ids = _server_ids(one)
    wanted = {f"many{number}": dice.choice(sorted(ids)) for number in range(LINES)}
    commands = [f"set table {TABLE} key {room} data.server_id {ids[shard]}"
                for room, shard in wanted.items()]
    text = ""
    while commands:  # lines, and lists of them
        count = dice.choice([1, 1, 1, 50])
        text += dice.choice([";", " ; "]).join(commands[:count]) + dice.choice(["\n", "\r\n"])
        del commands[:count]
    assert _pipe(one, text) == b"\n" * LINES
    _converged(cluster, wanted)
    assert all(_homes(other) == _homes(one) for other in others)


def test_payloads_are_not_run(cluster):
    one = cluster.replicas[0]
    before = _homes(one)
    answer = _pipe(one, f"set map hosts <<\nclear table {TABLE}\nb c\n\nshow version\n").decode()
    assert answer.startswith("Unknown map identifier. Please use #<id> or <file>.\n\n")
    assert answer.count("\n\n") == 2
    answer = _pipe(one, f"set map hosts <<END\n\nclear table {TABLE}\n\nEND\n").decode()
    assert answer == "Unknown map identifier. Please use #<id> or <file>.\n\n"
    assert _pipe(one, f"set ssl cert x <<\nclear table {TABLE}\n") == b"", "it has no end"
    assert _homes(one) == before


def test_a_fleet_wide_comparison_finds_what_differs_and_repairs_it(cluster):
    """What a monitor does: dump all tables, compare, and write the majority's word everywhere."""
    one, two, three = cluster.replicas
    ids = _server_ids(one)
    assert all(_server_ids(replica).keys() == ids.keys() for replica in cluster.replicas)
    room = "many7"
    for shard in list(ids) * 3:  # a room pushed around at three replicas at once
        for replica in cluster.replicas:
            replica.command(f"set table {TABLE} key {room} data.server_id "
                            f"{_server_ids(replica)[shard]}")
    cluster_wide = eventually(
        lambda: (homes := [_homes(replica) for replica in cluster.replicas]) and
        homes[0] == homes[1] == homes[2] and homes[0], "the tables agree", 60, 0.2)
    assert cluster_wide[room] == list(ids)[-1]
    lines = [f"set table {TABLE} key {room} data.server_id {ids[shard]}"
             for room, shard in cluster_wide.items()]
    assert _pipe(two, "\n".join(lines[:500]) + "\n") == b"\n" * len(lines[:500])
    for replica in (one, two, three):
        assert _homes(replica) == cluster_wide, "writing what is so changes nothing"


SOCAT = [
    ("show table nodes", "# table: nodes, type: string, size:"),
    ("show table nodes key room1", "# table: nodes, type: string, size:"),
    ("show table nodes data.server_id eq 1", "# table: nodes, type: string, size:"),
    ("show stat", "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,"),
    ("show stat -1 4 -1", "# pxname,svname,"),
    ("show info", "Name: room-router\nVersion: "),
    ("show servers state", "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state "),
    ("show servers state nodes", "1\n# be_id be_name srv_id srv_name "),
    ("show backend", "# name\nnodes\n\n"),
    ("show peers", "0x"),
    ("show sess", ""),
    ("show errors", "Total events captured on ["),
    ("get weight nodes/shard-1", "100 (initial 100)\n\n"),
    ("set server nodes/shard-1 state drain", "\n"),
    ("set server nodes/shard-1 state ready", "\n"),
    ("set server nodes/shard-1 weight 50%", "\n"),
    ("set weight nodes/shard-1 100%", "\n"),
    ("set server nodes/shard-1 health up", "\n"),
    ("set server nodes/shard-1 addr 10.0.0.1 port 80", "Addresses come from DNS"),
    ("disable server nodes/shard-1", "\n"),
    ("enable server nodes/shard-1", "\n"),
    ("set maxconn global 5000", "\n"),
    ("set rate-limit connections global 0", "\n"),
    ("clear counters", "\n"),
    ("show nonsense", "Unknown command"),
]


@pytest.mark.parametrize("door", ["unix", "tcp"])
@pytest.mark.parametrize("command,answer", SOCAT, ids=[command for command, _ in SOCAT])
def test_one_liners_of_runbooks(cluster, door, command, answer):
    socat = need("socat")
    one = cluster.replicas[0]
    where = f"unix-connect:{one.socket_path}" if door == "unix" else f"tcp4-connect:{one.tcp}"
    done = subprocess.run([socat, "-t", "20", "stdio", where], input=command + "\n", text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith(answer) and done.stdout.endswith("\n")


def test_the_peers_of_a_healthy_fleet_are_established(cluster):
    """check-peer-mesh.sh greps the id= lines."""
    for replica in cluster.replicas:
        lines = [line for line in replica.command("show peers").splitlines() if "remote" in line]
        assert len(lines) == 2 and all("last_status=ESTA" in line for line in lines), lines


HAPROXYS = """abort ssl cert|add acl|add map|add server|add ssl crt-list|clear acl|clear counters|clear map
clear table|commit acl|commit map|commit ssl cert|del acl|del map|del server|del ssl cert|disable agent
disable dynamic-cookie backend|disable frontend|disable health|disable server|enable agent
enable dynamic-cookie backend|enable frontend|enable health|enable server|get acl|get map|get var
get weight|new ssl cert|prepare acl|prepare map|set dynamic-cookie-key backend|set map
set maxconn frontend|set maxconn global|set maxconn server|set profiling|set rate-limit|set server
set severity-output|set ssl ca-file|set ssl cert|set ssl crl-file|set ssl ocsp-response|set ssl tls-key
set table|set timeout|set weight|show acl|show activity|show backend|show cache|show cli level
show cli sockets|show env|show errors|show events|show fd|show info|show libs|show map|show peers|show pools
show profiling|show resolvers|show schema json|show servers conn|show servers state|show sess
show ssl ca-file|show ssl cert|show ssl crl-file|show ssl crt-list|show ssl ocsp-response|show ssl providers
show startup-logs|show stat|show table|show tasks|show threads|show tls-keys|show trace|show version
shutdown frontend|shutdown session|shutdown sessions server|trace|user|operator|help"""


def test_every_command_of_haproxy_is_answered(cluster):
    one = cluster.replicas[0]
    for command in HAPROXYS.replace("\n", "|").split("|"):
        answer = one.command(command)
        assert answer.endswith("\n"), command
        assert not answer.startswith("Unknown command"), command
