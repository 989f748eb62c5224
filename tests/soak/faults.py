# SPDX-License-Identifier: Apache-2.0
"""What breaks, and how it is mended: a context for each kind of soak.schedule.KINDS."""
import concurrent.futures
import contextlib
import itertools
import signal
import threading
import time

from harness.dns import records
from harness.waiting import eventually
from soak.schedule import FAULTS, REPLICAS
from soak.script import CROWDED, room_name

PATIENCE = 120  # seconds until a replica is ready again; DNS or the others may be away meanwhile
BACKEND = "jitsi-meet"


class Hands:
    """Threads for the faults of a round, alive for the whole run: a process ends with the thread that
    started it (see harness.process)."""

    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(FAULTS)

    def stop(self):
        self.pool.shutdown()


class Faults:
    def __init__(self, world):
        self.world, self.traffic = world, world.traffic
        self.serial = itertools.count(1)
        self.count = 0

    def run(self, faults):
        """All of a round, until everything has been mended."""
        begun = time.monotonic()
        # Mending may take longer than planned; what comes next in its lane waits.
        lanes = {fault.lane: threading.Lock() for fault in faults}
        for _ in self.world.hands.pool.map(lambda fault: self._run(fault, begun, lanes[fault.lane]),
                                           faults):
            pass

    def _run(self, fault, begun, lane):
        world = self.world
        if world.over.wait(max(0, begun + fault.at - time.monotonic())):
            return
        what = " ".join([fault.kind, *map(str, fault.target), fault.word]).strip()
        try:
            with lane:
                world.tell(what)
                with getattr(self, fault.kind)(fault):
                    self.count += 1
                    world.over.wait(fault.lasts)
                world.tell(f"mended: {what}")
        except Exception as error:
            world.wrong(f"{fault}: {error!r}")
            world.over.set()

    # -- shards
    @contextlib.contextmanager
    def _shard(self, fault, begin, end):
        shard = self.world.shards[fault.target[0]]
        self.traffic.run(getattr(shard, begin)())
        try:
            yield
        finally:
            self.traffic.run(getattr(shard, end)())

    def shard_killed(self, fault):
        return self._shard(fault, "kill", "start")

    def shard_stopped(self, fault):
        return self._shard(fault, "stop", "go_on")

    @contextlib.contextmanager
    def shard_slow(self, fault):
        shard = self.world.shards[fault.target[0]]
        shard.delay = fault.lasts / 8
        yield
        shard.delay = 0.0

    def _order(self, fault, state, first):
        """Given to any replica: it counts on all."""
        def given():
            line = f"set server {BACKEND}/shard-{fault.target[0]} state {state}"
            answer = self.world.reading(first).command(line)
            assert answer == "\n", answer
            return True
        eventually(given, f"the order {state} is taken")

    @contextlib.contextmanager
    def _ordered(self, fault, state):
        first = int(fault.lasts * 100)
        self._order(fault, state, first % REPLICAS)
        yield
        self._order(fault, "ready", (first + 1) % REPLICAS)

    def shard_drained(self, fault):
        return self._ordered(fault, "drain")

    def shard_in_maintenance(self, fault):
        return self._ordered(fault, "maint")

    @contextlib.contextmanager
    def rooms_moved(self, fault):
        """By an operator: all crowded rooms to one shard, which may not be there."""
        replica = self.world.reading(int(fault.lasts * 100) % REPLICAS)
        rooms = [room_name(number, self.traffic.turn) for number in range(CROWDED)]
        replica.command("; ".join(f"set table {BACKEND} key {room} data.server_key shard-{fault.target[0]}"
                                  for room in rooms))
        yield

    # -- DNS
    @contextlib.contextmanager
    def dns_broken(self, fault):
        self.world.dns.mode = fault.word
        yield
        self.world.dns.mode = "good"

    @contextlib.contextmanager
    def dns_without(self, fault):
        shards = self.world.shards
        self.world.dns.set(records([shard for number, shard in enumerate(shards)
                                    if number != fault.target[0]]))
        yield
        self.world.dns.set(records(shards))

    # -- replicas
    @contextlib.contextmanager
    def _away(self, number):
        """Out of rotation until it is ready again."""
        self.traffic.out.add(number)
        yield self.world.replicas[number]
        self.world.replicas[number].start(wait_ready=False, deadline=PATIENCE)
        self.world.replicas[number].wait_ready(PATIENCE)
        self.traffic.out.discard(number)

    @contextlib.contextmanager
    def replica_killed(self, fault):
        number, = fault.target
        replica = self.world.replicas[number]
        assert replica.process.alive(), f"{replica.name} had ended by itself"
        replica.kill()
        with self._away(number):
            yield

    @contextlib.contextmanager
    def replica_restarted(self, fault):
        """As a rolling update does it: out of rotation, then SIGTERM, then a new process."""
        with self._away(fault.target[0]) as replica:
            replica.drain()
            code = replica.process.wait(PATIENCE)
            assert code == 0, f"{replica.name} ended with {code}"
            yield

    @contextlib.contextmanager
    def replica_paused(self, fault):
        replica = self.world.replicas[fault.target[0]]
        replica.process.signal(signal.SIGSTOP)
        try:
            with self._unheard():
                yield
        finally:
            replica.process.signal(signal.SIGCONT)

    @contextlib.contextmanager
    def reload(self, fault):
        replica, value = self.world.replicas[fault.target[0]], str(next(self.serial))
        before = replica.metric("room_router_config_generation")
        replica.config["headers"] = {"response": {"set": {"X-Soak": value}}}
        self._read_again(replica)
        eventually(lambda: replica.metric("room_router_config_generation") > before,
                   "the configuration is in use")
        yield

    @contextlib.contextmanager
    def reload_of_mistakes(self, fault):
        replica = self.world.replicas[fault.target[0]]
        self._read_again(replica, "version: 1\nlisteners: [\n", 0)
        yield
        self._read_again(replica)

    @staticmethod
    def _read_again(replica, text=None, successful=1):
        replica.write(text)
        replica.reload()
        eventually(lambda: replica.metric("room_router_config_last_reload_successful") == successful,
                   "the configuration has been read")

    @contextlib.contextmanager
    def certificate_swapped(self, fault):
        self.world.swap_certificate()
        yield

    # -- gossip
    @contextlib.contextmanager
    def _unheard(self):
        excuse = [self.traffic.loop.time(), float("inf")]
        self.traffic.splits.excuses.append(excuse)
        try:
            yield
        finally:
            excuse[1] = self.traffic.loop.time()

    @contextlib.contextmanager
    def _cut(self, pairs):
        network = self.world.network
        if network is None:  # the summary says so
            yield
            return
        with self._unheard(), contextlib.ExitStack() as mending:
            for pair in pairs:
                network.block(*pair)
                mending.callback(network.unblock, *pair)
            yield

    def gossip_cut(self, fault):
        return self._cut([fault.target])

    def replica_alone(self, fault):
        alone, = fault.target
        return self._cut([(alone, other) for other in range(len(self.world.replicas)) if other != alone])
