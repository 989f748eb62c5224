#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes dashboards/*.json for Grafana from the panels below; --check tells whether they are current."""

import json
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboards")

# Row titles, then (title, unit, {legend: expression}); $namespace and $shard are chosen at the top.
ROUTER = {
    "Now": [
        ("Rooms", "short", {"rooms": 'max(room_router_rooms{namespace=~"$namespace"})'}),
        ("Client connections", "short",
         {"connections": 'sum(room_router_connections{namespace=~"$namespace"})'}),
        ("Replicas ready", "short", {"ready": 'sum(room_router_ready{namespace=~"$namespace"})'}),
        ("Split rooms in the last hour", "short",
         {"split": 'sum(increase(room_router_split_rooms_total{namespace=~"$namespace"}[1h]))'}),
    ],
    "Traffic": [
        ("Requests", "reqps",
         {"{{class}}":
          'sum by (class) (rate(room_router_requests_by_class_total{namespace=~"$namespace"}[5m]))'}),
        ("Responses", "reqps",
         {"{{class}}":
          'sum by (class) (rate(room_router_responses_total{namespace=~"$namespace"}[5m]))'}),
        ("Duration by class, 99th percentile", "s",
         {"{{class}}": "histogram_quantile(0.99, sum by (class, le) (rate("
                       'room_router_request_duration_seconds_bucket{namespace=~"$namespace"}[5m])))'}),
        ("Refusals", "reqps",
         {"{{reason}}":
          'sum by (reason) (rate(room_router_refusals_total{namespace=~"$namespace"}[5m]))'}),
        ("Bytes", "Bps",
         {"from clients": 'sum(rate(room_router_received_bytes_total{namespace=~"$namespace"}[5m]))',
          "to clients": 'sum(rate(room_router_sent_bytes_total{namespace=~"$namespace"}[5m]))'}),
        ("Connections by replica", "short",
         {"{{instance}}":
          'sum by (instance) (room_router_connections{namespace=~"$namespace"})'}),
    ],
    "Rooms": [
        ("Rooms by shard", "short",
         {"{{shard}}": 'max by (shard) (room_router_shard_rooms{namespace=~"$namespace"})'}),
        ("Rooms placed", "ops",
         {"{{instance}}": 'rate(room_router_stick_table_inserts_total{namespace=~"$namespace"}[5m])'}),
        ("Rooms moved", "short",
         {"{{cause}}":
          'sum by (cause) (increase(room_router_rooms_moved_total{namespace=~"$namespace"}[5m]))'}),
        ("Entries removed to make room", "short",
         {"{{state}}": "sum by (state) (increase("
                       'room_router_stick_table_evictions_total{namespace=~"$namespace"}[5m]))'}),
    ],
    "Replicas": [
        ("Replicas as each sees them", "short",
         {"{{instance}} {{state}}": 'room_router_replicas{namespace=~"$namespace"} > 0'}),
        ("Split and healed rooms", "short",
         {"split": 'sum(increase(room_router_split_rooms_total{namespace=~"$namespace"}[5m]))',
          "healed": 'sum(increase(room_router_healed_rooms_total{namespace=~"$namespace"}[5m]))'}),
        ("Gossip: until a replica knows of a room", "s",
         {"99th percentile": "histogram_quantile(0.99, sum by (le) (rate("
                             'room_router_gossip_propagation_seconds_bucket{namespace=~"$namespace"}'
                             "[5m])))"}),
        ("Time to heal a split room", "s",
         {"99th percentile":
          "histogram_quantile(0.99, sum by (le) (rate("
          'room_router_split_heal_seconds_bucket{namespace=~"$namespace"}[1h])))'}),
        ("Gossip bytes", "Bps",
         {"{{instance}} {{direction}}":
          'rate(room_router_gossip_bytes_total{namespace=~"$namespace"}[5m])'}),
        ("DNS lookups", "ops",
         {"{{result}}":
          'sum by (result) (rate(room_router_dns_lookups_total{namespace=~"$namespace"}[5m]))'}),
    ],
    "Process": [
        ("CPU", "percentunit",
         {"{{instance}}": 'rate(room_router_cpu_seconds_total{namespace=~"$namespace"}[5m])'}),
        ("Memory", "bytes",
         {"{{instance}}": 'room_router_resident_memory_bytes{namespace=~"$namespace"}'}),
        ("Event-loop lag", "s",
         {"{{instance}}": 'room_router_event_loop_lag_seconds{namespace=~"$namespace"}'}),
        ("File descriptors in use", "percentunit",
         {"{{instance}}": 'room_router_open_descriptors{namespace=~"$namespace"} / '
                          'room_router_descriptor_limit{namespace=~"$namespace"}'}),
    ],
}
SHARDS = {
    "Seen by the router": [
        ("State", "short",
         {"{{shard}} {{state}}": 'max by (shard, state) (room_router_shard_state{'
                                 'namespace=~"$namespace",shard=~"$shard"}) == 1'}),
        ("Ordered state", "short",
         {"{{shard}} {{state}}": 'max by (shard, state) (room_router_shard_admin_state{'
                                 'namespace=~"$namespace",shard=~"$shard"}) == 1'}),
        ("Rooms", "short",
         {"{{shard}}":
          'max by (shard) (room_router_shard_rooms{namespace=~"$namespace",shard=~"$shard"})'}),
        ("Tunnels", "short",
         {"{{shard}}":
          'sum by (shard) (room_router_shard_tunnels{namespace=~"$namespace",shard=~"$shard"})'}),
        ("Requests", "reqps",
         {"{{shard}}": "sum by (shard) (rate(room_router_shard_requests_total{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m]))'}),
        ("Duration, 99th percentile", "s",
         {"{{shard}}": "histogram_quantile(0.99, sum by (shard, le) (rate("
                       "room_router_shard_request_duration_seconds_bucket{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m])))'}),
        ("First byte, 99th percentile", "s",
         {"{{shard}}": "histogram_quantile(0.99, sum by (shard, le) (rate("
                       "room_router_shard_first_byte_seconds_bucket{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m])))'}),
        ("Server errors", "reqps",
         {"{{shard}}": "sum by (shard) (rate(room_router_shard_responses_total{"
                       'namespace=~"$namespace",shard=~"$shard",class="5xx"}[5m]))'}),
        ("Failed connections", "ops",
         {"{{shard}}": "sum by (shard) (rate(room_router_shard_connect_failures_total{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m]))'}),
        ("Endpoints up", "short",
         {"{{shard}}":
          'min by (shard) (room_router_endpoint_up{namespace=~"$namespace",shard=~"$shard"})'}),
    ],
    "Prosody and jicofo": [
        ("XMPP connections", "short",
         {"{{shard}}": "sum by (shard) (prosody_mod_c2s__connections{"
                       'namespace=~"$namespace",shard=~"$shard"})'}),
        ("Rooms of prosody", "short",
         {"{{shard}}": "sum by (shard) (prosody_mod_muc__live_room{"
                       'namespace=~"$namespace",shard=~"$shard"})'}),
        ("BOSH sessions", "short",
         {"{{shard}}": "sum by (shard) (prosody_mod_bosh__active_sessions{"
                       'namespace=~"$namespace",shard=~"$shard"})'}),
        ("Conferences", "short",
         {"{{shard}}": "sum by (shard) (jitsi_jicofo_conferences{"
                       'namespace=~"$namespace",shard=~"$shard"})'}),
        ("Participants", "short",
         {"{{shard}}": "sum by (shard) (jitsi_jicofo_participants_current{"
                       'namespace=~"$namespace",shard=~"$shard"})'}),
        ("Bridges", "short",
         {"{{shard}} all": "max by (shard) (jitsi_jicofo_bridge_selector_bridge_count{"
                           'namespace=~"$namespace",shard=~"$shard"})',
          "{{shard}} working":
          "max by (shard) (jitsi_jicofo_bridge_selector_bridge_count_operational{"
          'namespace=~"$namespace",shard=~"$shard"})'}),
        ("Lost bridges", "short",
         {"{{shard}}": "sum by (shard) (increase(jitsi_jicofo_bridge_selector_lost_bridges_total{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m]))'}),
        ("XMPP disconnects of jicofo", "short",
         {"{{shard}}": "sum by (shard) (increase(jitsi_jicofo_xmpp_disconnects_total{"
                       'namespace=~"$namespace",shard=~"$shard"}[5m]))'}),
    ],
}


def _bridges(metric):
    return metric + '{namespace=~"$namespace",shard=~"$shard"}'


JVB = {
    "Load": [
        ("Stress", "percentunit", {"{{pod}}": _bridges("jitsi_jvb_stress")}),
        ("Conferences", "short", {"{{pod}}": _bridges("jitsi_jvb_conferences")}),
        ("Endpoints", "short",
         {"{{pod}} all": _bridges("jitsi_jvb_current_endpoints"),
          "{{pod}} local": _bridges("jitsi_jvb_local_endpoints")}),
        ("Bitrate", "bps",
         {"{{pod}} in": _bridges("jitsi_jvb_incoming_bitrate"),
          "{{pod}} out": _bridges("jitsi_jvb_outgoing_bitrate")}),
    ],
    "Health": [
        ("Healthy", "short", {"{{pod}}": _bridges("jitsi_jvb_healthy")}),
        ("Draining or shutting down", "short",
         {"{{pod}} drain": _bridges("jitsi_jvb_drain_mode"),
          "{{pod}} graceful": _bridges("jitsi_jvb_graceful_shutdown"),
          "{{pod}} down": _bridges("jitsi_jvb_shutting_down")}),
        ("Round trip", "ms", {"{{pod}}": _bridges("jitsi_jvb_average_rtt")}),
        ("Lost packets", "percentunit", {"{{pod}}": _bridges("jitsi_jvb_loss_fraction")}),
        ("Endpoints without ICE", "short",
         {"{{pod}}": "increase(" + _bridges("jitsi_jvb_endpoints_ice_failed_total") + "[5m])"}),
        ("XMPP disconnects", "short",
         {"{{pod}}": "increase(" + _bridges("jitsi_jvb_xmpp_disconnects_total") + "[5m])"}),
    ],
}

DASHBOARDS = {
    "router": ("Room Router", ROUTER, {"namespace": "room_router_build_info"}),
    "shards": ("Jitsi shards", SHARDS,
               {"namespace": "room_router_build_info", "shard": "room_router_shard_state"}),
    "jvb": ("Jitsi videobridges", JVB,
            {"namespace": "jitsi_jvb_stress", "shard": "jitsi_jvb_stress"}),
}
SOURCE = {"type": "prometheus", "uid": "${source}"}


def panel(number, title, unit, queries, place):
    """A time series; what belongs to "Now" is one number."""
    kind = "stat" if place["h"] == 4 else "timeseries"
    targets = [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expression,
                "legendFormat": legend}
               for i, (legend, expression) in enumerate(queries.items())]
    return {"id": number, "type": kind, "title": title, "datasource": SOURCE, "gridPos": place,
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": targets}


def panels(rows):
    """All panels of a dashboard, with a row's title above its own."""
    made, y = [], 0
    for title, row in rows.items():
        made.append({"id": len(made) + 1, "type": "row", "title": title, "collapsed": False,
                     "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": []})
        y += 1
        across, height = (4, 4) if title == "Now" else (2, 8)
        for i, (name, unit, queries) in enumerate(row):
            place = {"x": i % across * 24 // across, "y": y + i // across * height,
                     "w": 24 // across, "h": height}
            made.append(panel(len(made) + 1, name, unit, queries, place))
        y += -(-len(row) // across) * height
    return made


def variable(label, metric):
    """A choice at the top: the values of a label."""
    query = f"label_values({metric}, {label})"
    return {"name": label, "type": "query", "datasource": SOURCE, "query": query,
            "definition": query, "refresh": 2, "includeAll": True, "multi": True,
            "allValue": ".*", "current": {"text": "All", "value": "$__all"}, "sort": 1}


def dashboard(name):
    """The dashboard as Grafana imports it."""
    title, rows, variables = DASHBOARDS[name]
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {"uid": f"room-router-{name}", "title": title, "tags": ["room-router", "jitsi"],
            "schemaVersion": 39, "editable": True, "refresh": "30s", "timezone": "browser",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": [source] + [variable(*each) for each in variables.items()]},
            "panels": panels(rows)}


def main():
    """Writes the files, or compares."""
    stale = []
    for name in DASHBOARDS:
        path = os.path.join(FOLDER, f"{name}.json")
        text = json.dumps(dashboard(name), indent=1) + "\n"
        if "--check" in sys.argv[1:]:
            with open(path, encoding="utf-8") as file:
                if file.read() != text:
                    stale.append(name)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    if stale:
        sys.exit(f"not current: {', '.join(stale)}; run {os.path.relpath(__file__)}")


if __name__ == "__main__":
    main()
