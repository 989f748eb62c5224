# SPDX-License-Identifier: Apache-2.0
"""Joins rooms as Jitsi's clients do (page, then XMPP over websocket), holds the websockets, and tells
how long joins took, what failed, and which rooms were on two shards. Needs only Python."""
import argparse
import asyncio
import base64
import os
import random
import statistics
import sys
import time
import urllib.parse

OPEN = (b'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="meet.jitsi" version="1.0"/>')
PING_EVERY = 10  # seconds, as lib-jitsi-meet


def frame(payload):
    """A masked text frame of up to 125 bytes."""
    mask = os.urandom(4)
    return (bytes([0x81, 0x80 | len(payload)]) + mask
            + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))


class Result:
    def __init__(self):
        self.joins, self.failures, self.shards = [], {}, {}

    def failed(self, what):
        self.failures[what] = self.failures.get(what, 0) + 1

    def saw(self, room, shard):
        self.shards.setdefault(room, set()).add(shard)

    @property
    def split(self):
        return sorted(room for room, shards in self.shards.items() if len(shards) > 1)


class Target:
    def __init__(self, url, host):
        parts = urllib.parse.urlsplit(url)
        self.address, self.port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self.tls = parts.scheme == "https"
        self.host = host or parts.netloc

    async def request(self, path, fields=()):
        """Status, fields and the streams, which the caller closes."""
        reader, writer = await asyncio.open_connection(self.address, self.port, ssl=self.tls or None)
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}", *fields, "", ""]
        try:
            writer.write("\r\n".join(lines).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except BaseException:
            writer.close()
            raise
        named = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        return int(head[0].split()[1]), named, reader, writer


async def page(target, room, result):
    status, fields, _, writer = await target.request(f"/{room}", ["Connection: close"])
    writer.close()
    if status != 200:
        raise ValueError(f"page {status}")
    result.saw(room, fields.get("x-jitsi-shard"))


async def hold(reader, writer, seconds):
    """Sends a keepalive now and then; ConnectionError when the other end closes first."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        writer.write(frame(OPEN if left > seconds - 1 else b" "))
        await writer.drain()
        tick = time.monotonic() + min(PING_EVERY, left)
        while (rest := tick - time.monotonic()) > 0:
            try:
                if not await asyncio.wait_for(reader.read(65536), rest):
                    raise ConnectionError("websocket closed")
            except asyncio.TimeoutError:
                break


async def participant(target, room, seconds, result):
    started = time.monotonic()
    try:
        await page(target, room, result)
        key = base64.b64encode(os.urandom(16)).decode()
        status, fields, reader, writer = await target.request(
            f"/xmpp-websocket?room={room}",
            ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Protocol: xmpp"])
        try:
            if status != 101:
                raise ValueError(f"websocket {status}")
            result.saw(room, fields.get("x-jitsi-shard"))
            result.joins.append(time.monotonic() - started)
            await hold(reader, writer, seconds)
        finally:
            writer.close()
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        result.failed(str(error) or type(error).__name__)


async def run(options):
    target, result = Target(options.target, options.host), Result()
    rooms = [f"load-{options.seed}-{number}" for number in range(options.rooms)]
    arrivals = rooms * options.participants
    random.Random(options.seed).shuffle(arrivals)
    tasks, began = [], time.monotonic()
    for number, room in enumerate(arrivals):
        due = began + number / options.per_second
        await asyncio.sleep(max(0, due - time.monotonic()))
        tasks.append(asyncio.ensure_future(participant(target, room, options.hold, result)))
    await asyncio.gather(*tasks)
    return result


def report(result):
    joins = sorted(result.joins)
    print(f"joined {len(joins)}, failed {sum(result.failures.values())}, rooms {len(result.shards)}, "
          f"shards {len(set().union(*result.shards.values())) if result.shards else 0}, "
          f"split {len(result.split)}")
    if len(joins) > 1:
        cuts = statistics.quantiles(joins, n=100)
        print(f"time to join: median {cuts[49] * 1000:.1f} ms, 99 % {cuts[98] * 1000:.1f} ms")
    for what, count in sorted(result.failures.items()):
        print(f"failure: {what}: {count}")
    for room in result.split[:10]:
        print(f"split: {room}: {', '.join(map(str, sorted(result.shards[room], key=str)))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="http://router:80", help="http(s)://HOST:PORT")
    parser.add_argument("--host", help="the Host to send, when it is not the target's")
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--participants", type=int, default=5, help="of each room")
    parser.add_argument("--per-second", type=float, default=50, help="arrivals")
    parser.add_argument("--hold", type=float, default=60, help="seconds in the room")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    result = asyncio.run(run(options))
    report(result)
    return 1 if result.failures or result.split else 0


if __name__ == "__main__":
    sys.exit(main())
