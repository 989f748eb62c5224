# SPDX-License-Identifier: Apache-2.0
"""Frames of websockets (RFC 6455), both ways, without fragments."""
import os
import struct

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def _masked(payload, mask):
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def frame(opcode, payload, masked):
    size, bit = len(payload), 0x80 if masked else 0
    head = (bytes([0x80 | opcode, bit | size]) if size < 126 else
            bytes([0x80 | opcode, bit | 126]) + struct.pack(">H", size) if size < 65536 else
            bytes([0x80 | opcode, bit | 127]) + struct.pack(">Q", size))
    mask = os.urandom(4) if masked else b""
    return head + mask + (_masked(payload, mask) if masked else payload)


async def read_frame(reader):
    """Opcode and payload; ValueError when the bytes are no frame."""
    first, second = await reader.readexactly(2)
    if first & 0x70 or first & 0x0F not in (BINARY, CLOSE, PING, PONG):
        raise ValueError(f"a frame that begins with {first:#x}")
    size = second & 0x7F
    if size == 126:
        size, = struct.unpack(">H", await reader.readexactly(2))
    elif size == 127:
        size, = struct.unpack(">Q", await reader.readexactly(8))
    if size > 1 << 24:
        raise ValueError(f"a frame of {size} bytes")
    mask = await reader.readexactly(4) if second & 0x80 else b""
    payload = await reader.readexactly(size)
    return first & 0x0F, _masked(payload, mask) if mask else payload
