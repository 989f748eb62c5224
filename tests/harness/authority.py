# SPDX-License-Identifier: Apache-2.0
"""An authority whose certificates clients of a test trust, made by the openssl command."""
import ipaddress
import ssl
import subprocess


def _openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, timeout=60,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _alternative(host):
    try:
        return f"IP:{ipaddress.ip_address(host)}"
    except ValueError:
        return f"DNS:{host}"


_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-newkey", "rsa:2048")


class MountedSecret:
    """A certificate and its key as Kubernetes mounts them: changed by replacing one link."""

    def __init__(self, directory, pair):
        self.directory, self.versions = directory, 0
        self.certificate, self.key = directory / "tls.crt", directory / "tls.key"
        self.put(pair)
        for path in (self.certificate, self.key):
            path.symlink_to(f"..data/{path.name}")

    def put(self, pair):
        self.versions += 1
        folder = self.directory / f"..{self.versions}"
        folder.mkdir()
        for source, path in zip(pair, (self.certificate, self.key)):
            (folder / path.name).write_bytes(source.read_bytes())
            (folder / path.name).chmod(0o600)
        fresh = self.directory / "..fresh"
        fresh.symlink_to(folder.name)
        fresh.rename(self.directory / "..data")


class Authority:
    def __init__(self, directory, name="authority"):
        self.directory = directory
        self.certificate, self.key = directory / f"{name}.crt", directory / f"{name}.key"
        self.serial = 0
        _openssl("req", "-x509", *_EC, "-nodes", "-subj", f"/CN={name}", "-days", 2,
                 "-keyout", self.key, "-out", self.certificate)

    def sign(self, *hosts, days=2, name=None, key=_EC):
        """A certificate of these hosts and IPs; paths of it and of its key."""
        self.serial += 1
        stem = name or f"{hosts[0].replace('*', 'any')}-{self.serial}"
        certificate, secret, request, more = (self.directory / f"{stem}.{kind}"
                                              for kind in ("crt", "key", "csr", "ext"))
        more.write_text("subjectAltName=" + ",".join(map(_alternative, hosts)) + "\n")
        _openssl("req", "-new", *key, "-nodes", "-subj", f"/CN={hosts[0]}", "-keyout", secret,
                 "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                 "-set_serial", self.serial, "-days", days, "-extfile", more, "-out", certificate)
        secret.chmod(0o600)
        return certificate, secret

    def answer(self, certificate):
        """The path of an OCSP response: what this authority signed is good."""
        index, request, answer = (certificate.with_suffix(kind)
                                  for kind in (".index", ".request", ".ocsp"))
        serial = int(ssl._ssl._test_decode_cert(str(certificate))["serialNumber"], 16)
        index.write_text(f"V\t491231235959Z\t\t{serial:02X}\tunknown\t/CN={certificate.stem}\n")
        own = ["-index", index, "-rsigner", self.certificate, "-rkey", self.key,
               "-CA", self.certificate, "-ndays", 1]
        _openssl("ocsp", "-issuer", self.certificate, "-cert", certificate, "-reqout", request,
                 "-no_nonce")
        _openssl("ocsp", *own, "-reqin", request, "-respout", answer)
        return answer

    @staticmethod
    def server(pair):
        """What a server with this certificate speaks TLS with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*pair)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def client(self, pair=None):
        """What a client that trusts only this authority speaks TLS with."""
        context = ssl.create_default_context(cafile=self.certificate)
        if pair:
            context.load_cert_chain(*pair)
        return context
