# SPDX-License-Identifier: Apache-2.0
"""How long two replicas demonstrably sent the same room to different shards. Pure.

What a replica says of a room in answer after answer is a run: it began, at the latest, when the
first of them had arrived, and went on, at least, until the last of them was asked for. Where runs of
two replicas name different shards, the time they share is a split. Answers too far apart make no run.
"""
import collections
import dataclasses

GAP = 3.0  # seconds between two answers of a run, at most
KEPT = 6  # runs of one replica about one room


@dataclasses.dataclass
class Run:
    shard: str
    since: float  # the first answer was there
    until: float  # the last one was asked for
    heard: float  # … and was there


@dataclasses.dataclass(frozen=True)
class Split:
    room: str
    shards: tuple
    since: float
    until: float


class Splits:
    def __init__(self):
        self.runs = collections.defaultdict(dict)  # room → replica → runs
        self.longest = {}  # (room, replicas, when both runs began) → Split
        self.excuses = []  # [from, to]: times in which replicas could not hear each other

    def forget(self, rooms):
        for room in [room for room in self.runs if room not in rooms]:
            del self.runs[room]

    def note(self, room, replica, shard, asked, heard):
        """An answer of `replica`; they may come in any order."""
        runs = self.runs[room].setdefault(replica, collections.deque(maxlen=KEPT))
        last = runs[-1] if runs else None
        if last and asked < last.heard and shard != last.shard:
            return  # on its way at the same time as another: nobody knows which is older
        if last and shard == last.shard and asked - last.heard <= GAP:
            last.until, last.heard = max(last.until, asked), max(last.heard, heard)
        else:
            runs.append(Run(shard, heard, heard, heard))
        self._compare(room, replica, runs[-1])

    def _compare(self, room, replica, run):
        for other, runs in self.runs[room].items():
            if other == replica:
                continue
            for there in runs:
                since, until = max(run.since, there.since), min(run.until, there.until)
                if there.shard != run.shard and until > since:
                    pair = (room, *sorted([(replica, run.since), (other, there.since)]))
                    self.longest[pair] = Split(room, (run.shard, there.shard), since, until)

    def unexcused(self, split):
        """Seconds of the longest part of it in which the replicas could hear each other."""
        pieces, since = [], split.since
        for begin, end in sorted(self.excuses):
            if end <= since or begin >= split.until:
                continue
            pieces.append(begin - since)
            since = max(since, end)
        return max([*pieces, split.until - since, 0.0])

    def worst(self):
        """The split that lasted longest beyond its excuses and its seconds, or None and 0."""
        return max(((split, self.unexcused(split)) for split in self.longest.values()),
                   key=lambda found: found[1], default=(None, 0.0))

    def worst_of_all(self):
        return max((split.until - split.since for split in self.longest.values()), default=0.0)

    def rooms(self):
        return len({split.room for split in self.longest.values()})
