# SPDX-License-Identifier: Apache-2.0
"""/api/v1: every path and method of router/admin/openapi.json, asked of live routers, each answer held
against its schema."""
import copy
import http.client
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import jsonschema
import pytest

from harness.client import SWITCHING, RawClient, fetch, upgrade
from harness.cluster import Cluster
from harness.waiting import eventually

ROOT = pathlib.Path(__file__).parents[2]
FILE = ROOT / "router" / "admin" / "openapi.json"
VALIDATOR = "openapi-spec-validator==0.7.1"
TOKEN = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def _closed(schema):
    """The schema, but an answer may have no field that it does not know."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


class Contract:
    def __init__(self):
        self.whole = json.loads(FILE.read_text())
        document = copy.deepcopy(self.whole)
        document["components"]["schemas"] = _closed(document["components"]["schemas"])
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.formats = jsonschema.FormatChecker(formats=())
        self.formats.checks("date-time")(lambda text: not isinstance(text, str) or TIME.match(text))
        self.operations = {(method.upper(), path) for path, item in self.whole["paths"].items()
                           for method in item}
        self.asked = set()

    def look_up(self, part):
        while "$ref" in part:
            _, part = self.resolver.resolve(part["$ref"])
        return part

    def find(self, method, path):
        """The path of the file that this one is of."""
        for _, known in sorted((m, p) for m, p in self.operations if m == method):
            pattern = "".join(
                part if not part.startswith("{") else ".+" if part in ("{room}", "{name}") else "[^/]+"
                for part in re.split(r"({\w+})", known))
            if re.fullmatch(pattern, path):
                return known
        raise AssertionError(f"the file has no {method} {path}")

    def check(self, method, path, answer):
        known = self.find("GET" if method == "HEAD" else method, path)
        operation = self.whole["paths"][known]["GET".lower() if method == "HEAD" else method.lower()]
        assert str(answer.status) in operation["responses"], f"{method} {path}: {answer.status}"
        described = self.look_up(operation["responses"][str(answer.status)])
        for field in described.get("headers", {}):
            assert answer.fields.get(field.lower()), f"{path}: no {field}"
        if "content" in described and method != "HEAD":
            schema = described["content"]["application/json"]["schema"]
            assert answer.fields["content-type"] == "application/json; charset=utf-8"
            jsonschema.Draft202012Validator(schema, resolver=self.resolver,
                                            format_checker=self.formats).validate(answer.json)
        self.asked.add((method, known))


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()
        self.json = json.loads(self.text) if self.text else None


@pytest.fixture(scope="session")
def contract():
    return Contract()


@pytest.fixture
def ask(contract):
    """A request to a replica, its answer held against the contract."""
    def asked(replica, method, path, fields=(), body=None, checked=True):
        connection = http.client.HTTPConnection(replica.host, replica.admin_port, timeout=60)
        try:
            connection.request(method, "/api/v1" + path, body=body, headers=dict(fields))
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if checked:
            contract.check(method, ("/api/v1" + path).split("?")[0], answer)
        return answer
    return asked


@pytest.fixture
def shards(processes):
    shards = processes.shards(2)
    for shard in shards:
        shard.handler = lambda connection, request: connection.send(SWITCHING)
    return shards


def _settings(processes, more=None):
    path = processes.directory / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return {"admin": {"token_file": str(path), **(more or {})}}


@pytest.fixture
def router(processes, shards):
    return processes.router(shards, config=_settings(processes))


def _add(ask, replica, where, **rule):
    return ask(replica, "POST", where, {**BEARER, **JSON}, json.dumps(rule))


def _remove(ask, replica, where, scope, name):
    return ask(replica, "DELETE", f"{where}/{scope}/{urllib.parse.quote(name, safe='')}", BEARER)


def _walk(ask, one, other):
    """Asks for everything once; `other` may be another replica that has to know it too."""
    status = ask(one, "GET", "/status")
    assert ask(one, "HEAD", "/status").status == status.status == 200
    assert ask(one, "GET", "/openapi.json").json == json.loads(FILE.read_text())
    names = [shard["name"] for shard in ask(one, "GET", "/shards").json["shards"]]
    assert names == ["shard-0", "shard-1"]
    assert ask(one, "POST", "/shards/shard-1/maint", BEARER).json["admin"] == "maint"
    assert ask(one, "POST", "/shards/shard-1/ready", BEARER).json["admin"] == "ready"
    assert ask(one, "PUT", "/shards/shard-1/weight", {**BEARER, **JSON}, '{"weight": 50}').json == {
        "shard": "shard-1", "weight": "50"}
    assert ask(one, "PUT", "/shards/shard-1/weight?value=100%25", BEARER).status == 200
    assert ask(one, "POST", "/shards/shard-1/drain?wait=30s", BEARER).json["finished"]
    eventually(lambda: ask(other, "GET", "/shards/shard-1").json["admin"] == "drain", "everywhere")
    assert ask(one, "POST", "/shards/shard-1/ready", BEARER).status == 200
    one_shard = ask(one, "GET", "/shards/shard-1").json
    assert [change["to"] for change in one_shard["history"] if change["what"] == "admin"] == [
        "ready", "drain", "ready", "maint"]
    assert one_shard["endpoints"][0]["history"][0]["what"] in ("health", "presence")
    assert _add(ask, one, "/bans", scope="prefix", name="Coin").json["action"] == "redirect"
    assert _add(ask, one, "/pins", scope="room", name="[Acme]Standup", to="shard",
                value="shard-1").json["name"] == "[acme]standup"
    assert _add(ask, one, "/pins", scope="tenant", name="acme", to="release",
                value="9").json["message"].startswith("No shard is of release 9")
    for what, count in (("pins", 2), ("bans", 1)):
        eventually(lambda: len(ask(other, "GET", f"/{what}").json[what]) == count, "everywhere")
    assert other.command("show bans").strip() == "ban prefix coin redirect"
    assert _remove(ask, other, "/bans", "prefix", "COIN").status == 200
    assert _remove(ask, other, "/pins", "tenant", "acme").status == 200
    assert ask(other, "DELETE", "/pins/room/acme/Standup", BEARER).json["name"] == "[acme]standup"
    for what in ("pins", "bans"):
        eventually(lambda: not ask(one, "GET", f"/{what}").json[what], "taken back everywhere")
    assert ask(one, "GET", "/rooms").json["total"] == 0
    assert ask(one, "GET", "/peers").json["synced"]
    assert "stick_table:" in ask(one, "GET", "/config").json["effective"]
    kinds = {event["kind"] for event in ask(one, "GET", "/events?limit=1000").json["events"]}
    assert {"shard_admin", "shard_weight", "shard_state", "shard_emptied", "rules_changed"} <= kinds


def test_every_path_is_as_the_file_says_on_two_replicas(processes, shards, contract, ask):
    contract.asked.clear()
    cluster = Cluster(processes, 2, shards, _settings(processes)).start()
    one, other = cluster.replicas
    _walk(ask, one, other)
    with RawClient(one.port) as client:
        assert client.request(upgrade("/acme/xmpp-websocket?room=Standup")).status == 101
        room = eventually(lambda: ask(one, "GET", "/rooms/acme/STANDUP").json, "the room is known")
        [place] = room["places"]
        assert (room["name"], place["bound_by"]) == ("[acme]standup", one.name)
        assert place["sessions"] == [{"replica": one.name, "sessions": 1}] and not place["expires"]
        assert room["replicas"] == [{"name": other.name, "linked": True}]
        cluster.wait_equal()
        there = ask(other, "GET", "/rooms/%5Bacme%5Dstandup").json["places"][0]
        assert (there["shard"], there["bound_by"]) == (place["shard"], one.name)
        [listed] = ask(other, "GET", "/rooms?search=stand").json["rooms"]
        assert listed["shard"] == place["shard"]
    this, that = ask(one, "GET", "/peers").json["replicas"]
    assert (this["this"], this["entries"], that["this"], that["state"]) == (True, 1, False, "alive")
    assert contract.operations <= contract.asked, contract.operations - contract.asked


def test_the_file_is_an_openapi_description(contract):
    whole = contract.whole
    assert whole["openapi"].startswith("3.1.")
    for name, schema in whole["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    seen = set()
    for method, path in contract.operations:
        operation = whole["paths"][path][method.lower()]
        assert operation["operationId"] not in seen and operation["summary"], path
        seen.add(operation["operationId"])
        parameters = [contract.look_up(each) for each in operation.get("parameters", [])]
        in_path = {each["name"] for each in parameters if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path
        assert all(each.get("required") for each in parameters if each["in"] == "path")
        assert bool(operation.get("security")) == (method != "GET"), path
        for response in operation["responses"].values():
            assert contract.look_up(response)["description"]
    used = set(re.findall(r'"#/components/(\w+/\w+)"', FILE.read_text()))
    there = {f"{kind}/{name}" for kind, parts in whole["components"].items() for name in parts
             if kind != "securitySchemes"}
    assert used == there, f"unknown {used - there}, unused {there - used}"


@pytest.mark.deep
def test_the_file_passes_the_validator_of_others():
    place = ROOT / "build" / VALIDATOR
    program = place / "bin" / "openapi-spec-validator"
    if not program.exists():
        for command in ([sys.executable, "-m", "venv", place],
                        [place / "bin" / "pip", "install", "-q", VALIDATOR]):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=600)
            if done.returncode:
                pytest.skip(f"pip could not fetch {VALIDATOR}: {done.stderr.strip()[-300:]}")
    done = subprocess.run([str(program), str(FILE)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


CHANGES = [("POST", "/shards/shard-0/drain"), ("POST", "/shards/shard-0/ready"),
           ("POST", "/shards/shard-0/maint"), ("PUT", "/shards/shard-0/weight"), ("POST", "/pins"),
           ("POST", "/bans"), ("DELETE", "/pins/room/a"), ("DELETE", "/bans/room/a")]


def test_changes_need_the_token_and_no_other_site(router, ask, contract):
    assert {(m, contract.find(m, "/api/v1" + p)) for m, p in CHANGES} == {
        (m, p) for m, p in contract.operations if m != "GET"}, "CHANGES has all of them"
    for method, path in CHANGES:
        assert ask(router, method, path).status == 401
        wrong = ask(router, method, path, {"Authorization": "Bearer " + TOKEN[::-1]})
        assert (wrong.status, wrong.fields["www-authenticate"]) == (401, "Bearer")
        for fields in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"},
                       {"Origin": "null"}):
            assert ask(router, method, path, {**BEARER, **fields}).status == 403
    assert ask(router, "GET", "/pins").json["pins"] == []
    assert ask(router, "GET", "/shards/shard-0").json["admin"] == "ready"
    own = {"Origin": f"http://127.0.0.1:{router.admin_port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(router, "POST", "/shards/shard-0/ready", {**BEARER, **own}).status == 200


def test_other_methods_are_refused_with_those_there_are(router, ask):
    for method, path, allowed in (
            ("POST", "/status", "GET, HEAD"), ("DELETE", "/shards/shard-0", "GET, HEAD"),
            ("GET", "/shards/shard-0/drain", "POST"), ("PATCH", "/pins", "GET, HEAD, POST"),
            ("GET", "/pins/room/a", "DELETE"), ("OPTIONS", "/bans", "GET, HEAD, POST")):
        answer = ask(router, method, path, BEARER, checked=False)
        assert (answer.status, answer.fields["allow"]) == (405, allowed), path
        assert answer.json["error"]
    for method, path in (("GET", "/nope"), ("GET", "/"), ("GET", "/shards/"), ("POST", "/nope"),
                         ("POST", "/shards/shard-0/explode"), ("DELETE", "/pins/room/"),
                         ("GET", "/status/"), ("GET", "/rooms/")):
        answer = ask(router, method, path, BEARER, checked=False)
        assert answer.status == 404 and "error" in answer.json, path
    for query in ("/rooms?limit=many", "/rooms?offset=-1", "/events?after=1.5", "/events?limit=0x10"):
        assert ask(router, "GET", query).status == 400


def test_answers_are_asked_for_again_by_their_tag(router, ask):
    for path in ("/pins", "/bans", "/config", "/openapi.json"):
        first = ask(router, "GET", path)
        tag = first.fields["etag"]
        assert first.fields["cache-control"] == "no-cache"
        for known in (tag, "W/" + tag, f'"other", {tag}', "*"):
            again = ask(router, "GET", path, {"If-None-Match": known})
            assert (again.status, again.text, again.fields["etag"]) == (304, "", tag)
        assert ask(router, "HEAD", path, {"If-None-Match": tag}).status == 304
        head = ask(router, "HEAD", path)
        assert (head.status, head.fields["etag"], head.text) == (200, tag, "")
        assert int(head.fields["content-length"]) == len(first.text.encode())
    before = ask(router, "GET", "/bans").fields["etag"]
    assert _add(ask, router, "/bans", scope="tenant", name="acme", action="403").status == 200
    changed = ask(router, "GET", "/bans", {"If-None-Match": before})
    assert changed.status == 200 and changed.fields["etag"] != before


def test_bad_orders_are_refused_and_say_why(router, ask):
    bodies = ("", "{", "[]", "7", "null", '{"scope": 1}', "\x00", "[" * 4000, '"\\ud800"',
              '{"scope": "room", "name": "a", "to": "shard", "value": "s", "more": "x"}',
              '{"scope": "prefix", "name": "a", "to": "shard", "value": "s"}',
              '{"scope": "room", "name": "", "to": "shard", "value": "s"}',
              '{"scope": "room", "name": "a", "to": "pod", "value": "s"}',
              json.dumps({"scope": "room", "name": "a", "to": "shard", "value": "s" * 64}))
    for body in bodies:
        for path in ("/pins", "/bans"):
            assert ask(router, "POST", path, {**BEARER, **JSON}, body).status == 400, body
    assert _add(ask, router, "/bans", scope="room", name="a", action="explode").status == 400
    assert _add(ask, router, "/bans", scope="room", name="x" * 3000).status in (400, 409)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(router, "POST", "/pins", {**BEARER, **form}, "scope=room").status == 415
    assert ask(router, "PUT", "/shards/shard-0/weight", {**BEARER, **form}, "weight=1").status == 415
    for where in ("/pins", "/bans"):
        assert _remove(ask, router, where, "room", "nobody").status == 404
        assert ask(router, "DELETE", where + "/galaxy/a", BEARER).status == 400
    for path in ("/shards/nope/drain", "/shards/%00/ready", "/shards/..%2f/maint"):
        assert ask(router, "POST", path, BEARER).status == 404
    assert ask(router, "PUT", "/shards/nope/weight?value=1", BEARER).status == 404
    assert ask(router, "PUT", "/shards/shard-0/weight?value=loads", BEARER).status == 400
    assert ask(router, "POST", "/shards/shard-0/drain?wait=soon", BEARER).status == 400
    assert ask(router, "GET", "/pins").json["pins"] == ask(router, "GET", "/bans").json["bans"] == []


HOSTILE = ["%00", "%ff%fe", "%2e%2e%2f%2e%2e", "%5B", "%5B%5D", "%5Ba%5D", "[a", "a%2Fb%2Fc", "a/b/c/d",
           "%25", "%", "%zz", "+", "%3Cscript%3E", "'%22%0d%0aSet-Cookie:x", "%E2%80%AE", "x" * 8000]


def test_hostile_names_are_answered(router, ask):
    for name in HOSTILE:
        missing = ask(router, "GET", f"/rooms/{name}")
        assert missing.status == 404 and "set-cookie" not in missing.fields, name
        assert ask(router, "GET", f"/shards/{name.split('/')[0]}").status == 404, name
        for where in ("/pins", "/bans"):
            for scope in ("room", "tenant"):
                refused = ask(router, "DELETE", f"{where}/{scope}/{name}", BEARER)
                assert refused.status in (400, 404), name
    assert ask(router, "GET", "/rooms?search=%00%ff&shard=%5B&limit=&offset=").json["total"] == 0
    for name in ("\x00", "[a]", "]", "\u202e", "a b", "../..", "<script>"):
        made = _add(ask, router, "/bans", scope="room", name=name)
        assert made.status in (200, 400), name
        if made.status == 200:
            assert _remove(ask, router, "/bans", "room", made.json["name"]).status == 200
    assert ask(router, "GET", "/bans").json["bans"] == []


def test_large_and_half_requests_harm_nobody(router, ask):
    large = ask(router, "POST", "/pins", {**BEARER, **JSON}, b"x" * 5000)
    assert large.status == 413
    head = (f"POST /api/v1/pins HTTP/1.1\r\nHost: x\r\n{'Authorization'}: Bearer {TOKEN}\r\n"
            "Content-Type: application/json\r\n").encode()
    with RawClient(router.admin_port) as chunked:
        chunked.send(head + b"Transfer-Encoding: chunked\r\n\r\n2000\r\n" + b"x" * 0x2000)
        assert chunked.read_head().status == 413
    with RawClient(router.admin_port) as stopped, RawClient(router.admin_port) as halved:
        stopped.send(head + b'Content-Length: 60\r\n\r\n{"scope": "ro')
        halved.send(b"GET /api/v1/stat")
        assert ask(router, "GET", "/pins").json["pins"] == []
        stopped.half_close()
        assert stopped.at_end(), "half an order is none"
    with RawClient(router.admin_port) as long:
        long.send(b"GET /api/v1/rooms/" + b"x" * 20_000)
        assert long.read_head().status == 431
    with RawClient(router.admin_port) as kept:
        for _ in range(3):
            kept.send(b"GET /api/v1/pins HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n")
            assert kept.read_response().status == 304, "the connection stays"
    assert ask(router, "GET", "/pins").json["pins"] == []


RULES = {"pins": [{"room": "Secret-Plan", "shard": "shard-1"}, {"tenant": "acme", "shard": "shard-0"}],
         "bans": [{"prefix": "coin"}]}


@pytest.mark.parametrize("names, shown", [("plain", True), ("hashed", False), ("absent", False)])
def test_names_of_rooms_are_shown_as_configured(processes, shards, ask, names, shown):
    config = {**_settings(processes, {"dashboard": {"room_names": names}}), **RULES}
    router = processes.router(shards, config=config)
    with RawClient(router.port) as client:
        assert client.request(upgrade("/xmpp-websocket?room=Secret-Plan")).status == 101
        rooms = ask(router, "GET", "/rooms").json
        assert (rooms["total"], rooms["names"]) == (1, names)
        name = rooms["rooms"][0]["name"]
        by_name = ask(router, "GET", "/rooms/Secret-Plan")
        assert by_name.status == (403 if names == "absent" else 200)
        if name:
            assert ask(router, "GET", f"/rooms/{name}").json["name"] == name
        pins = ask(router, "GET", "/pins").json["pins"]
        assert [(pin["scope"], pin["configured"]) for pin in pins] == [("room", True), ("tenant", True)]
        assert pins[0]["name"] == name
        assert router.command("set table jitsi-meet key secret-plan data.server_key shard-0") == "\n"
        moved = eventually(lambda: [event for event in ask(router, "GET", "/events").json["events"]
                                    if event["kind"] == "rooms_moved"], "the move is told")
        assert (moved[-1]["reason"], moved[-1]["to"], moved[-1].get("room", "")) == (
            "operator", "shard-0", name)
    made = _add(ask, router, "/bans", scope="room", name="Other-Secret").json
    texts = [ask(router, "GET", path).text for path in (
        "/rooms", "/pins", "/bans", "/config", "/events", "/status", "/shards")] + [json.dumps(made)]
    for word in ("secret", "acme", "coin"):
        assert any(word in text.lower() for text in texts) == shown, word
    if names == "hashed":
        assert _remove(ask, router, "/bans", "room", made["name"]).status == 200
    assert _remove(ask, router, "/pins", "tenant", "ACME").status == 200
    assert len(ask(router, "GET", "/pins").json["pins"]) == 1


def test_events_are_numbered_and_followed(router, shards, ask):
    first = ask(router, "GET", "/events").json
    ids = [event["id"] for event in first["events"]]
    assert ids == sorted(ids, reverse=True) and first["latest"] == ids[0] and first["missed"] == 0
    for number in range(20):
        fetch(router.port, f"/http-bind?room=r{number}")
    shards[0].stop()
    eventually(lambda: ask(router, "GET", "/shards/shard-0").json["state"] == "down", "down")
    for number in range(20):
        fetch(router.port, f"/http-bind?room=r{number}")

    def followed():
        return ask(router, "GET", f"/events?after={ids[0]}&limit=1000").json["events"]
    moved = eventually(lambda: [event for event in followed() if event["kind"] == "rooms_moved"],
                       "rooms have moved")
    assert moved[-1]["reason"] == "unavailable" and moved[-1]["count"] > 0
    states = [(event["from"], event["to"]) for event in reversed(followed())
              if event["kind"] == "shard_state"]
    assert states == [("up", "soft_down"), ("soft_down", "down")]
    history = ask(router, "GET", "/shards/shard-0").json["history"]
    assert (history[0]["what"], history[0]["from"], history[0]["to"], history[0]["reason"]) == (
        "state", "soft_down", "down", "L4CON")
    one = ask(router, "GET", f"/events?after={ids[0]}&limit=1").json
    assert len(one["events"]) == 1 and one["missed"] == one["latest"] - ids[0] - 1
    assert ask(router, "GET", "/events?after=999999").json["events"] == []


def test_a_refused_reload_is_told(router, ask):
    before = ask(router, "GET", "/config").json
    assert before["generation"] == 1 and before["last_reload"]["time"] is None
    good = router.path.read_text()
    router.write("version: 1\nnonsense: true\n")
    assert router.command("reload").startswith("Nothing has changed")
    refused = ask(router, "GET", "/config").json
    assert not refused["last_reload"]["succeeded"] and any(
        "nonsense" in mistake for mistake in refused["last_reload"]["mistakes"])
    assert (refused["generation"], refused["loaded"]) == (1, before["loaded"])
    router.write(good)
    assert router.command("reload") == "\n"
    after = ask(router, "GET", "/config").json
    assert after["generation"] == 2 and after["loaded"] > before["loaded"]
    kinds = [event["kind"] for event in ask(router, "GET", "/events?limit=2").json["events"]]
    assert kinds == ["reloaded", "reload_refused"]
