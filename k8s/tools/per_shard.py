#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manifests that have a shard's number in them: components/jvb-nodeport/N and
components/hpa-keda/N.

    k8s/tools/per_shard.py 7                for shard-7, 10 bridges
    k8s/tools/per_shard.py 7 --bridges 24   more of them
    k8s/tools/per_shard.py --check          says which committed ones are not what it would write
"""
import argparse
import pathlib
import sys

COMPONENTS = pathlib.Path(__file__).resolve().parents[1] / "components"
COMMITTED, BRIDGES = range(10), 10
BASE, STEP = 30300, 100  # first port of shard-0; ports per shard
RANGE = range(30000, 32768)  # of the API server, unless --service-node-port-range says otherwise
NOTE = "# Written by tools/per_shard.py.\n"

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: jvb-{bridge}
  labels:
    app.kubernetes.io/component: jvb-media
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector:
    statefulset.kubernetes.io/pod-name: shard-{shard}-jvb-{bridge}
  ports:
  - {{name: media, protocol: UDP, port: {port}, targetPort: {port}, nodePort: {port}}}
"""

KUSTOMIZATION = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [services.yaml]
"""

SCALED_OBJECT = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: jvb
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: StatefulSet, name: shard-{shard}-jvb}}
  minReplicaCount: 2
  maxReplicaCount: {bridges}
  pollingInterval: 15
  fallback: {{failureThreshold: 4, replicas: 4}}  # when Prometheus does not answer
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 30
          policies: [{{type: Pods, value: 2, periodSeconds: 60}}]
        scaleDown:  # a bridge that goes drains for up to 31 minutes, and its number is not free until then
          stabilizationWindowSeconds: 900
          policies: [{{type: Pods, value: 1, periodSeconds: 600}}]
  triggers:
  - type: prometheus
    metricType: AverageValue
    metadata:
      serverAddress: http://prometheus-operated.monitoring.svc:9090
      query: sum(max_over_time(jitsi_jvb_stress{{namespace="jitsi",shard="shard-{shard}"}}[2m]))
      threshold: "0.5"
"""

SCALING = """apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [scaled-object.yaml]
patches:
- target: {kind: StatefulSet, name: jvb}
  patch: |-
    - {op: remove, path: /spec/replicas}
"""


def ports(shard, bridges, base=BASE):
    """The media ports of a shard's bridges, or ValueError with what to do."""
    if shard < 0:
        raise ValueError("a shard's number is 0 or more")
    if not 1 <= bridges <= STEP:
        raise ValueError(f"{bridges} bridges: a shard has {STEP} ports, so 1 to {STEP} bridges; "
                         f"more would take the ports of shard-{shard + 1}")
    found = range(base + STEP * shard, base + STEP * shard + bridges)
    if found[0] not in RANGE or found[-1] not in RANGE:
        raise ValueError(f"shard-{shard} would need the ports {found[0]} to {found[-1]}, outside the "
                         f"API server's {RANGE[0]} to {RANGE[-1]}; give it fewer bridges, or use "
                         "components/jvb-hostport for it")
    return found


def files(shard, bridges=BRIDGES, base=BASE):
    """Path below components/ → text, for one shard."""
    services = [SERVICE.format(shard=shard, bridge=bridge, port=port)
                for bridge, port in enumerate(ports(shard, bridges, base))]
    return {f"jvb-nodeport/{shard}/kustomization.yaml": NOTE + KUSTOMIZATION,
            f"jvb-nodeport/{shard}/services.yaml": NOTE + "---\n".join(services),
            f"hpa-keda/{shard}/kustomization.yaml": NOTE + SCALING,
            f"hpa-keda/{shard}/scaled-object.yaml":
                NOTE + SCALED_OBJECT.format(shard=shard, bridges=bridges)}


def check():
    """The committed files that differ from what this script writes."""
    wanted = {path: text for shard in COMMITTED for path, text in files(shard).items()}
    wrong = [path for path, text in wanted.items()
             if not (COMPONENTS / path).exists() or (COMPONENTS / path).read_text() != text]
    for path in wrong:
        print(f"components/{path}: is not what tools/per_shard.py writes", file=sys.stderr)
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("shards", nargs="*", type=int, metavar="N", help="numbers of shards")
    parser.add_argument("--bridges", type=int, default=BRIDGES, help="most bridges of a shard (10)")
    parser.add_argument("--base", type=int, default=BASE,
                        help="first port of shard-0 (30300); JVB_BASE_PORT in jitsi.env must agree")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    chosen = parser.parse_args()
    if chosen.check:
        return check()
    try:
        texts = [files(shard, chosen.bridges, chosen.base) for shard in chosen.shards or COMMITTED]
    except ValueError as error:
        print(f"per_shard.py: {error}", file=sys.stderr)
        return 1
    for path, text in [item for made in texts for item in made.items()]:
        (COMPONENTS / path).parent.mkdir(parents=True, exist_ok=True)
        (COMPONENTS / path).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
