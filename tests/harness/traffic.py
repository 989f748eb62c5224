# SPDX-License-Identifier: Apache-2.0
"""Ordinary clients beside an attack: what they get must stay right while it lasts."""
import threading
import time

from harness.client import Closed, RawClient, get
from harness.waiting import eventually

LATE = 0.4  # seconds; who is slower to speak may be closed for that, which says nothing
PACE = 0.002  # seconds between two requests: the machine is for what is tested
ROOMS = 1000


class Traffic(threading.Thread):
    """Requests one after the other until stopped, `each` of them on a connection.

    `right` says whether a response is the one to the request of that room.
    """

    def __init__(self, router, connect=None, each=None, right=None, prefix="healthy"):
        super().__init__(daemon=True)
        self.connect = connect or (lambda: RawClient(router.port))
        self.each, self.prefix = each, prefix
        self.right = right or (lambda response, room: response.status == 200)
        self.served, self.failure, self.over = 0, None, threading.Event()
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                self._ask(time.monotonic())
        except (AssertionError, OSError) as error:
            self.failure = error

    def _ask(self, begun):
        with self.connect() as client:
            last = self.served + self.each if self.each else None
            while not self.over.is_set() and self.served != last:
                room = f"{self.prefix}-{self.served % ROOMS}"
                client.send(get(f"/http-bind?room={room}"))
                late = time.monotonic() - begun > LATE
                try:
                    response = client.read_response()
                except Closed:
                    if late:
                        return
                    raise
                assert self.right(response, room), (response.head, response.body[:200])
                self.served, begun = self.served + 1, time.monotonic()
                self.over.wait(PACE)

    def goes_on(self, requests=20, deadline=60):
        """Returns when so many more have been answered."""
        goal = self.served + requests
        eventually(lambda: self.failure or self.served >= goal, "requests are answered", deadline)
        assert self.failure is None, self.failure

    def stop(self):
        self.over.set()
        self.join()
