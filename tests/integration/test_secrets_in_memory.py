# SPDX-License-Identifier: Apache-2.0
"""What a router forgets: the memory of the process is looked through for secrets that were replaced."""
import base64
import os
import secrets
import urllib.error
import urllib.request

import pytest

from harness.authority import Authority
from harness.installed import need, sanitized
from harness.ports import free_port
from harness.tls import TlsClient, listening
from harness.waiting import eventually


def _places(process, wanted):
    """In which writable parts of its memory the bytes are."""
    found = []
    with open(f"/proc/{process.pid}/maps", encoding="ascii") as maps:
        parts = [line.split() for line in maps if " rw" in line]
    try:
        with open(f"/proc/{process.pid}/mem", "rb", buffering=0) as memory:
            for part in parts:
                first, last = (int(edge, 16) for edge in part[0].split("-"))
                memory.seek(first)
                try:
                    content = memory.read(last - first)
                except OSError:
                    continue  # of the system, such as [vvar]
                if wanted in content:
                    found.append(part[-1])
    except PermissionError:
        pytest.skip("this machine lets nobody read the memory of another process")
    return found


def _change(router, token):
    request = urllib.request.Request(
        f"http://127.0.0.1:{router.admin_port}/api/v1/shards/shard-0/drain", b"", method="POST",
        headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class _Files:
    """The files with secrets, and what stands in them."""

    def __init__(self, directory, authority):
        self.directory, self.authority = directory, authority
        self.certificate, self.key = directory / "tls.crt", directory / "tls.key"
        self.token, self.tickets, self.gossip = (directory / name
                                                 for name in ("token", "tickets", "gossip.key"))
        self.renew()

    def renew(self):
        certificate, key = self.authority.sign("meet.test")
        ticket = os.urandom(80)
        self.said = {"token": secrets.token_hex(32).encode(), "gossip.key": secrets.token_hex(32).encode(),
                     "tickets": base64.b64encode(ticket)}
        for name, content in {**self.said, "tls.crt": certificate.read_bytes(),
                              "tls.key": key.read_bytes()}.items():
            (self.directory / name).write_bytes(content + b"\n")
            (self.directory / name).chmod(0o600)
        self.said["ticket key"] = ticket[16:48]
        self.said["tls.key"] = key.read_bytes().split(b"\n")[1]


def test_replaced_secrets_are_not_in_memory_any_more(processes, router_binary, tmp_path):
    need("openssl")
    if sanitized(router_binary):
        pytest.skip("a sanitizer keeps what was given back")
    authority = Authority(tmp_path)
    files = _Files(tmp_path, authority)
    router = listening(processes, processes.shard(), "router-0", (files.certificate, files.key),
                       {"ticket_keys": str(files.tickets)})
    router.config["admin"]["token_file"] = str(files.token)
    router.config["peers"] = {"listen": f"127.0.0.1:{free_port()}",
                              "tls": {"psk_file": str(files.gossip)}}
    router.write()
    router.start()
    old = dict(files.said)
    with TlsClient(router.port, authority.client()):
        assert _change(router, old["token"].decode()) == 200
    present = {name for name, secret in old.items() if _places(router.process, secret)}
    assert present >= {"ticket key", "tickets", "tls.key"}, "the search finds what is there"
    files.renew()
    assert _change(router, files.said["token"].decode()) == 200
    router.reload()
    eventually(lambda: not _places(router.process, old["ticket key"]), "the keys are forgotten")
    left = {name: places for name, secret in old.items()
            if (places := _places(router.process, secret))}
    assert not left
