# SPDX-License-Identifier: Apache-2.0
"""What a shard answers and what the client then gets (RFC 9110 §15, RFC 9112 §6–7)."""
from harness.client import get
from http_cases.case import Case

_BIG = bytes(range(256)) * 4096
_TRAILERS = b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"


def _response(fields=b"", body=b"", status=b"200 OK"):
    return b"HTTP/1.1 " + status + b"\r\n" + fields + b"\r\n" + body


def _chunked(body):
    return _response(b"Transfer-Encoding: chunked\r\n", body)


def _then_close(data):
    """An answer after which the shard closes."""
    def answer(request):
        request.connection.send(data)
        request.connection.close()
        return b""
    return answer


def _relayed(name, answer, status=200, send=None, **kwargs):
    kwargs.setdefault("forwarded", 1)
    return Case(name, send or get(), (status,), answer=answer, **kwargs)


BODIES = [
    _relayed("length", _response(b"Content-Length: 5\r\n", b"hello"), body=b"hello", closed=False),
    _relayed("length_zero", _response(b"Content-Length: 0\r\n"), body=b"", closed=False),
    _relayed("length_1_mib", _response(b"Content-Length: %d\r\n" % len(_BIG), _BIG), body=_BIG,
             closed=False),
    _relayed("same_length_twice", _response(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
             body=b"hello"),
    _relayed("chunked", _chunked(b"5\r\nhello\r\n0\r\n\r\n"), body=b"hello", closed=False),
    _relayed("chunked_empty", _chunked(b"0\r\n\r\n"), body=b"", closed=False),
    _relayed("chunked_many", _chunked(b"3\r\nabc\r\n" * 2000 + b"0\r\n\r\n"), body=b"abc" * 2000),
    _relayed("chunked_with_extension", _chunked(b"5;x=y\r\nhello\r\n0\r\n\r\n"), body=b"hello"),
    _relayed("chunked_1_mib", _chunked(b"100000\r\n" + _BIG + b"\r\n0\r\n\r\n"), body=_BIG),
    _relayed("trailers_dropped", _chunked(_TRAILERS), body=b"hello", gets_not=(rb"X-Sum",),
             closed=False, common=False),
    _relayed("trailers_relayed", _chunked(_TRAILERS), body=b"hello", gets=(rb"\r\nX-Sum: 1\r\n",),
             send=get(fields="Connection: TE\r\nTE: trailers\r\n"), closed=False, common=False),
    _relayed("close_delimited_becomes_chunked", _then_close(_response(b"", b"hello")), body=b"hello",
             gets=(rb"(?i)\r\ntransfer-encoding: ?chunked\r\n",), closed=False),
    _relayed("close_delimited_for_1_0", _then_close(_response(b"", b"hello")), body=b"hello",
             send=get(version="1.0"), gets_not=(rb"(?i)transfer-encoding",), closed=True),
    _relayed("close_delimited_for_1_0_kept_alive", _then_close(_response(b"", b"hello")),
             body=b"hello", send=get(version="1.0", fields="Connection: keep-alive\r\n"),
             gets_not=(rb"(?i)transfer-encoding",), closed=True),
    _relayed("close_delimited_1_mib", _then_close(_response(b"", _BIG)), body=_BIG),
    _relayed("chunked_for_1_0", _chunked(b"5\r\nhello\r\n0\r\n\r\n"), body=b"hello",
             send=get(version="1.0"), gets_not=(rb"(?i)transfer-encoding",), closed=True),
    _relayed("head_with_length", _response(b"Content-Length: 500\r\n"), send=get(method="HEAD"),
             methods=("HEAD",), gets=(rb"(?i)\r\ncontent-length: ?500\r\n",), closed=False),
    _relayed("head_with_coding", _response(b"Transfer-Encoding: chunked\r\n"),
             send=get(method="HEAD"), methods=("HEAD",), closed=False),
    _relayed("head_without_framing", _response(), send=get(method="HEAD"), methods=("HEAD",),
             closed=False),
    _relayed("204", _response(status=b"204 No Content"), 204, closed=False),
    _relayed("204_with_length_zero", _response(b"Content-Length: 0\r\n", status=b"204 No Content"),
             204, closed=False, common=False),
    _relayed("304_with_length", _response(b"Content-Length: 500\r\nETag: \"a\"\r\n",
                                          status=b"304 Not Modified"), 304, closed=False),
    _relayed("304_with_coding", _response(b"Transfer-Encoding: chunked\r\n",
                                          status=b"304 Not Modified"), 304, closed=False),
]

STATUS = [
    _relayed("404_is_relayed", _response(b"Content-Length: 4\r\n", b"none", b"404 Not Found"), 404,
             body=b"none", closed=False),
    _relayed("503_is_relayed", _response(b"Content-Length: 4\r\n", b"busy", b"503 Busy"), 503,
             body=b"busy", closed=False, gets_not=(rb"(?i)x-request-id",)),
    _relayed("reason_kept", _response(b"Content-Length: 0\r\n", status=b"200 Very Fine"),
             gets=(rb"^HTTP/1\.1 200 Very Fine\r\n",), common=False),
    _relayed("no_reason", _response(b"Content-Length: 0\r\n", status=b"200 "), closed=False),
    _relayed("unknown_status", _response(b"Content-Length: 0\r\n", status=b"599 Odd"), 599),
    _relayed("redirect_untouched", _response(b"Location: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n",
                                             status=b"302 Found"), 302,
             gets=(rb"(?i)\r\nlocation: ?http://127\.0\.0\.1:1/x\r\n",), common=False),
    _relayed("100_is_relayed", b"HTTP/1.1 100 Continue\r\n\r\n" + _response(b"Content-Length: 2\r\n",
                                                                          b"ok"),
             send=get(fields="Expect: 100-continue\r\nContent-Length: 2\r\n", method="POST") + b"ab",
             gets=(rb"^HTTP/1\.1 100 ",), body=b"ok", closed=False, common=False),
    _relayed("103_is_relayed", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
             + _response(b"Content-Length: 2\r\n", b"ok"),
             gets=(rb"(?is)^HTTP/1\.1 103 .*link: ?</a\.css>.*HTTP/1\.1 200",), body=b"ok",
             closed=False, common=False),
    _relayed("three_interim", b"HTTP/1.1 102 Processing\r\n\r\n" * 3
             + _response(b"Content-Length: 2\r\n", b"ok"), body=b"ok", closed=False,
             gets=(rb"(?s)(HTTP/1\.1 102 .*){3}HTTP/1\.1 200",), common=False),
    _relayed("no_interim_for_1_0", b"HTTP/1.1 103 Early Hints\r\n\r\n"
             + _response(b"Content-Length: 2\r\n", b"ok"), send=get(version="1.0"),
             gets_not=(rb" 103 ",), body=b"ok", common=False),
    _relayed("old_version_response", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body=b"ok",
             gets=(rb"^HTTP/1\.1 200 ",), closed=False),
]

FIELDS = [
    _relayed("fields_verbatim", _response(b"X-MiXeD: a  b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
                                          b"Content-Length: 0\r\n"),
             gets=(rb"\r\nX-MiXeD: a  b\r\n", rb"(?is)set-cookie: ?a=1\r\n.*set-cookie: ?b=2\r\n"),
             common=False),
    _relayed("hop_by_hop_removed", _response(
        b"Connection: x-foo\r\nX-Foo: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n"),
        gets_not=(rb"(?i)x-foo", rb"(?i)\r\nkeep-alive:"), closed=False),
    _relayed("shards_close_is_not_ours", _then_close(
        _response(b"Connection: close\r\nContent-Length: 2\r\n", b"ok")), body=b"ok",
        gets_not=(rb"(?i)\r\nconnection: ?close",), closed=False),
    _relayed("upgrade_offer_removed", _response(
        b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n"),
        gets_not=(rb"(?i)\r\nupgrade:",), closed=False),
    _relayed("shard_header_overwritten", _response(
        b"X-Jitsi-Shard: wrong\r\nX-Jitsi-Shard: wrong2\r\nContent-Length: 0\r\n"),
        gets=(rb"(?i)\r\nx-jitsi-shard: ?shard-0\r\n",),
        gets_not=(rb"wrong", rb"(?is)x-jitsi-shard.*x-jitsi-shard"), common=False),
    _relayed("shard_header_removed_without_room", _response(
        b"X-Jitsi-Shard: wrong\r\nContent-Length: 0\r\n"), send=get("/libs/app.js"),
        gets_not=(rb"(?i)x-jitsi-shard",), common=False),
    _relayed("region_of_the_shard_is_ours_to_say", _response(
        b"X-Jitsi-Region: wrong\r\nX-Jitsi-Release: wrong\r\nContent-Length: 0\r\n"),
        gets_not=(rb"wrong",), common=False),
]


def _bad(name, data):
    """A head that is answered 502; the connection to the shard is not used again."""
    return Case(name, get(method="POST", fields="Content-Length: 1\r\n") + b"x", (502,), ("POST",),
                forwarded=1, answer=data, refusal=False,
                gets=(rb"(?i)\r\ncache-control: ?no-store", rb"(?i)\r\nx-request-id: ?\S"),
                gets_not=(rb"(?i)x-jitsi-shard",), common=True)


MALFORMED = [
    _bad("garbage", b"hello world\r\n\r\n"),
    _bad("bare_lf", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    _bad("bare_lf_after_a_field", b"HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 0\r\n\r\n"),
    _bad("bare_cr", _response(b"X-A: a\rb\r\nContent-Length: 0\r\n")),
    _bad("nul_in_value", _response(b"X-A: a\0b\r\nContent-Length: 0\r\n")),
    _bad("space_before_colon", _response(b"X-A : 1\r\nContent-Length: 0\r\n")),
    _bad("fold", _response(b"X-A: 1\r\n 2\r\nContent-Length: 0\r\n")),
    _bad("field_without_colon", _response(b"X-A\r\nContent-Length: 0\r\n")),
    _bad("field_name_not_a_token", _response(b"X(A: 1\r\nContent-Length: 0\r\n")),
    _bad("empty_field_name", _response(b": 1\r\nContent-Length: 0\r\n")),
    _bad("lengths_that_differ", _response(b"Content-Length: 1\r\nContent-Length: 2\r\n", b"ab")),
    _bad("negative_length", _response(b"Content-Length: -1\r\n")),
    _bad("length_overflow", _response(b"Content-Length: 18446744073709551616\r\n")),
    _bad("length_list", _response(b"Content-Length: 0, 0\r\n")),
    _bad("coding_and_length", _response(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                                        b"0\r\n\r\n")),
    _bad("coding_gzip", _response(b"Transfer-Encoding: gzip\r\n", b"abc")),
    _bad("coding_chunked_twice", _response(b"Transfer-Encoding: chunked, chunked\r\n",
                                           b"0\r\n\r\n")),
    _bad("status_of_two_digits", _response(b"Content-Length: 0\r\n", status=b"20 OK")),
    _bad("status_not_a_number", _response(b"Content-Length: 0\r\n", status=b"2x0 OK")),
    _bad("status_below_100", _response(b"Content-Length: 0\r\n", status=b"099 Odd")),
    _bad("version_2", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    _bad("lower_case_version", b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    _bad("endless_head", b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"y" * 200000),
    _bad("too_many_fields", _response(b"X-A: 1\r\n" * 400 + b"Content-Length: 0\r\n")),
    _bad("upgrade_nobody_asked_for", _response(b"Connection: upgrade\r\nUpgrade: websocket\r\n",
                                               status=b"101 Switching Protocols")),
    _bad("empty_answer", _then_close(b"")),
    _bad("half_a_head", _then_close(b"HTTP/1.1 200 OK\r\nContent-Le")),
]

ALL = BODIES + STATUS + FIELDS + MALFORMED
