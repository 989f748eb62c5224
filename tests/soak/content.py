# SPDX-License-Identifier: Apache-2.0
"""Bytes that belong to one request and to no other."""
import random
import zlib


def content(nonce, size):
    return random.Random(nonce).randbytes(size)


def digest(data):
    return f"{len(data)}-{zlib.crc32(data):08x}"


def pieces(data, chance, most=4):
    """The same bytes in a few parts."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(most)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)]) if end > begin]


def chunked(data, chance):
    """The same bytes as a body with Transfer-Encoding: chunked, in a few parts."""
    return [b"%x\r\n" % len(piece) + piece + b"\r\n" for piece in pieces(data, chance)] + [b"0\r\n\r\n"]
