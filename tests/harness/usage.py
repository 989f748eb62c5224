# SPDX-License-Identifier: Apache-2.0
"""What a process holds, as the system sees it."""
import os
import resource


def memory(process):
    """Bytes that are resident."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) << 10


def descriptors(process):
    """How many are open."""
    return len(os.listdir(f"/proc/{process.pid}/fd"))


class ManyDescriptors:
    """As many as the system allows this process, for as long as it lasts."""

    def __enter__(self):
        self.before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.before[1], self.before[1]))
        return self.before[1]

    def __exit__(self, *_):
        resource.setrlimit(resource.RLIMIT_NOFILE, self.before)
