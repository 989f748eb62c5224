# SPDX-License-Identifier: Apache-2.0
"""One row: bytes a client sends, what a shard answers, what both sides then see."""
import dataclasses
import re
from collections.abc import Callable

from harness.client import ProtocolError, RawClient, get
from harness.shard import OK
from harness.waiting import eventually

BARRIER = "/barrier"  # a request that proves everything before it has been dealt with


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    send: bytes
    statuses: tuple = (200,)
    methods: tuple = ()  # of the requests whose responses are read; GET where not given
    forwarded: int | None = None  # requests the shard sees; None = not looked at
    closed: bool | None = None  # whether the router then closes; None = not looked at
    answer: bytes | Callable = OK
    sees: tuple = ()  # patterns in what the shard received, e.g. rb"(?i)\r\nhost: a\r\n"
    sees_not: tuple = ()
    gets: tuple = ()  # patterns in what the client received
    gets_not: tuple = ()
    body: bytes | None = None  # of the last response, decoded
    sent_body: bytes | None = None  # of the last request the shard saw, chunk framing undone
    source: str | None = None  # the client's address
    refusal: bool = False  # an error page of the router itself
    common: bool = True  # a rule every HTTP/1.1 proxy has an answer to


def refused(name, send, status=400, **kwargs):
    """Answered by the router with `status`; the shard sees nothing. Closed unless told otherwise."""
    kwargs = {"forwarded": 0, "closed": True, **kwargs}
    return Case(name, send, (status,), refusal=True, **kwargs)


def decoded(request):
    """The body of a recorded request without its chunk framing."""
    if not request.all("transfer-encoding"):
        return request.body
    rest, body = request.body, b""
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        body, rest = body + rest[:size], rest[size + 2:]
    return body


@dataclasses.dataclass
class Outcome:
    statuses: list
    closed: bool | None
    raw: bytes
    body: bytes
    problem: str = ""

    def __str__(self):
        end = {True: " close", False: "", None: ""}[self.closed]
        return " ".join(map(str, self.statuses)) + end or self.problem or "nothing"


def play(case, port, deadline=15):
    """Sends a case's bytes to a proxy and reads what comes back."""
    statuses, closed, body, problem = [], None, b"", ""
    with RawClient(port, source=case.source, deadline=deadline) as client:
        client.send(case.send)
        methods = case.methods + ("GET",) * (len(case.statuses) - len(case.methods))
        try:
            for method in methods:
                response = client.read_response(method)
                statuses.append(response.status)
                body = response.body
            if case.closed is not None:
                closed = client.at_end(deadline if case.closed else 0.1)
        except (ProtocolError, OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        return Outcome(statuses, closed, bytes(client.raw), body, problem)


def _matches(what, text, wanted, unwanted):
    for pattern in wanted:
        if not re.search(pattern, text):
            yield f"{what} without {pattern!r}: {text[:2000]!r}"
    for pattern in unwanted:
        if re.search(pattern, text):
            yield f"{what} with {pattern!r}: {text[:2000]!r}"


def _refusal_problems(raw, closed):
    """An error page of the router: typed, sized, not stored, numbered, names no shard."""
    yield from _matches("error page", raw.partition(b"\r\n\r\n")[0] + b"\r\n", (
        rb"(?i)\r\ncontent-type: ?text/", rb"(?i)\r\ncontent-length: ?\d+\r\n",
        rb"(?i)\r\ncache-control: ?no-store", rb"(?i)\r\nx-request-id: ?[!-~]+\r\n",
        *([rb"(?i)\r\nconnection: ?close\r\n"] if closed else [])), (rb"(?i)\r\nx-jitsi-",))


def check(case, port, shard):
    """Plays a case; the list of what is wrong with the outcome, empty when nothing is."""
    shard.reset_script(case.answer)
    since = shard.mark()
    outcome = play(case, port)
    problems = [outcome.problem] if outcome.problem else []
    if tuple(outcome.statuses) != case.statuses:
        problems.append(f"statuses {outcome.statuses}, not {case.statuses}: {outcome.raw[:300]!r}")
    if case.closed is not None and outcome.closed != case.closed and not problems:
        problems.append("closed" if outcome.closed else "not closed")
    if case.body is not None and outcome.body != case.body:
        problems.append(f"body {outcome.body[:200]!r}, not {case.body[:200]!r}")
    problems += _matches("client got", outcome.raw, case.gets, case.gets_not)
    if case.refusal and not problems:
        problems += _refusal_problems(outcome.raw, case.closed)
    return problems + _seen_problems(case, port, shard, since)


def _seen_problems(case, port, shard, since):
    shard.reset_script()
    with RawClient(port) as client:
        barrier = client.request(get(BARRIER + "?room=barrier", fields="Connection: close\r\n"))
    if barrier.status != 200:
        return [f"the next request got {barrier.status}"]
    eventually(lambda: any(r.target.startswith(BARRIER) for r in shard.seen(since)), "barrier")
    seen = shard.seen(since, targets_without=BARRIER)
    problems = []
    if case.forwarded is not None and len(seen) != case.forwarded:
        problems.append(f"shard saw {len(seen)} requests, not {case.forwarded}: "
                        f"{[r.head[:200] for r in seen]}")
    received = b"".join(r.head + r.body for r in seen)
    problems += _matches("shard got", received, case.sees, case.sees_not)
    if case.sent_body is not None and (not seen or decoded(seen[-1]) != case.sent_body):
        problems.append(f"shard got another body: {seen and seen[-1].body[:200]!r}")
    return problems
