# SPDX-License-Identifier: Apache-2.0
"""Routers that speak TLS, how they are looked at, and what goes through them."""
import os
import ssl
import subprocess

from harness.client import SWITCHING, TlsClient, get
from harness.shard import identified

BULK = os.urandom(1 << 20)


def bulk_or_tunnel(request):
    """What a shard answers: it switches when asked to, has BULK under /bulk, else says who it is."""
    if request.all("upgrade"):
        return SWITCHING
    if request.target.startswith("/bulk"):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BULK) + BULK
    return identified("shard-0")


def listening(processes, shard, name, pair, tls=None, **listener):
    """A router, not started, whose listener has this certificate and key."""
    router = processes.unstarted_router([shard], name=name)
    router.config["listeners"][0] |= listener | {
        "tls": {"certificate": str(pair[0]), "key": str(pair[1])} | (tls or {})}
    router.write()
    return router


def serial(router, authority):
    """That of the certificate being served."""
    with TlsClient(router.port, authority.client()) as client:
        return int(client.sock.getpeercert()["serialNumber"], 16)


def serial_of(certificate):
    return int(ssl._ssl._test_decode_cert(str(certificate))["serialNumber"], 16)


def s_client(port, *words, sent=get(fields="Connection: close\r\n"), host="meet.test"):
    """What `openssl s_client` prints about one request."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", host,
                           "-ign_eof", *map(str, words)], input=sent, capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode(errors="replace")
