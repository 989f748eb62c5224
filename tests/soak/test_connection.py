# SPDX-License-Identifier: Apache-2.0
"""An answer that is not the one to this request is found out."""
import asyncio
import random

import pytest

from harness.client import Response
from soak.connection import Asked, Refused, Violation
from soak.content import chunked, content, digest, pieces
from soak.frames import BINARY, frame, read_frame


def _answer(nonce="n1", size=20, body=b"said", named="shard-1", status=200):
    named = f"X-Jitsi-Shard: {named}\r\n" if named else ""
    response = Response(f"HTTP/1.1 {status} OK\r\nX-Nonce: {nonce}\r\nX-Served-By: shard-1\r\n{named}"
                        f"X-Body: {digest(body)}\r\n\r\n".encode())
    response.body = content(nonce, size)
    return response


def _asked():
    return Asked("n1", "/http-bind?room=r", method="POST", size=20, body=b"said")


def test_the_right_answer():
    assert _asked().check(_answer()) == ("shard-1", True)
    assert _asked().check(_answer(named="")) == ("shard-1", False)


@pytest.mark.parametrize("wrong", [{"nonce": "n2"}, {"size": 19}, {"body": b"sent"}, {"named": "shard-2"}],
                         ids=str)
def test_the_answer_to_somebody_else(wrong):
    with pytest.raises(Violation):
        _asked().check(_answer(**wrong))


def test_bytes_of_somebody_else():
    answer = _answer()
    answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
    with pytest.raises(Violation):
        _asked().check(answer)


@pytest.mark.parametrize("status, end", [(503, Refused), (504, Refused), (400, Violation), (200, Violation)])
def test_what_the_router_says_itself(status, end):
    with pytest.raises(end):
        _asked().check(Response(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()))


def test_bytes_in_pieces_are_the_same_bytes():
    data = content("n1", 5000)
    for seed in range(50):
        assert b"".join(pieces(data, random.Random(seed))) == data
        assert b"".join(chunked(data, random.Random(seed))).endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_frames(size, masked):
    async def there_and_back():
        reader = asyncio.StreamReader()
        reader.feed_data(frame(BINARY, content("n", size), masked))
        return await read_frame(reader)

    assert asyncio.run(there_and_back()) == (BINARY, content("n", size))
