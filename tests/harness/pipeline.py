# SPDX-License-Identifier: Apache-2.0
"""Asks a router where many rooms are, as fast as it can answer: `_unlock`, pipelined."""
import re
import socket
import threading

SHARD = re.compile(rb"\r\nX-Jitsi-Shard: ([^\r]*)", re.IGNORECASE)
_AT_ONCE = 1000  # requests in one write


def question(room):
    return b"GET /_unlock?room=%s HTTP/1.1\r\nHost: meet.test\r\n\r\n" % room.encode()


def _send(sock, rooms, failures):
    try:
        for first in range(0, len(rooms), _AT_ONCE):
            sock.sendall(b"".join(map(question, rooms[first:first + _AT_ONCE])))
    except OSError as error:
        failures.append(error)


def _heads(sock, count):
    heads, rest = [], b""
    while len(heads) < count:
        data = sock.recv(1 << 20)
        if not data:
            raise ConnectionError(f"closed after {len(heads)} of {count} answers")
        *whole, rest = (rest + data).split(b"\r\n\r\n")
        heads += whole
    return heads


def ask(router, rooms):
    """Room → X-Jitsi-Shard as this replica says (None when it does not); places new rooms.

    ConnectionError or TimeoutError when the router ends before it has answered everything.
    """
    rooms, failures = list(rooms), []
    with socket.create_connection((router.host, router.port), timeout=60) as sock:
        sender = threading.Thread(target=_send, args=(sock, rooms, failures), daemon=True)
        sender.start()
        heads = _heads(sock, len(rooms))
        sender.join(60)
    assert not failures and all(head.startswith(b"HTTP/1.1 200 ") for head in heads), heads[0]
    found = [SHARD.search(head) for head in heads]
    return {room: match and match[1].decode() for room, match in zip(rooms, found)}
