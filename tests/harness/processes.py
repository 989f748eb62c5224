# SPDX-License-Identifier: Apache-2.0
"""The processes of one test: started by name, stopped in reverse order."""
from harness import process
from harness.router import Router
from harness.shard import RecordingShard, identified


class Processes:
    """Starts things and stops them in reverse order; a sanitizer's finding fails the test."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.started = []

    def add(self, thing):
        self.started.append(thing)
        return thing

    def shard(self, name="shard-0", answer=None, **kwargs):
        shard = RecordingShard(name, **kwargs).start()
        shard.answer = answer or identified(name)
        return self.add(shard)

    def shards(self, count=3):
        return [self.shard(f"shard-{index}") for index in range(count)]

    def router(self, shards=(), config=None, name="router-0", wait_ready=True):
        return self.unstarted_router(shards, config, name).start(wait_ready)

    def unstarted_router(self, shards=(), config=None, name="router-0"):
        return self.add(Router(self.binary, self.directory, name, config, shards))

    def close(self):
        findings = []
        for thing in reversed(self.started):
            thing.stop()
            child = getattr(thing, "process", None)
            if child is not None:
                if report := child.sanitizer_report():
                    findings.append(f"{child.name}:\n{report}")
                if child in process.running:
                    process.running.remove(child)
        assert not findings, "\n".join(findings)
