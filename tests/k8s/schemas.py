# SPDX-License-Identifier: Apache-2.0
"""Strict validation of rendered objects: where the schemas come from, and what they find."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest
import rendering
from harness.installed import one_at_a_time

VERSIONS = ("1.33", "1.36")  # oldest and latest
VALIDATOR = "kubernetes-validate==1.37.0"
# Go modules that carry CustomResourceDefinitions, and where.
MODULES = {
    "sigs.k8s.io/gateway-api@v1.6.1": ("config/crd/standard", ("gateway.networking.k8s.io_gateways",
                                                               "gateway.networking.k8s.io_httproutes")),
    "github.com/cert-manager/cert-manager@v1.21.1": ("deploy/crds", ("cert-manager.io_certificates",
                                                                     "cert-manager.io_issuers")),
    "github.com/kedacore/keda/v2@v2.20.2": ("config/crd/bases", ("keda.sh_scaledobjects",)),
    "github.com/external-secrets/external-secrets@v1.3.2": ("config/crds/bases",
                                                            ("external-secrets.io_externalsecrets",)),
    "github.com/prometheus-operator/prometheus-operator@v0.93.0": (
        "example/prometheus-operator-crd", ("monitoring.coreos.com_podmonitors",
                                            "monitoring.coreos.com_prometheusrules")),
}
OWN = pathlib.Path(__file__).parent / "own_crds.yaml"


def _run(command, what, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=600, **options)
    if done.returncode:
        pytest.skip(f"{what}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def validator():
    """The interpreter of an environment that has the validator, made once."""
    place = rendering.CACHE / VALIDATOR
    python = place / "bin" / "python"
    with one_at_a_time("pip"):
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            _run(["/usr/bin/python3", "-m", "venv", place], "python3-venv is not installed")
            _run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", VALIDATOR],
                 f"pip could not fetch {VALIDATOR}")
            (place / "complete").touch()
    return python


def definitions():
    """The files of the CustomResourceDefinitions, fetched once by go; skips without it."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go, which fetches the definitions of custom resources, is not installed")
    folder = rendering.CACHE / "definitions"
    wanted = [(module, f"{inside}/{name}.yaml", folder / module.replace("/", "_") / f"{name}.yaml")
              for module, (inside, names) in MODULES.items() for name in names]
    with one_at_a_time("definitions"):
        missing = sorted({module for module, _, path in wanted if not path.exists()})
        if missing:
            _fetch(go, folder, missing, wanted)
    return [str(path) for _, _, path in wanted] + [str(OWN)]


def _fetch(go, folder, missing, wanted):
    folder.mkdir(parents=True, exist_ok=True)
    said = _run([go, "mod", "download", "-json", *missing],
                "go could not fetch the definitions of custom resources", cwd=folder,
                env={**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"})
    places = {f"{item['Path']}@{item['Version']}": item["Dir"] for item in _objects(said)}
    for module, inside, path in wanted:
        if module in missing:
            path.parent.mkdir(exist_ok=True)
            shutil.copyfile(pathlib.Path(places[module]) / inside, path)


def _objects(text):
    """JSON objects one after the other."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        item, at = decoder.raw_decode(text, at)
        yield item
        at += len(text[at:]) - len(text[at:].lstrip())


def mistakes(things, versions=VERSIONS):
    """A line for each thing that a schema has against the objects."""
    asked = {"versions": versions, "definitions": definitions(), "objects": things}
    done = subprocess.run([str(validator()), str(pathlib.Path(__file__).with_name("validate.py"))],
                          input=json.dumps(asked), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
