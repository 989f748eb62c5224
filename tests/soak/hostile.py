# SPDX-License-Identifier: Apache-2.0
"""What no client of good will sends. None of it may reach a shard as a request."""
from soak.connection import HOST

_HEAD = f"POST /http-bind?room=hostile HTTP/1.1\r\nHost: {HOST}\r\nX-Nonce: hostile\r\nX-Size: 0\r\n".encode()


def _garbage(chance):
    return bytes([chance.randrange(128, 256)]) + chance.randbytes(chance.randrange(2000)) + b"\r\n\r\n"


def _without_host(_):
    return b"GET /http-bind?room=hostile HTTP/1.1\r\n\r\n"


def _two_framings(_):
    return _HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


def _bad_chunk(chance):
    return _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + chance.choice(
        [b"xyz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"5\r\nhellohello\r\n", b"\r\n"])


def _long_head(chance):
    return _HEAD + b"X-Long: " + b"x" * chance.randrange(70_000, 200_000)


def _long_line(chance):
    return b"GET /" + b"x" * chance.randrange(20_000, 200_000)


def _bad_field(chance):
    return _HEAD + chance.choice([b"X-Bad : 1", b"X-\0: 1", b"X-Bad: \0", b" folded", b": 1"]) + b"\r\n\r\n"


def _silence(_):
    return b""


SLOW = object()  # a head byte by byte
HOSTILE = (_garbage, _without_host, _two_framings, _bad_chunk, _long_head, _long_line, _bad_field,
           _silence, SLOW)
