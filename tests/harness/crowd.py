# SPDX-License-Identifier: Apache-2.0
"""Many connections at once that say little, wait long and don't read unless they are told to."""
import contextlib
import selectors
import socket
import struct
import threading
import time


class Crowd:
    """`count` TCP connections; each sends `first`, a text or what a function makes of its number.

    `taking`: bytes the system takes for each of them while they don't read.
    """

    def __init__(self, port, count, first=b"", source=None, taking=None):
        self.members = []
        for number in range(count):
            member = socket.socket()
            if taking:
                member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, taking)
            if source:
                member.bind((source, 0))
            member.settimeout(60)
            member.connect(("127.0.0.1", port))
            member.setblocking(False)
            self.members.append(member)
            self._send(member, first(number) if callable(first) else first)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for member in self.members:
            member.close()

    def reset(self):
        for member in self.members:
            with contextlib.suppress(OSError):
                member.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            member.close()

    @staticmethod
    def _send(member, data):
        with contextlib.suppress(OSError):  # it doesn't take more, or has ended
            return member.send(data) if data else 0
        return 0

    def send(self, data):
        """What each of them is able to send at once; the bytes of all."""
        return sum(self._send(member, data) for member in self.members)

    @contextlib.contextmanager
    def trickling(self, data, pause=0.05):
        """All send `data` again and again."""
        over = threading.Event()

        def go_round():
            while not over.wait(pause):
                self.send(data)

        sender = threading.Thread(target=go_round, daemon=True)
        sender.start()
        try:
            yield
        finally:
            over.set()
            sender.join()

    def answers(self, deadline=60):
        """What each gets until the router closes it; AssertionError when it closes not all."""
        said = {member: b"" for member in self.members}
        open_ones = selectors.DefaultSelector()
        for member in self.members:
            open_ones.register(member, selectors.EVENT_READ)
        end = time.monotonic() + deadline
        while open_ones.get_map():
            assert time.monotonic() < end, f"{len(open_ones.get_map())} are not closed"
            for key, _ in open_ones.select(1):
                try:
                    data = key.fileobj.recv(1 << 16)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                said[key.fileobj] += data
                if not data:
                    open_ones.unregister(key.fileobj)
        return list(said.values())
