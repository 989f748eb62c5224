# SPDX-License-Identifier: Apache-2.0
"""The dashboard in Chromium: of two real replicas, and of answers that browser/answers.mjs recorded."""
import http.client
import http.server
import json
import threading
import urllib.parse

import pytest

from harness import browser
from harness.client import SWITCHING, RawClient, fetch, upgrade
from harness.cluster import Cluster
from harness.waiting import eventually

TOKEN = "a-token-of-32-characters-for-test"
PREFIX = "/operators/room-router/"
DRAINED = "shard-1"
HOSTILE_ROOMS = ["<script>window.hacked=1</script>", '"><img src=x onerror=hacked=1>', "a'`${hacked=1}",
                 "\u202ecod.exe"]


class Below(http.server.ThreadingHTTPServer):
    """A reverse proxy that shows an admin port below PREFIX, as an ingress would."""

    daemon_threads = True

    def __init__(self, port):
        self.admin_port = port
        super().__init__(("127.0.0.1", 0), _Forward)
        self.url = f"http://127.0.0.1:{self.server_port}{PREFIX}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class _Forward(http.server.BaseHTTPRequestHandler):
    def forward(self):
        if not self.path.startswith(PREFIX):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        admin = http.client.HTTPConnection("127.0.0.1", self.server.admin_port, timeout=20)
        admin.request(self.command, "/" + self.path.removeprefix(PREFIX), body, dict(self.headers))
        answer = admin.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Connection", "Content-Length", "Date", "Server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        admin.close()

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def cluster(module_processes):
    token = module_processes.directory / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    shards = module_processes.shards()
    cluster = Cluster(module_processes, 2, shards, {"admin": {"token_file": str(token)}})
    cluster.shards = shards
    first, _ = cluster.replicas
    first.config["admin"]["dashboard"] = {"actions": True}
    first.write()
    return cluster.start()


def _rows(replica, what):
    return json.loads(replica.admin(f"/api/v1/{what}")[1])[what]


@pytest.fixture(scope="module")
def rooms(cluster):
    """Name as the API shows it → shard."""
    first, _ = cluster.replicas
    for name in ["standup", *HOSTILE_ROOMS]:
        fetch(first.port, f"/http-bind?room={urllib.parse.quote(name, safe='')}")
    return {room["name"]: room["shard"] for room in _rows(first, "rooms")}


@pytest.fixture(scope="module")
def seen(cluster, rooms):
    """What the pages showed; see dashboard.mjs."""
    first, second = cluster.replicas
    assert first.command("ban prefix spam 403").strip() == ""
    assert first.command("pin room standup2 shard shard-2").strip() == ""
    for shard in cluster.shards:
        shard.handler = lambda connection, request: connection.send(SWITCHING)
    below = Below(first.admin_port)
    try:
        with RawClient(first.port) as client:
            assert client.request(upgrade("/xmpp-websocket?room=standup")).status == 101
            eventually(lambda: any(room["sessions"] for room in _rows(first, "rooms")), "a session")
            return browser.drive("dashboard.mjs", {
                "first": f"http://127.0.0.1:{first.admin_port}/",
                "second": f"http://127.0.0.1:{second.admin_port}/stats",
                "below": below.url, "token": TOKEN, "drained": DRAINED,
                "rooms": [_visible(name) for name in rooms]})
    finally:
        below.stop()


def _visible(name):
    """As the page writes marks that nobody sees."""
    return name.replace("\u202e", "⟨U+202E⟩")


def _part(seen, name):
    part = seen[name]
    assert "failed" not in part, part["failed"]
    assert part.get("wrong", []) == []
    return part


def test_shows_a_cluster(seen):
    page = _part(seen, "reading")
    assert page["health"].startswith("ready") and page["title"] == "router-0 – Room Router"
    assert [row.split()[0].strip("▸▾") for row in page["shards"]] == ["shard-0", "shard-1", "shard-2"]
    assert page["buttons"] == 9
    assert "this one" in page["replicas"][0] and "in sync" in page["replicas"][0]
    assert "alive" in page["replicas"][1] and "in sync" in page["replicas"][1]
    assert "spam" in " ".join(page["bans"]) and "shard-2" in " ".join(page["pins"])
    assert "rules changed" in " ".join(page["events"])


def test_finds_rooms_and_tells_where_they_are(seen, rooms):
    page = _part(seen, "searching")
    assert page["hacked"] == "undefined"
    for (name, shard), found in zip(rooms.items(), page["found"], strict=True):
        assert _visible(name) in found["row"] and shard in found["row"]
        assert shard in found["facts"] and "router-0" in found["facts"]
    assert any("1 session" in found["facts"] for found in page["found"])


def test_has_no_buttons_unless_the_configuration_says_so(seen):
    page = _part(seen, "withoutActions")
    assert page["buttons"] == page["heads"] == 0


def test_drains_with_the_right_token_and_the_keyboard(seen, cluster):
    page = _part(seen, "ordering")
    assert "not the token" in page["refused"] and page["focus"] == "token"
    assert page["kept"] == "Ready", "a refused order did something"
    assert "drain" in page["drained"] and ("left" in page["drained"] or "empty" in page["drained"])
    assert page["back"] == f"Drain {DRAINED}"
    assert "up" in page["ready"].split()
    assert page["stored"] == '[{},{},""]' and page["forgotten"] == 1
    for replica in cluster.replicas:
        assert {shard["admin"] for shard in _rows(replica, "shards")} == {"ready"}


def test_says_why_an_order_is_refused(seen):
    said = _part(seen, "refusing")["said"]
    assert [text.split(":")[0] for text in said] == [
        "The token was refused (401)", "Changes are not allowed here (403)", "The shard is gone (404)",
        "The router can’t do that now (409)", "The router refused (503)"]


def test_works_below_a_path(seen):
    assert _part(seen, "below")["outside"] == []


def test_tells_in_words_what_it_draws(seen):
    page = _part(seen, "looks")
    assert [chart.split(":")[0] for chart in page["charts"]] == [
        "Requests per second", "Rooms in all of the cluster", "Sessions, live tunnels",
        "5xx answers per second"]
    assert all("in the last 5 minutes" in chart for chart in page["charts"])
    assert "failing, keeps its rooms since" in page["strip"] and page["figures"] > 15
    assert "standup lives on shard-0 and on shard-1" in page["split"]


@pytest.mark.parametrize("scheme", ["light", "dark", "dialog", "phone"])
def test_is_accessible(seen, scheme):
    assert _part(seen, "looks")[scheme] == []


def test_fits_a_phone(seen):
    assert _part(seen, "looks")["overflow"] == []
    assert _part(seen, "hostileNames")["overflow"] == []


def test_hostile_names_stay_text(seen):
    page = _part(seen, "hostileNames")
    assert page["hacked"] == "undefined" and page["added"] == 0
    assert not page["turned"], "marks that turn text around are written out"
    assert page["told"] > 15, "names are shown, not swallowed"


def test_refreshes_quietly(seen):
    page = _part(seen, "refreshing")
    assert page["said"] == []
    assert page["kept"] and page["opened"] == "true", "focus and what is open survive"


def test_leads_the_keyboard_through_everything(seen):
    page = _part(seen, "walking")
    assert page["names"][0] == "Skip to content" and page["skipped"] == "main"
    assert page["unseen"] == []
    expected = ["Pause", "Shards", "The lines as a table", "Name", "shard-0", "Ready shard-0", "Drain shard-5",
                "requests/s", "Name", "standup", "design review", "metrics"]
    assert [name for name in page["names"] if name in expected] == expected, page["names"]


def test_says_that_the_router_does_not_answer(seen):
    page = _part(seen, "silence")
    assert not page["before"]
    assert "does not answer" in page["slow"] and "does not answer" in page["dead"]
    assert 0 < page["asked"] < 100, "less and less often; at the usual pace there are 300"
    assert page["said"] == "The router answers again."


def test_asks_only_while_somebody_looks(seen):
    page = _part(seen, "looking")
    assert page["seen"] > 10 and page["hidden"] == page["paused"] == 0
    assert page["says"].startswith("paused")


def test_shows_a_thousand_shards_in_parts(seen):
    page = _part(seen, "crowd")
    assert page["nodes"] < 6000 and page["kept"]
    assert "of 10,000" in page["text"] and page["rows"] == 11
