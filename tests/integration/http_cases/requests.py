# SPDX-License-Identifier: Apache-2.0
"""Requests that are forwarded, and what the shard then sees (RFC 9110 §7.6, RFC 9112 §6, §9)."""
from harness.client import get
from http_cases.case import Case

_BIG = bytes(range(256)) * 4096  # 1 MiB


def _post(fields, body=b"", target="/http-bind?room=r"):
    return get(target, fields=fields, method="POST") + body


def _fields(text, **kwargs):
    return get(fields=text, **kwargs)


def _forwarded(name, send, **kwargs):
    kwargs.setdefault("forwarded", len(kwargs.get("statuses", (200,))))
    return Case(name, send, **kwargs)


def _echo_target(request):
    body = request.target.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


CONNECTIONS = [
    _forwarded("one_request_stays_open", get(), closed=False, gets=(rb"^HTTP/1\.1 200 ",)),
    _forwarded("close_asked_for", _fields("Connection: close\r\n"), closed=True,
               gets=(rb"(?i)\r\nconnection: ?close\r\n",),
               sees=(rb"(?i)\r\nconnection: ?keep-alive\r\n",), sees_not=(rb"(?i): ?close\r\n",)),
    _forwarded("two_pipelined", get("/http-bind?room=r&n=1") + get("/http-bind?room=r&n=2"),
               statuses=(200, 200), answer=_echo_target, body=b"/http-bind?room=r&n=2",
               closed=False, gets=(rb"(?s)n=1.*n=2",), sees=(rb"(?s)n=1.*n=2",)),
    _forwarded("five_pipelined", b"".join(get(f"/http-bind?room=r&n={n}") for n in range(5)),
               statuses=(200,) * 5, answer=_echo_target, closed=False,
               gets=(rb"(?s)n=0.*n=1.*n=2.*n=3.*n=4",)),
    _forwarded("pipelined_to_other_rooms",
               b"".join(get(f"/http-bind?room=r{n}&n={n}") for n in range(5)),
               statuses=(200,) * 5, answer=_echo_target, gets=(rb"(?s)n=0.*n=1.*n=2.*n=3.*n=4",)),
    _forwarded("post_then_get_pipelined", _post("Content-Length: 3\r\n", b"abc")
               + get("/http-bind?room=r&n=2"), statuses=(200, 200), methods=("POST",),
               answer=_echo_target, body=b"/http-bind?room=r&n=2"),
    _forwarded("chunked_then_get_pipelined",
               _post("Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n")
               + get("/http-bind?room=r&n=2"), statuses=(200, 200), methods=("POST",),
               answer=_echo_target, body=b"/http-bind?room=r&n=2"),
    _forwarded("pipelined_after_close_is_dropped",
               _fields("Connection: close\r\n") + get("/late?room=r"), closed=True,
               sees_not=(rb"/late",)),
    Case("good_then_bad_pipelined", get() + b"GET /x HTTP/1.1\r\nHost : a\r\n\r\n", (200, 400),
         forwarded=1, closed=True),
    _forwarded("leading_empty_lines", b"\r\n\r\n" + get()),
    _forwarded("empty_line_between", get() + b"\r\n" + get(), statuses=(200, 200)),
    _forwarded("old_version_closes", get(version="1.0"), closed=True,
               gets_not=(rb"(?i)transfer-encoding",)),
    _forwarded("old_version_without_host", get(version="1.0", host=None), closed=True),
    _forwarded("old_version_kept_alive", get(version="1.0", fields="Connection: keep-alive\r\n"),
               closed=False, gets=(rb"(?i)\r\nconnection: ?keep-alive\r\n",)),
    _forwarded("connection_tokens_in_any_case", _fields("Connection: CLOSE\r\n"), closed=True),
]

BODIES = [
    _forwarded("length", _post("Content-Length: 5\r\n", b"hello"), methods=("POST",),
               sent_body=b"hello", closed=False),
    _forwarded("length_zero", _post("Content-Length: 0\r\n"), methods=("POST",), sent_body=b"",
               closed=False),
    _forwarded("no_body", _post(""), methods=("POST",), sent_body=b"", closed=False),
    _forwarded("length_with_leading_zero", _post("Content-Length: 005\r\n", b"hello"),
               methods=("POST",), sent_body=b"hello"),
    _forwarded("same_length_twice", _post("Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
               methods=("POST",), sent_body=b"hello", sees_not=(rb"(?is)content-length.*content-le",)),
    _forwarded("length_1_mib", _post(f"Content-Length: {len(_BIG)}\r\n", _BIG), methods=("POST",),
               sent_body=_BIG),
    _forwarded("get_with_body", get(fields="Content-Length: 3\r\n") + b"abc", sent_body=b"abc"),
    _forwarded("chunked", _post("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
               methods=("POST",), sent_body=b"hello", closed=False,
               sees=(rb"(?i)\r\ntransfer-encoding: ?chunked\r\n",), sees_not=(rb"(?i)content-length",)),
    _forwarded("chunked_in_any_case", _post("Transfer-Encoding: ChUnKeD\r\n",
                                            b"5\r\nhello\r\n0\r\n\r\n"), methods=("POST",),
               sent_body=b"hello"),
    _forwarded("chunked_empty", _post("Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
               methods=("POST",), sent_body=b""),
    _forwarded("chunked_many", _post("Transfer-Encoding: chunked\r\n",
                                     b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n"), methods=("POST",),
               sent_body=b"x" * 3000),
    _forwarded("chunked_upper_case_and_zeros", _post("Transfer-Encoding: chunked\r\n",
                                                     b"000A\r\n0123456789\r\n00\r\n\r\n"),
               methods=("POST",), sent_body=b"0123456789"),
    _forwarded("chunked_with_extension", _post("Transfer-Encoding: chunked\r\n",
                                               b'5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'),
               methods=("POST",), sent_body=b"hello"),
    _forwarded("chunked_with_trailer", _post("Transfer-Encoding: chunked\r\n",
                                             b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
               methods=("POST",), sent_body=b"hello", closed=False),
    _forwarded("expect_continue", _post("Expect: 100-continue\r\nContent-Length: 5\r\n", b"hello"),
               methods=("POST",), sent_body=b"hello", sees=(rb"(?i)\r\nexpect: ?100-continue",),
               common=False),
]

FIELDS = [
    _forwarded("host_kept", get(host="meet.test:8443"), sees=(rb"(?i)\r\nhost: ?meet\.test:8443\r\n",)),
    _forwarded("host_with_ipv6", get(host="[::1]:8080"), sees=(rb"(?i)\r\nhost: ?\[::1\]:8080\r\n",)),
    _forwarded("absolute_form", b"GET http://other.test/http-bind?room=r HTTP/1.1\r\n"
               b"Host: meet.test\r\n\r\n",
               sees=(rb"^GET /http-bind\?room=r HTTP/1\.1\r\n", rb"(?i)\r\nhost: ?other\.test\r\n"),
               sees_not=(rb"(?i)\r\nhost: ?meet\.test",), common=False),
    _forwarded("absolute_form_without_path", b"GET http://meet.test HTTP/1.1\r\n"
               b"Host: meet.test\r\n\r\n", sees=(rb"^GET / HTTP/1\.1\r\n",), common=False),
    _forwarded("options_asterisk", b"OPTIONS * HTTP/1.1\r\nHost: meet.test\r\n\r\n",
               sees=(rb"^OPTIONS \* HTTP/1\.1\r\n",), common=False),
    _forwarded("unknown_method", _post("Content-Length: 2\r\n", b"ab").replace(
        b"POST", b"PROPFIND"), sees=(rb"^PROPFIND ",), sent_body=b"ab"),
    _forwarded("lower_case_method", get(method="get"), sees=(rb"^get ",)),
    _forwarded("target_verbatim", get("/http-bind?room=R%c3%a9m&x=%7E%2f//../&&=&y[]=1|2"),
               sees=(rb"^GET /http-bind\?room=R%c3%a9m&x=%7E%2f//\.\./&&=&y\[\]=1\|2 ",)),
    _forwarded("raw_utf8_in_query_is_escaped", "GET /http-bind?room=t\u00e9st HTTP/1.1\r\n"
               "Host: meet.test\r\n\r\n".encode(), sees=(rb"^GET /http-bind\?room=t%C3%A9st ",),
               common=False),
    _forwarded("names_and_values_verbatim", _fields("X-MiXeD: a  b\tc;d=\"e, f\"\r\n"),
               sees=(rb"\r\nX-MiXeD: a  b\tc;d=\"e, f\"\r\n",), common=False),
    _forwarded("obs_text_in_value", _fields("X-A: caf\u00c3\u00a9\r\n"), sees=(rb"caf\xc3\xa9",)),
    _forwarded("empty_value", _fields("X-A:\r\n"), sees=(rb"(?i)\r\nx-a: ?\r\n",)),
    _forwarded("repeated_fields_in_order", _fields("X-A: 1\r\nX-B: 0\r\nX-A: 2\r\n"),
               sees=(rb"(?is)\r\nx-a: ?1\r\n.*x-a: ?2\r\n",)),
    _forwarded("cookie_kept", _fields("Cookie: a=b; c=d\r\n"), sees=(rb"(?i)\r\ncookie: ?a=b; c=d\r\n",)),
    _forwarded("authorization_kept", _fields("Authorization: Bearer x.y.z\r\n"),
               sees=(rb"(?i)\r\nauthorization: ?Bearer x\.y\.z\r\n",)),
    _forwarded("request_line_of_15_kib", get("/http-bind?room=r&token=" + "t" * 15000)),
    _forwarded("head_of_40_kib", _fields("".join(f"X-{n}: {'y' * 4000}\r\n" for n in range(10))),
               common=False),
    _forwarded("one_hundred_fields", _fields("".join(f"X-{n}: 1\r\n" for n in range(100))),
               sees=(rb"(?i)\r\nx-99: ?1\r\n",), common=False),
]

HOP_BY_HOP = [
    _forwarded("named_by_connection", _fields("Connection: x-foo, keep-alive\r\nX-Foo: 1\r\n"),
               sees_not=(rb"(?i)x-foo",)),
    _forwarded("named_by_second_connection_field",
               _fields("Connection: keep-alive\r\nX-Foo: 1\r\nConnection: X-FOO\r\n"),
               sees_not=(rb"(?i)x-foo",)),
    _forwarded("keep_alive_field", _fields("Keep-Alive: timeout=5\r\n"),
               sees_not=(rb"(?i)\r\nkeep-alive:",)),
    _forwarded("proxy_connection", _fields("Proxy-Connection: keep-alive\r\n"),
               sees_not=(rb"(?i)proxy-connection",)),
    _forwarded("te", _fields("Connection: TE\r\nTE: gzip, trailers\r\n"), sees_not=(rb"(?i)gzip",)),
    _forwarded("upgrade_without_connection", _fields("Upgrade: websocket\r\n"),
               sees_not=(rb"(?i)\r\nupgrade:",)),
    _forwarded("host_named_by_connection", _fields("Connection: host\r\n"),
               sees=(rb"(?i)\r\nhost: ?meet\.test\r\n",), common=False),
    _forwarded("length_named_by_connection",
               _post("Connection: content-length\r\nContent-Length: 5\r\n", b"hello"),
               methods=("POST",), sent_body=b"hello", common=False),
    _forwarded("connection_towards_the_shard", get(),
               sees=(rb"(?i)\r\nconnection: ?keep-alive\r\n",)),
]

_OWN = "127.0.0.1"
_STRANGER = "127.0.0.2"  # an address that trusted_proxies does not list

FORWARDING = [
    _forwarded("client_address_is_told", get(), sees=(rb"(?i)\r\nx-forwarded-for: ?127\.0\.0\.1\r\n",)),
    _forwarded("trusted_is_appended_to", _fields("X-Forwarded-For: 192.0.2.7\r\n"), source=_OWN,
               sees=(rb"(?i)\r\nx-forwarded-for: ?192\.0\.2\.7, ?127\.0\.0\.1\r\n",)),
    _forwarded("trusted_proto_host_port", _fields(
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.test\r\nX-Forwarded-Port: 443\r\n"),
        source=_OWN, sees=(rb"(?i)\r\nx-forwarded-proto: ?https\r\n",
                           rb"(?i)\r\nx-forwarded-host: ?a\.test\r\n",
                           rb"(?i)\r\nx-forwarded-port: ?443\r\n"), common=False),
    _forwarded("trusted_real_ip", _fields("X-Real-IP: 192.0.2.7\r\n"), source=_OWN,
               sees=(rb"(?i)\r\nx-real-ip: ?192\.0\.2\.7\r\n",), common=False),
    _forwarded("untrusted_is_replaced", _fields("X-Forwarded-For: 192.0.2.7\r\n"),
               source=_STRANGER, sees=(rb"(?i)\r\nx-forwarded-for: ?127\.0\.0\.2\r\n",),
               sees_not=(rb"192\.0\.2\.7",), common=False),
    _forwarded("untrusted_twice_is_replaced", _fields(
        "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 192.0.2.8\r\n"), source=_STRANGER,
        sees_not=(rb"192\.0\.2",), common=False),
    _forwarded("untrusted_proto_host_port", _fields(
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\nX-Forwarded-Port: 443\r\n"),
        source=_STRANGER, sees=(rb"(?i)\r\nx-forwarded-proto: ?http\r\n",),
        sees_not=(rb"evil\.test", rb"(?i)forwarded-port: ?443"), common=False),
    _forwarded("untrusted_real_ip", _fields("X-Real-IP: 192.0.2.7\r\n"), source=_STRANGER,
               sees_not=(rb"192\.0\.2\.7",), common=False),
    _forwarded("untrusted_forwarded", _fields("Forwarded: for=192.0.2.7;host=evil.test\r\n"),
               source=_STRANGER, sees_not=(rb"192\.0\.2\.7", rb"evil\.test"), common=False),
    _forwarded("room_is_told", get("/http-bind?room=Some%20Room"),
               sees=(rb"(?i)\r\nroom: ?\S",), common=False),
]

ROUTING = [
    _forwarded(f"deleted_{name.lower()}", _fields(f"{name}: spoofed\r\n"),
               sees_not=(rb"spoofed",), common=False)
    for name in ("X-Room", "Room", "X-Group", "X-StickToken", "X-StickTokenFlag", "X-Proxy-Region",
                 "X-Proxy-Host", "X-Jitsi-Shard", "X-Jitsi-Region", "x-jitsi-anything")
]

ROOMS = [
    _forwarded("same_room_twice_in_two_spellings", get("/http-bind?room=t%C3%A9st&room=T%25C3%25A9ST"),
               common=False),
    _forwarded("empty_room", get("/http-bind?room="), gets_not=(rb"(?i)x-jitsi-shard",), common=False),
    _forwarded("invalid_escape_in_room", get("/http-bind?room=50%"),
               sees=(rb"^GET /http-bind\?room=50% ",), common=False),
    _forwarded("no_room_no_shard_header", get("/libs/app.js?room=r"),
               gets_not=(rb"(?i)x-jitsi-shard",), common=False),
    _forwarded("room_and_shard_header", get("/http-bind?room=r"),
               gets=(rb"(?i)\r\nx-jitsi-shard: ?shard-0\r\n",), common=False),
    _forwarded("page_and_shard_header", get("/SomeRoom"),
               gets=(rb"(?i)\r\nx-jitsi-shard: ?shard-0\r\n",), common=False),
]

ALL = CONNECTIONS + BODIES + FIELDS + HOP_BY_HOP + FORWARDING + ROUTING + ROOMS
