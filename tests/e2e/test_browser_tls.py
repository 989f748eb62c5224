# SPDX-License-Identifier: Apache-2.0
"""A browser that speaks TLS with the router itself: pages, requests and websockets."""
import base64
import hashlib
import subprocess

from harness import browser
from harness.authority import Authority
from harness.installed import need
from harness.tls import listening

_PAGE = b"<!doctype html><title>room</title><link rel=icon href=data:,>"


def _answer(connection, request):
    if request.all("upgrade"):
        key = request.one("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                        b"Upgrade: websocket\r\nSec-WebSocket-Protocol: xmpp\r\n"
                        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x05hello")
        connection.take_rest()
        return
    kind, body = (b"text/plain", b"ok") if "http-bind" in request.target else (b"text/html", _PAGE)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind +
                    b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _hash_of_key(certificate):
    """As Chromium names the key of a certificate to trust."""
    pem = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                         stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.stdout,
                         capture_output=True, check=True, timeout=60)
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def test_a_browser_speaks_tls_with_the_router(processes, tmp_path):
    need("openssl")
    authority = Authority(tmp_path)
    pair = authority.sign("meet.test")
    shard = processes.shard()
    router = listening(processes, shard, "router-0", pair,
                       {"ocsp": str(authority.answer(pair[0]))}).start()
    shard.handler = _answer
    visits = browser.drive("tls.mjs", {"url": "https://meet.test/standup", "port": router.port,
                                       "keys": [_hash_of_key(pair[0])]})
    for visit in visits:
        assert visit == {"status": 200, "protocol": "TLS 1.3", "mistakes": [], "fetched": "ok",
                         "heard": "hello"}
