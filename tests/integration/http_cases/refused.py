# SPDX-License-Identifier: Apache-2.0
"""Requests that must not reach a shard (RFC 9112 §2.2, §3, §5, §6, §7; RFC 9110 §5)."""
from http_cases.case import Case, refused

_LINE = b"GET /http-bind?room=r HTTP/1.1\r\n"
_HOST = b"Host: meet.test\r\n"


def _with(field, method=b"GET"):
    return method + b" /http-bind?room=r HTTP/1.1\r\n" + _HOST + field + b"\r\n\r\n"


def _post(fields, body=b""):
    return (b"POST /http-bind?room=r HTTP/1.1\r\n" + _HOST + fields + b"\r\n\r\n" + body)


def _line(line, host=_HOST):
    return line + b"\r\n" + host + b"\r\n"


def _chunked(body, tail=b""):
    return _post(b"Transfer-Encoding: chunked", body + tail)


_SMUGGLED = b"GET /smuggled?room=r HTTP/1.1\r\nHost: meet.test\r\n\r\n"

SYNTAX = [
    refused("bare_lf_everywhere", b"GET /http-bind?room=r HTTP/1.1\nHost: meet.test\n\n"),
    refused("bare_lf_after_request_line", b"GET /http-bind?room=r HTTP/1.1\n" + _HOST + b"\r\n"),
    refused("bare_lf_after_a_field", _LINE + b"Host: meet.test\nX-A: 1\r\n\r\n"),
    refused("bare_lf_as_empty_line", _LINE + b"Host: meet.test\r\n\n\r\n"),
    refused("bare_cr_in_value", _with(b"X-A: a\rb")),
    refused("bare_cr_before_crlf", _with(b"X-A: a\r")),
    refused("bare_cr_in_request_line", b"GET /http-bind?room=r\rx HTTP/1.1\r\n" + _HOST + b"\r\n"),
    refused("bare_cr_hides_a_field", _with(b"X-A: a\rContent-Length: 5")),
    refused("nul_in_value", _with(b"X-A: a\0b")),
    refused("control_in_value", _with(b"X-A: a\x01b")),
    refused("escape_in_value", _with(b"X-A: a\x1b[0m")),
    refused("del_in_value", _with(b"X-A: a\x7fb")),
    refused("vertical_tab_in_value", _with(b"X-A: a\x0bb")),
    refused("space_before_colon", _with(b"X-A : 1")),
    refused("tab_before_colon", _with(b"X-A\t: 1")),
    refused("space_before_colon_of_content_length", _post(b"Content-Length : 3", b"abc")),
    refused("space_before_colon_of_transfer_encoding",
            _post(b"Transfer-Encoding : chunked", b"0\r\n\r\n")),
    refused("fold_with_space", _with(b"X-A: 1\r\n 2")),
    refused("fold_with_tab", _with(b"X-A: 1\r\n\t2")),
    refused("first_field_starts_with_space", _LINE + b" X-A: 1\r\n" + _HOST + b"\r\n"),
    refused("empty_field_name", _with(b": 1")),
    refused("field_without_colon", _with(b"X-A")),
    refused("parenthesis_in_field_name", _with(b"X(A: 1")),
    refused("space_in_field_name", _with(b"X A: 1")),
    refused("non_ascii_field_name", _with(b"X-\xc3\xa9: 1")),
    refused("nul_in_field_name", _with(b"X\0A: 1")),
    refused("slash_in_field_name", _with(b"X/A: 1")),
]

REQUEST_LINE = [
    refused("method_not_a_token", _line(b"G(T /http-bind?room=r HTTP/1.1")),
    refused("empty_method", _line(b" /http-bind?room=r HTTP/1.1")),
    refused("colon_in_method", _line(b"GET: /http-bind?room=r HTTP/1.1")),
    refused("http_0_9", b"GET /http-bind?room=r\r\n\r\n"),
    refused("lower_case_version", _line(b"GET /http-bind?room=r http/1.1")),
    refused("version_with_two_digits", _line(b"GET /http-bind?room=r HTTP/1.10")),
    refused("version_without_minor", _line(b"GET /http-bind?room=r HTTP/1")),
    refused("trailing_space", _line(b"GET /http-bind?room=r HTTP/1.1 ")),
    refused("two_spaces_before_target", _line(b"GET  /http-bind?room=r HTTP/1.1")),
    refused("two_spaces_before_version", _line(b"GET /http-bind?room=r  HTTP/1.1")),
    refused("tab_between", _line(b"GET\t/http-bind?room=r HTTP/1.1")),
    refused("space_in_target", _line(b"GET /http-bind?room=a b HTTP/1.1")),
    refused("target_without_slash", _line(b"GET admin HTTP/1.1")),
    refused("asterisk_for_get", _line(b"GET * HTTP/1.1")),
    refused("fragment_in_target", _line(b"GET /http-bind?room=r#x HTTP/1.1")),
    refused("control_in_target", _line(b"GET /http-bind?room=a\x01 HTTP/1.1")),
    refused("del_in_target", _line(b"GET /http-bind?room=a\x7f HTTP/1.1")),
    refused("raw_bytes_in_path", _line(b"GET /caf\xc3\xa9 HTTP/1.1")),
    refused("absolute_form_without_authority", _line(b"GET http:///http-bind?room=r HTTP/1.1")),
    refused("absolute_form_with_user", _line(b"GET http://u@meet.test/?room=r HTTP/1.1")),
    refused("http2_preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", common=False),
    refused("tls_hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 60
            + b"\r\n\r\n"),
    refused("garbage", b"\xff\xfe\xfd hello\r\n\r\n"),
    refused("version_2", _line(b"GET /http-bind?room=r HTTP/2.0"), 505),
    refused("version_3", _line(b"GET /http-bind?room=r HTTP/3.0"), 505),
    refused("connect", b"CONNECT meet.test:80 HTTP/1.1\r\nHost: meet.test:80\r\n\r\n", 405, closed=None,
            gets=(rb"(?i)\r\nallow: ?\S",), common=False),
    refused("trace", _line(b"TRACE /http-bind?room=r HTTP/1.1"), 405, closed=None,
            gets=(rb"(?i)\r\nallow: ?\S",), common=False),
    refused("request_line_too_long", _line(b"GET /http-bind?room=r&x=" + b"x" * 17000
                                           + b" HTTP/1.1"), 414),
    refused("endless_request_line", b"GET /" + b"x" * 70000, 414),
    refused("head_too_large", _LINE + _HOST + b"".join(
        b"X-%d: %s\r\n" % (i, b"y" * 8000) for i in range(9)) + b"\r\n", 431),
    refused("endless_field", _LINE + _HOST + b"X-A: " + b"y" * 70000, 431),
    refused("too_many_fields", _LINE + _HOST + b"".join(
        b"X-%d: 1\r\n" % i for i in range(130)) + b"\r\n", 431),
]

HOST = [
    refused("no_host", _LINE + b"\r\n"),
    refused("two_equal_hosts", _LINE + _HOST + _HOST + b"\r\n"),
    refused("two_hosts", _LINE + _HOST + b"Host: other.test\r\n\r\n"),
    refused("space_in_host", _LINE + b"Host: meet test\r\n\r\n"),
    refused("slash_in_host", _LINE + b"Host: meet.test/x\r\n\r\n"),
    refused("user_in_host", _LINE + b"Host: u@meet.test\r\n\r\n"),
    refused("list_in_host", _LINE + b"Host: meet.test, other.test\r\n\r\n"),
    refused("port_not_a_number_in_host", _LINE + b"Host: meet.test:x\r\n\r\n"),
    refused("two_ports_in_host", _LINE + b"Host: meet.test:80:81\r\n\r\n"),
    refused("query_in_host", _LINE + b"Host: meet.test?room=x\r\n\r\n"),
]

LENGTH = [
    refused("lengths_that_differ",
            _post(b"Content-Length: 3\r\nContent-Length: 4", b"abcd")),
    refused("length_list", _post(b"Content-Length: 3, 3", b"abc")),
    refused("length_with_comma", _post(b"Content-Length: 3,", b"abc")),
    refused("length_with_plus", _post(b"Content-Length: +3", b"abc")),
    refused("negative_length", _post(b"Content-Length: -1", b"abc")),
    refused("hexadecimal_length", _post(b"Content-Length: 0x3", b"abc")),
    refused("length_with_letter", _post(b"Content-Length: 3a", b"abc")),
    refused("empty_length", _post(b"Content-Length:", b"abc")),
    refused("length_with_space_inside", _post(b"Content-Length: 1 2", b"abc")),
    refused("length_of_2_to_the_64", _post(b"Content-Length: 18446744073709551616", b"abc")),
    refused("length_with_thirty_digits", _post(b"Content-Length: " + b"9" * 30, b"abc")),
    refused("length_as_fraction", _post(b"Content-Length: 3.0", b"abc")),
]

CODING = [
    refused("coding_and_length", _post(b"Transfer-Encoding: chunked\r\nContent-Length: 5",
                                       b"0\r\n\r\n" + _SMUGGLED)),
    refused("length_and_coding", _post(b"Content-Length: 5\r\nTransfer-Encoding: chunked",
                                       b"0\r\n\r\n" + _SMUGGLED)),
    refused("coding_gzip", _post(b"Transfer-Encoding: gzip", b"abc")),
    refused("coding_identity", _post(b"Transfer-Encoding: identity", b"abc")),
    refused("coding_chunked_twice", _post(b"Transfer-Encoding: chunked, chunked", b"0\r\n\r\n")),
    refused("two_coding_fields", _post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                       b"0\r\n\r\n")),
    refused("chunked_not_last", _post(b"Transfer-Encoding: chunked, gzip", b"0\r\n\r\n")),
    refused("coding_gzip_then_chunked", _post(b"Transfer-Encoding: gzip, chunked", b"0\r\n\r\n")),
    refused("unknown_coding", _post(b"Transfer-Encoding: xchunked", b"0\r\n\r\n")),
    refused("coding_with_parameter", _post(b"Transfer-Encoding: chunked;q=1", b"0\r\n\r\n")),
    refused("quoted_coding", _post(b'Transfer-Encoding: "chunked"', b"0\r\n\r\n")),
    refused("empty_coding", _post(b"Transfer-Encoding:", b"0\r\n\r\n")),
    refused("coding_on_1_0", b"POST /http-bind?room=r HTTP/1.0\r\n" + _HOST
            + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
]


def _bad_chunk(name, body):
    """The head may be on its way; the request is never completed and nothing after it is read."""
    return Case(name, _chunked(body, _SMUGGLED), (400,), ("POST",), closed=True,
                sees_not=(rb"smuggled", rb"(?s)\r\n0\r\n\r\n$"))


CHUNKS = [
    _bad_chunk("chunk_size_not_hexadecimal", b"3g\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_with_0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_negative", b"-3\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_with_plus", b"+3\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_empty", b"\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_after_space", b" 3\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_of_17_digits", b"00000000000000003\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_overflow", b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_size_ends_with_lf", b"3\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_without_crlf", b"3\r\nabcX0\r\n\r\n"),
    _bad_chunk("chunk_ends_with_lf", b"3\r\nabc\n0\r\n\r\n"),
    _bad_chunk("chunk_extension_with_lf", b"3;a=b\nc\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("chunk_extension_with_cr", b"3;a=b\rc\r\nabc\r\n0\r\n\r\n"),
    _bad_chunk("last_chunk_then_lf", b"3\r\nabc\r\n0\n\r\n"),
    _bad_chunk("trailer_with_space_before_colon", b"3\r\nabc\r\n0\r\nX-A : 1\r\n\r\n"),
    _bad_chunk("trailer_with_bare_lf", b"3\r\nabc\r\n0\r\nX-A: 1\nX-B: 2\r\n\r\n"),
]

ROOMS = [
    refused("two_rooms", _line(b"GET /http-bind?room=a&room=b HTTP/1.1"), common=False),
    refused("control_in_room", _line(b"GET /http-bind?room=a%00b HTTP/1.1"), common=False),
    refused("newline_in_room", _line(b"GET /http-bind?room=a%0Ab HTTP/1.1"), common=False),
    refused("room_too_long", _line(b"GET /http-bind?room=" + b"a" * 1100 + b" HTTP/1.1"), 414,
            closed=None, common=False),
    refused("tenant_too_long", _line(b"GET /" + b"t" * 300 + b"/http-bind?room=a HTTP/1.1"), 414,
            closed=None, common=False),
]

ALL = SYNTAX + REQUEST_LINE + HOST + LENGTH + CODING + CHUNKS + ROOMS
