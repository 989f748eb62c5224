# SPDX-License-Identifier: Apache-2.0
"""Sessions that are resumed, by whom and how long; OCSP responses that are stapled."""
import base64
import os
import subprocess

import pytest

from harness.authority import Authority
from harness.client import TlsClient
from harness.shard import identified
from harness.tls import listening, s_client, serial
from harness.waiting import eventually

VERSIONS = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


@pytest.fixture(scope="module")
def shard(module_processes):
    return module_processes.shard(answer=identified("shard-0"))


class Visitor:
    """A client of the openssl command that keeps the ticket of its first visit."""

    def __init__(self, directory, version, *words):
        self.ticket = directory / f"ticket{version}"
        self.words = [version, *words]

    def visit(self, port):
        seen = s_client(port, *self.words, "-sess_out", self.ticket)
        assert "HTTP/1.1 200" in seen and "\nNew, TLS" in seen, seen

    def is_known(self, port):
        """Whether the ticket is taken; it is kept as it was."""
        seen = s_client(port, *self.words, "-sess_in", self.ticket)
        assert "HTTP/1.1 200" in seen, seen
        return "\nReused, TLS" in seen


def _reload(router):
    before = router.metric("room_router_config_generation")
    router.reload()
    eventually(lambda: router.metric("room_router_config_generation") > before, "it is read again")


def _key():
    return base64.b64encode(os.urandom(80)) + b"\n"


@VERSIONS
def test_tickets_outlive_reloads_and_new_certificates(processes, shard, authority, tmp_path, version):
    pair = authority.sign("meet.test", name=f"renewed{version}")
    router = listening(processes, shard, "renewed", pair).start()
    visitor = Visitor(tmp_path, version)
    visitor.visit(router.port)
    assert visitor.is_known(router.port)
    _reload(router)
    assert visitor.is_known(router.port)
    first = serial(router, authority)
    for source, target in zip(authority.sign("meet.test"), pair):
        target.write_bytes(source.read_bytes())
    eventually(lambda: serial(router, authority) != first, "the new certificate is served")
    assert visitor.is_known(router.port)


@VERSIONS
def test_a_file_of_keys_is_shared_by_replicas_and_rotated(processes, shard, authority, tmp_path,
                                                          version):
    keys = tmp_path / "tickets"
    lines = [_key() for _ in range(6)]

    def rotate(*kept):
        keys.write_bytes(b"".join(lines[number] for number in kept))
        keys.chmod(0o600)

    rotate(0, 1, 2)
    pair = authority.sign("meet.test")
    one, two = (listening(processes, shard, f"replica-{number}", pair,
                          {"ticket_keys": str(keys)}).start() for number in range(2))
    alone = listening(processes, shard, "alone", pair).start()
    visitor = Visitor(tmp_path, version)
    visitor.visit(one.port)
    assert visitor.is_known(two.port)
    assert not visitor.is_known(alone.port)
    for kept, known in (([0, 1, 2, 3], True), ([0, 1, 2, 3, 4], False)):  # the last three open
        rotate(*kept)
        for router in (one, two):
            _reload(router)
            assert visitor.is_known(router.port) == known
    for router in (one, two):
        assert lines[1].decode().strip() not in router.process.text()


def test_bad_keys_are_refused_and_the_old_ones_kept(processes, shard, authority, tmp_path):
    keys = tmp_path / "tickets"
    keys.write_bytes(_key())
    router = listening(processes, shard, "router-0", authority.sign("meet.test"),
                       {"ticket_keys": str(keys)}).start()
    visitor = Visitor(tmp_path, "-tls1_3")
    visitor.visit(router.port)
    keys.write_bytes(b"AAAA\n")
    eventually(lambda: "line 1 is a key of 3 bytes" in router.process.text(), "it is reported")
    assert visitor.is_known(router.port)


@VERSIONS
def test_a_ticket_of_one_listener_is_no_pass_for_another(processes, shard, authority, tmp_path,
                                                         version):
    """Both listeners share the keys of the process, but only one asks for certificates."""
    clients = Authority(tmp_path, "clients")
    pair = authority.sign("meet.test")
    router = listening(processes, shard, "router-0", pair)
    [guarded] = listening(processes, shard, "ports", pair).config["listeners"]
    guarded["tls"]["client_ca"] = str(clients.certificate)
    router.config["listeners"].append(guarded)
    router.write()
    router.start()
    guarded_port = int(guarded["address"].split(":")[1])
    stranger = Visitor(tmp_path, version)
    stranger.visit(router.port)
    seen = s_client(guarded_port, version, "-sess_in", stranger.ticket)
    assert "HTTP/1.1 200" not in seen
    certificate, key = clients.sign("somebody")
    known = Visitor(tmp_path, version, "-cert", certificate, "-key", key)
    known.visit(guarded_port)
    assert known.is_known(guarded_port)
    assert not known.is_known(router.port)


# -- OCSP

def _staple(router, host="meet.test"):
    """What the router says of its certificate, if anything."""
    seen = s_client(router.port, "-status", host=host)
    assert "HTTP/1.1 200" in seen, seen
    if "OCSP response: no response sent" in seen:
        return None
    assert "OCSP Response Status: successful (0x0)" in seen, seen
    return seen[seen.index("Cert Status: "):].split("\n")[0].removeprefix("Cert Status: ")


def test_responses_are_stapled_for_who_asks(processes, shard, authority, router_binary):
    pair, other = authority.sign("meet.test", name="stapled"), authority.sign("other.test")
    ocsp = authority.answer(pair[0])
    more = {"certificate": str(other[0]), "key": str(other[1])}
    router = listening(processes, shard, "stapled", pair, {"ocsp": str(ocsp), "more": [more]}).start()
    assert _staple(router) == "good"
    assert _staple(router, "other.test") is None
    assert "OCSP" not in s_client(router.port)
    with TlsClient(router.port, authority.client()) as client:
        assert client.names() == ["meet.test"]
    ocsp.write_bytes(authority.answer(other[0]).read_bytes())
    eventually(lambda: "is about another certificate" in router.process.text(), "it is reported")
    assert _staple(router) == "good"
    checked = subprocess.run([router_binary, "check", "-c", router.path], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert checked.returncode == 1
    assert "listeners[0].tls.ocsp: the file " in checked.stderr
    assert "is about another certificate; get a new one with: openssl ocsp" in checked.stderr
    more["ocsp"] = str(authority.answer(other[0]))
    authority.answer(pair[0])
    router.config["listeners"][0]["tls"]["more"] = [more]
    router.write()
    eventually(lambda: _staple(router, "other.test") == "good", "the new one is stapled")
    assert _staple(router) == "good"
