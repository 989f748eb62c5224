# SPDX-License-Identifier: Apache-2.0
"""What a scanner of TLS looks for: old versions, weak ciphers, extensions that should not be there.

Hellos are made by hand: what is looked for is more than today's libraries can speak.
"""
import os
import shutil
import socket
import struct
import subprocess

import pytest

from harness.authority import RSA
from harness.client import get
from harness.shard import identified
from harness.tls import listening, s_client

PROTOCOL_VERSION, HANDSHAKE_FAILURE, FALLBACK, NO_PROTOCOL = 70, 40, 86, 120
TLS12 = 0x0303
STRONG = [0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9]  # ECDHE with AES-GCM or ChaCha20
WEAK = {
    "rc4": [0x0004, 0x0005, 0xC007, 0xC011, 0x0018],
    "des": [0x0009, 0x000A, 0xC008, 0xC012, 0x0016],
    "cbc": [0x002F, 0x0035, 0x003C, 0xC009, 0xC00A, 0xC013, 0xC014, 0xC023, 0xC024, 0xC027, 0xC028],
    "static-rsa": [0x009C, 0x009D, 0xC09C],
    "dhe": [0x0033, 0x0067, 0x009E, 0x009F, 0xCCAA],
    "export": [0x0003, 0x0006, 0x0008, 0x0014, 0x0062],
    "null": [0x0000, 0x0001, 0x0002, 0x003B, 0xC006, 0xC010],
    "anonymous": [0x0017, 0x001B, 0x0034, 0x00A6, 0x006C, 0xC015, 0xC018],
    "psk": [0x008C, 0x00A8, 0xC035, 0xCCAC],
    "other": [0x0007, 0x0041, 0x0096, 0xC03C, 0xC05C],
}


@pytest.fixture(scope="module")
def router(module_processes, authority):
    shard = module_processes.shard(answer=identified("shard-0"))
    more = dict(zip(("certificate", "key"), map(str, authority.sign("rsa.test", key=RSA))))
    return listening(module_processes, shard, "router-0", authority.sign("meet.test"),
                     {"more": [more]}).start()


def _vector(data, size):
    return len(data).to_bytes(size, "big") + data


def _extension(kind, data):
    return struct.pack("!H", kind) + _vector(data, 2)


def _hello(ciphers=STRONG, version=TLS12, host="meet.test", compression=b"\x00", more=b""):
    """A ClientHello in its record."""
    extensions = (
        _extension(0, _vector(b"\x00" + _vector(host.encode(), 2), 2)) +
        _extension(10, _vector(bytes.fromhex("001d00170018"), 2)) + _extension(11, b"\x01\x00") +
        _extension(13, _vector(bytes.fromhex("040304010501060108040805080602010203"), 2)) + more)
    body = (struct.pack("!H", version) + os.urandom(32) + _vector(os.urandom(32), 1) +
            _vector(b"".join(struct.pack("!H", one) for one in ciphers), 2) +
            _vector(compression, 1) + _vector(extensions, 2))
    return b"\x16\x03\x01" + _vector(b"\x01" + _vector(body, 3), 2)


class Answer:
    """The first thing a router says: an alert, or what it has chosen."""

    def __init__(self, sock):
        self.alert = self.cipher = self.version = self.compression = None
        self.extensions = {}
        kind, body = read_record(sock)
        if kind == 21:
            self.alert = body[1]
        elif kind == 22 and body[0] == 2:
            self._read_hello(body[4:])

    def _read_hello(self, hello):
        at = 35 + hello[34]
        self.version = int.from_bytes(hello[:2], "big")
        self.cipher, self.compression = struct.unpack("!HB", hello[at:at + 3])
        rest = hello[at + 5:at + 5 + int.from_bytes(hello[at + 3:at + 5], "big")]
        while rest:
            kind, size = struct.unpack("!HH", rest[:4])
            self.extensions[kind], rest = rest[4:4 + size], rest[4 + size:]


def _take(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            return data
        data += more
    return data


def read_record(sock):
    """Its type and content; type None at the end of the connection."""
    try:
        head = _take(sock, 5)
        return (head[0], _take(sock, int.from_bytes(head[3:], "big"))) if len(head) == 5 else (None, b"")
    except ConnectionResetError:
        return None, b""


def _ask(router, *args, **kwargs):
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        sock.sendall(_hello(*args, **kwargs))
        return Answer(sock)


@pytest.mark.parametrize("host, served", [("meet.test", {0xC02B, 0xC02C, 0xCCA9}),
                                          ("rsa.test", {0xC02F, 0xC030, 0xCCA8})])
def test_each_strong_cipher_is_spoken(router, host, served):
    """So that the refusals below are not those of a hello nobody understands."""
    assert {one for one in STRONG if _ask(router, [one], host=host).cipher == one} == served
    answer = _ask(router, host=host)
    assert answer.version == TLS12 and answer.cipher in served


@pytest.mark.parametrize("host", ["meet.test", "rsa.test"])
@pytest.mark.parametrize("kind", WEAK)
def test_weak_ciphers_are_refused(router, kind, host):
    for cipher in WEAK[kind]:
        assert _ask(router, [cipher], host=host).alert == HANDSHAKE_FAILURE, hex(cipher)
    assert _ask(router, WEAK[kind] + STRONG, host=host).cipher in STRONG


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0302])
def test_old_versions_are_refused(router, version):
    every = STRONG + sum(WEAK.values(), [])
    refused = _ask(router, every, version=version)
    assert refused.alert in (PROTOCOL_VERSION, HANDSHAKE_FAILURE) and refused.version is None


def test_ssl_2_is_no_language(router):
    body = b"\x01\x00\x02\x00\x03\x00\x00\x00\x10\x01\x00\x80" + os.urandom(16)
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        sock.sendall(struct.pack("!H", 0x8000 | len(body)) + body)
        assert read_record(sock)[0] in (None, 21)


def test_who_falls_back_is_told(router):
    """RFC 7507: a client that was made to try an older version than it speaks."""
    assert _ask(router, STRONG + [0x5600]).alert == FALLBACK


def test_nothing_is_compressed(router):
    answer = _ask(router, compression=b"\x01\x00")
    assert answer.cipher in STRONG and answer.compression == 0


def test_there_is_no_heartbeat(router):
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as sock:
        sock.sendall(_hello(more=_extension(15, b"\x01")))
        answer = Answer(sock)
        assert answer.cipher in STRONG and 15 not in answer.extensions
        sock.sendall(b"\x18\x03\x03" + _vector(b"\x01\x40\x00", 2))  # says 16384 bytes, has none
        kinds = set()
        while (record := read_record(sock))[0] is not None:
            kinds.add(record[0])
    assert 24 not in kinds and 21 in kinds


def test_secrets_of_sessions_are_bound_to_handshakes(router):
    """RFC 7627 and RFC 5746; and nobody gets what he has not asked for."""
    answer = _ask(router, more=_extension(23, b"") + _extension(0xFF01, b"\x00"))
    assert 23 in answer.extensions and answer.extensions[0xFF01] == b"\x00"
    assert set(_ask(router).extensions) <= {0, 11, 0xFF01}


@pytest.mark.parametrize("protocols", [["h2"], ["h2", "spdy/3"], ["http/1.0"]])
def test_other_protocols_are_refused(router, protocols):
    offered = _vector(b"".join(_vector(one.encode(), 1) for one in protocols), 2)
    assert _ask(router, more=_extension(16, offered)).alert == NO_PROTOCOL


def test_tls_1_3_takes_no_early_data(router, tmp_path):
    ticket = tmp_path / "ticket"
    first = s_client(router.port, "-tls1_3", "-sess_out", ticket)
    assert "Max Early Data: 0" in first, first


@pytest.mark.parametrize("words", [[], ["--tls-max", "1.2"]], ids=["newest", "1.2"])
def test_curl_is_content(router, authority, words):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority.certificate), "--noproxy", "*", *words,
         "--resolve", f"meet.test:{router.port}:127.0.0.1", "-w", " %{http_version}",
         f"https://meet.test:{router.port}/http-bind?room=r",
         f"https://meet.test:{router.port}/http-bind?room=r"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "shard-0 1.1" * 2
    refused = subprocess.run(["curl", "-sS", "--noproxy", "*", f"https://127.0.0.1:{router.port}/"],
                             capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert refused.returncode == 60, "nobody it knows has signed the certificate"


def test_requests_still_go_through(router):
    assert "HTTP/1.1 200" in s_client(router.port, sent=get(fields="Connection: close\r\n"))
