# SPDX-License-Identifier: Apache-2.0
"""Answers metacontroller which Services a StatefulSet of bridges has to have: one per pod."""
import http.server
import json
import os
import re

BASE, STEP = int(os.environ.get("JVB_BASE_PORT", "30300")), 100
RANGE = range(30000, 32768)
NAME = re.compile(r"shard-(\d+)-jvb")


def service(parent, shard, bridge):
    name, port = f"{parent['metadata']['name']}-{bridge}", BASE + STEP * shard + bridge
    return {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": parent["metadata"]["namespace"],
                     "labels": {"app.kubernetes.io/component": "jvb-media",
                                "shard": f"shard-{shard}"}},
        "spec": {"type": "NodePort", "externalTrafficPolicy": "Local",
                 "selector": {"statefulset.kubernetes.io/pod-name": name},
                 "ports": [{"name": "media", "protocol": "UDP",
                            "port": port, "targetPort": port, "nodePort": port}]}}


def services(parent):
    """Those of a StatefulSet; pods past the ports of their shard get none."""
    match = NAME.fullmatch(parent["metadata"]["name"])
    if not match:
        return []
    shard, count = int(match[1]), min(parent["spec"].get("replicas", 1), STEP)
    return [service(parent, shard, bridge) for bridge in range(count)
            if BASE + STEP * shard + bridge in RANGE]


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length", "0"))
        try:
            request = json.loads(self.rfile.read(size))
            made = [] if request.get("finalizing") else services(request["object"])
        except (KeyError, TypeError, ValueError) as error:
            self.send_error(400, str(error))
            return
        body = json.dumps({"attachments": made}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # for probes
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8080"))
    http.server.ThreadingHTTPServer(("", port), Hook).serve_forever()
