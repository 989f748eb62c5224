# SPDX-License-Identifier: Apache-2.0
"""The image: what is in it, and that it runs as the manifest runs it, without a container tool."""
import errno
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest
import yaml

from harness.installed import ROOT, need
from harness.package import make, run
from harness.process import Process

IMAGE = ROOT / "k8s/image"


@pytest.fixture(scope="module")
def rootfs(router_binary, tmp_path_factory):
    need("mmdebstrap")
    folder = tmp_path_factory.mktemp("image")
    done = subprocess.run([IMAGE / "build-rootfs", make(router_binary, folder), folder / "rootfs"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    if done.returncode != 0 and re.search("Failed to fetch|Could not resolve", done.stderr):
        pytest.skip(f"no Debian mirror can be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return folder / "rootfs"


@pytest.fixture(scope="module")
def manifest(kustomize):
    """Kind and name → object, of the router's manifests."""
    shown = run(*kustomize, ROOT / "k8s/base/router")
    return {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(shown)}


@pytest.fixture(scope="module")
def pod(manifest):
    return manifest["StatefulSet", "router"]["spec"]["template"]["spec"]


def _files(rootfs):
    return {path.relative_to(rootfs).as_posix(): path for path in rootfs.rglob("*")}


# -- what is in it

def test_nothing_but_the_router_can_be_run(rootfs):
    runnable = {name for name, path in _files(rootfs).items()
                if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111}
    # Debian marks the loader and the C library executable.
    assert {name for name in runnable if not re.search(r"/(ld-linux[\w.-]*|libc\.so\.6)$", name)} == \
        {"usr/bin/room-router"}


def test_nobody_but_root_can_change_it(rootfs):
    files = _files(rootfs)
    writable = {name for name, path in files.items()
                if not path.is_symlink() and path.stat().st_mode & 0o022}
    assert writable == {"tmp"}
    assert {path.lstat().st_uid for path in files.values()} == {os.geteuid()}
    assert not [name for name, path in files.items()
                if path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID)]


def test_scanners_find_every_package(rootfs):
    found = {path.name for path in (rootfs / "var/lib/dpkg/status.d").iterdir()}
    assert {"room-router", "libc6", "libssl3"} <= found
    assert not found & {"bash", "dash", "debconf", "dpkg", "perl-base", "adduser"}
    release = (rootfs / "etc/os-release").read_text()
    assert "ID=debian\n" in release and 'VERSION_ID="12"\n' in release


def test_what_is_left_of_building(rootfs):
    assert not [name for name in _files(rootfs) if re.match(r"etc/apt|var/cache|var/log|var/lib/apt", name)]


@pytest.mark.deep
def test_same_package_same_bytes(router_binary, rootfs, tmp_path):
    package = next(rootfs.parent.glob("*.deb"))
    for name in ("one.tar", "two.tar"):
        run(IMAGE / "build-rootfs", package, tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_build_rootfs_says_how_to_use_it(tmp_path):
    done = subprocess.run([IMAGE / "build-rootfs", tmp_path / "none.deb", tmp_path / "rootfs"],
                          capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("usage: ")


# -- the Containerfile builds the same

def test_containerfile_names_no_packages():
    text = (IMAGE / "Containerfile").read_text()
    assert re.findall(r"\bapt\b|apt-get|mmdebstrap|\blib[\w.+-]*\d", re.sub(r"#.*", "", text)) == []
    assert "RUN cmake/packages build package\n" in text
    assert re.search(r"^RUN k8s/image/build-rootfs \S+ /rootfs$", text, re.M)
    suite = re.search(r"^suite=(\w+)$", (IMAGE / "build-rootfs").read_text(), re.M)[1]
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["docker.io/library/debian:12", "scratch"]
    assert suite == "bookworm"


def test_containerfile_is_what_the_manifest_expects(pod):
    text = (IMAGE / "Containerfile").read_text()
    context, container = pod["securityContext"], pod["containers"][0]
    assert f"\nUSER {context['runAsUser']}:{context['runAsGroup']}\n" in text
    ports = " ".join(f"{port['containerPort']}/tcp" for port in container["ports"])
    assert f"\nEXPOSE {ports}\n" in text
    assert f'\nENTRYPOINT ["{container["command"][0]}"]\n' in text


# -- it runs

def _fill(source, volume, manifest, group):
    """Makes the folder that a volume of the pod is."""
    source.mkdir()
    if "configMap" in volume:
        for name, text in manifest["ConfigMap", volume["configMap"]["name"]]["data"].items():
            (source / name).write_text(text)
        # Nobody is connected: nobody has to be waited for.
        (source / "99-test.yaml").write_text("drain: {accept_for: 10ms}\n")
    elif "secret" in volume:
        key = source / "gossip.key"
        key.write_text("ab" * 32 + "\n")
        key.chmod(volume["secret"]["defaultMode"])
        shutil.chown(key, "root", group)
    else:
        assert "emptyDir" in volume
        shutil.chown(source, "root", group)
        source.chmod(0o2777)


def _environment(container):
    fields = {"metadata.name": "router-0", "metadata.namespace": "jitsi", "status.podIP": "127.0.0.1"}
    for item in container["env"]:
        if "value" in item:
            yield f"{item['name']}={item['value']}"
        elif "fieldRef" in item["valueFrom"]:
            yield f"{item['name']}={fields[item['valueFrom']['fieldRef']['fieldPath']]}"
        else:  # of an object that the base leaves to overlays
            assert next(iter(item["valueFrom"].values()))["optional"] is True


def _mount(rootfs, source, at):
    target = f"{rootfs}{at}"
    make_point = "touch" if source.is_file() else "mkdir -p"
    return f"{make_point} {target} && mount --rbind {source} {target}"


@pytest.fixture(scope="module")
def container(rootfs, manifest, pod, module_processes):
    """A function that starts the pod's container with its own command or another one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount and change the root folder")
    for tool in ("unshare", "nsenter", "setpriv", "chroot", "ip", "curl"):
        need(tool)
    private = ["unshare", "--mount", "--net", "--propagation", "private"]
    if subprocess.run([*private, "true"], capture_output=True).returncode != 0:
        pytest.skip("namespaces are not allowed here")
    folder, context, spec = module_processes.directory, pod["securityContext"], pod["containers"][0]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    steps = ["set -eu", "ip link set lo up", f"mount --bind {rootfs} {rootfs}"]
    for place in spec["volumeMounts"]:
        source = folder / f"volume-{place['name']}"
        _fill(source, volumes[place["name"]], manifest, context["fsGroup"])
        steps.append(_mount(rootfs, source, place["mountPath"]))
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    for source, at in ((folder / "resolv.conf", "/etc/resolv.conf"), (pathlib.Path("/dev"), "/dev"),
                       (pathlib.Path("/proc"), "/proc")):
        steps.append(_mount(rootfs, source, at))
    assert spec["securityContext"]["readOnlyRootFilesystem"] is True
    steps.append(f"mount -o remount,bind,ro {rootfs}")
    steps.append(" ".join(["exec env -i", *_environment(spec), "/usr/bin/setpriv --no-new-privs /usr/sbin/chroot",
                           f"--userspec={context['runAsUser']}:{context['runAsGroup']}",
                           f"--groups={context['fsGroup']} {rootfs} \"$@\""]))
    script = folder / "container.sh"
    script.write_text("\n".join(steps) + "\n")

    def start(name, *command):
        return module_processes.add(Process(
            name, [*private, "sh", script, *(command or spec["command"] + spec["args"])], folder).start())

    return start


def _output(process):
    assert process.wait(60) == 0, process.tail()
    return process.text()


def _status(process, port, path):
    """HTTP status, as a probe of the kubelet sees it; 0 while nobody listens."""
    done = subprocess.run(["nsenter", "--target", str(process.pid), "--net", "curl", "-s", "-o", os.devnull,
                           "-w", "%{http_code}", f"http://127.0.0.1:{port}{path}"],
                          capture_output=True, text=True, timeout=30)
    return int(done.stdout or 0)


def test_version(router_binary, container):
    shown = _output(container("version", "/usr/bin/room-router", "version"))
    own = run(router_binary, "version")  # with other versions of libraries, perhaps
    assert shown.splitlines()[:3] == own.splitlines()[:3]


def test_the_manifests_configuration_is_valid(container):
    shown = _output(container("check", "/usr/bin/room-router", "check", "-c", "/etc/room-router"))
    assert shown.endswith(": valid\n")


def test_it_lives_is_probed_and_drains(container, pod):
    spec = pod["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in spec["ports"]}
    router = container("router")
    for probe in ("startupProbe", "livenessProbe"):
        asked = spec[probe]["httpGet"]
        router.wait_until(lambda: _status(router, ports[asked["port"]], asked["path"]) == 200,
                          f"{probe} succeeds", 60)
    # Not ready: the cluster's DNS, where shards are found, does not answer here.
    assert _status(router, ports["admin"], "/readyz") == 503
    status = pathlib.Path(f"/proc/{router.pid}/status").read_text()
    assert re.search(r"^Uid:(\t65532){4}$", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M)

    with pytest.raises(OSError) as refused:
        pathlib.Path(f"/proc/{router.pid}/root/etc/written").write_text("")
    assert refused.value.errno == errno.EROFS

    hook = spec.get("lifecycle", {}).get("preStop")
    if hook is not None:  # SIGTERM drains by itself
        done = subprocess.run(["nsenter", "--target", str(router.pid), "--mount", "--net", "--root", "--wd",
                               "--setuid", "65532", "--setgid", "65532", "--", *hook["exec"]["command"]],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    assert router.stop(60) == 0, router.tail()
    assert '"event":"drain' in router.text()
