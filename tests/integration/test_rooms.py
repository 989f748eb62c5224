# SPDX-License-Identifier: Apache-2.0
"""Same room, same shard: names in every spelling, the router's own answers, explicit shards."""
import os

import pytest

from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.waiting import eventually

SHARDS = 3


@pytest.fixture(scope="module")
def shards(module_processes):
    return module_processes.shards(SHARDS)


@pytest.fixture(scope="module")
def router(module_processes, shards):
    return module_processes.router(shards, {"logging": {"level": "info"}}, name="rooms")


def _home(router, target, **kwargs):
    """The shard that answered, by its body and by the header, which must agree."""
    response = fetch(router.port, target, **kwargs)
    assert response.status == 200, (target, response.head)
    assert response.all("x-jitsi-shard") == [response.body.decode()], target
    return response.body.decode()


SPELLINGS = {
    "accents": ["t%C3%A9st+room", "t%25c3%25a9st%2520room", "t%c3%a9st%20room", "T%C3%89ST%20ROOM",
                "te%CC%81st%20room", "t%C3%A9st++room", "%74%C3%A9st%20room"],
    "plain": ["SomeRoom", "someroom", "SOMEROOM", "%53omeRoom", "Some%52oom", "someroom&x=1"],
    "full_width": ["%EF%BC%A1bc", "abc", "ABC"],
    "marks": ["What's%20up?", "whats%20up", "WHATS+UP"],
    "cyrillic": ["%D0%9A%D0%BE%D0%BC%D0%BD%D0%B0%D1%82%D0%B0", "%d0%ba%d0%be%d0%bc%d0%bd%d0%b0%d1%82%d0%b0"],
}


@pytest.mark.parametrize("spellings", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_is_the_same_room(router, spellings):
    homes = {_home(router, f"/http-bind?room={name}") for name in spellings}
    assert len(homes) == 1


def test_many_rooms_in_many_spellings(router):
    """Enough rooms that a spelling that splits cannot stay on one shard by luck."""
    for number in range(60):
        names = [f"R%C3%A9union+{number}", f"r%25c3%25a9union%2520{number}",
                 f"r%c3%a9union%20{number}", f"RE%CC%81UNION%20{number}"]
        assert len({_home(router, f"/http-bind?room={name}") for name in names}) == 1, number


def test_raw_utf8_is_the_same_room(router):
    home = _home(router, "/http-bind?room=gr%C3%BC%C3%9Fe")
    with RawClient(router.port) as client:
        client.send("GET /http-bind?room=grüße HTTP/1.1\r\nHost: meet.test\r\n\r\n".encode())
        assert client.read_response().body.decode() == home


@pytest.mark.parametrize("number", range(12))
def test_every_request_of_a_join_goes_to_one_shard(router, number):
    room = f"Join-{number}"
    targets = [f"/{room}", f"/config.js?room={room}", f"/http-bind?room={room}",
               f"/conference-request/v1?room={room}", f"/_api/room-info?room={room}",
               f"/room-size?room={room}", f"/{room.upper()}", f"/end-meeting?room={room}"]
    assert len({_home(router, target) for target in targets}) == 1


def test_page_and_websocket_agree(router, shards):
    for number in range(20):
        page = _home(router, f"/Page{number}")
        with RawClient(router.port) as client:
            response = client.request(upgrade(f"/xmpp-websocket?room=page{number}"))
        assert response.body.decode() == page


def test_tenants_are_apart_but_each_is_whole(router):
    homes = set()
    for number in range(30):
        tenant = f"tenant{number}"
        each = {_home(router, f"/{tenant}/Standup"), _home(router, f"/{tenant}/http-bind?room=standup"),
                _home(router, f"/{tenant.upper()}/http-bind?room=Standup")}
        assert len(each) == 1
        homes |= each
    assert len(homes) == SHARDS, "one name under thirty tenants and never another shard"


def test_rooms_spread_over_all_shards(router):
    assert len({_home(router, f"/http-bind?room=spread{n}") for n in range(60)}) == SHARDS


def test_order_and_other_parameters_do_not_matter(router):
    homes = {_home(router, "/http-bind?" + query) for query in
             ("room=order", "token=a.b.c&room=order", "a&&room=order&z", "previd=x&room=ORDER")}
    assert len(homes) == 1
    assert {fetch(router.port, "/xmpp-websocket?previd=x&room=Order").get("x-jitsi-shard")} == homes


@pytest.mark.parametrize("target", ["/_unlock?room=unlock", "/tenant/_unlock?room=unlock",
                                    "/xmpp-websocket?room=unlock", "/xmpp-websocket?room=UNLOCK&token=t"])
def test_keepalive_is_answered_here(router, shards, target):
    marks = [shard.mark() for shard in shards]
    response = fetch(router.port, target)
    assert (response.status, response.body) == (200, b"")
    assert response.get("cache-control") == "no-cache, no-store"
    assert response.get("access-control-allow-origin") == "*"
    exposed = {name.strip().lower() for name in
               response.get("access-control-expose-headers", "").split(",")}
    assert exposed == {"x-jitsi-shard", "x-jitsi-region", "x-jitsi-release"}
    assert all(not shard.seen(mark) for shard, mark in zip(shards, marks))
    where = target.replace("_unlock", "http-bind").replace("xmpp-websocket", "http-bind")
    assert response.get("x-jitsi-shard") == _home(router, where)


def test_keepalive_binds_as_a_websocket_would(router):
    for number in range(30):
        said = fetch(router.port, f"/_unlock?room=first{number}").get("x-jitsi-shard")
        assert _home(router, f"/http-bind?room=first{number}") == said


def test_keepalive_connection_goes_on(router):
    with RawClient(router.port) as client:
        for _ in range(5):
            assert client.request(get("/_unlock?room=r")).status == 200


def test_keepalive_can_be_forwarded(processes):
    shard = processes.shard()
    router = processes.router([shard], {"room_key": {"keepalive": "forward"}})
    for target in ("/_unlock?room=r", "/xmpp-websocket?room=r"):
        assert fetch(router.port, target).body == b"shard-0"


@pytest.mark.parametrize("name", [f"shard-{n}" for n in range(SHARDS)])
def test_explicit_shard(router, name):
    for number in range(8):
        target = f"/v1/_ws/{name}/xmpp-websocket?tenant=t&room=explicit-{name}-{number}"
        with RawClient(router.port) as client:
            response = client.request(upgrade(target))
        assert (response.status, response.body.decode()) == (200, name)
        assert response.get("x-jitsi-shard") == name


def test_who_names_another_shard_comes_to_where_the_room_is(router, shards):
    said, answers = [], shards[0].handler

    def switch(connection, request):
        shards[0].handler = answers
        connection.send(SWITCHING)
        said.append(connection.take(10))

    shards[0].handler = switch
    target = "/v1/_ws/shard-{}/xmpp-websocket?tenant=t&room=lived-in"
    with RawClient(router.port) as client, RawClient(router.port) as other:
        assert client.request(upgrade(target.format(0))).status == 101
        response = other.request(upgrade(target.format(1)))
        assert response.body == b"shard-0" and response.get("x-jitsi-shard") == "shard-0"
        client.send(b"still here")
        eventually(lambda: said == [b"still here"], "nobody was sent away")


def test_explicit_shard_that_does_not_exist(router, shards):
    marks = [shard.mark() for shard in shards]
    with RawClient(router.port) as client:
        response = client.request(upgrade("/v1/_ws/shard-9/xmpp-websocket?room=r"))
    assert response.status == 404 and response.all("x-jitsi-shard") == []
    assert all(not shard.seen(mark) for shard, mark in zip(shards, marks))


@pytest.mark.parametrize("target", ["/libs/app.min.js?room=static", "/css/all.css", "/", "/favicon.ico",
                                    "/tenant/images/x.png", "/static/dialInInfo.html?room=static",
                                    "/external_api.js", "/robots.txt"])
def test_files_have_no_room(router, target):
    response = fetch(router.port, target)
    assert response.status == 200 and response.all("x-jitsi-shard") == []


def test_whiteboard_has_a_namespace_of_its_own(router):
    targets = ["/socket.io/?room=0123abcd&EIO=4&transport=polling",
               "/socket.io/?EIO=4&transport=websocket&room=0123abcd"]
    assert len({fetch(router.port, target).body for target in targets * 3}) == 1


def test_etherpad_sticks_to_its_pad(router):
    answers = {fetch(router.port, "/etherpad/socket.io/?padId=pad1&EIO=4").body for _ in range(6)}
    assert len(answers) == 1


def test_room_header_is_the_same_for_every_spelling(router, shards):
    marks = [shard.mark() for shard in shards]
    for name in SPELLINGS["plain"]:
        _home(router, f"/http-bind?room={name}")
    told = {r.one("room") for shard, mark in zip(shards, marks) for r in shard.seen(mark)}
    assert len(told) == 1


def test_locate_agrees_with_the_data_plane(router):
    text = router.located("/http-bind?room=T%C3%A9st+Room", "/T%C3%A9st%20Room")
    keys = [word for line in text.splitlines() if "key" in line.lower() for word in line.split()[-1:]]
    assert len(keys) >= 2 and len(set(keys)) == 1, text


def test_query_mode_is_the_old_rule(processes):
    shards = processes.shards(3)
    router = processes.router(shards, {"room_key": {"mode": "query"}})
    for number in range(20):
        homes = {fetch(router.port, f"/{path}?room={name}{number}").body
                 for path in ("http-bind", "anything/at/all") for name in ("Room", "room", "%52oom")}
        assert len(homes) == 1


# -- what the table remembers

def _new_homes(router, count=30):
    """Who answers for rooms nobody has used before."""
    return {fetch(router.port, f"/http-bind?room={os.urandom(8).hex()}").body.decode()
            for _ in range(count)}


def test_two_replicas_agree_without_a_word(processes):
    shards = processes.shards(5)
    config = {"placement": {"algorithm": "rendezvous"}}
    first = processes.router(shards, config, name="router-0")
    second = processes.router(list(reversed(shards)), config, name="router-1")
    for number in range(100):
        target = f"/http-bind?room=agree{number}"
        assert _home(first, target) == _home(second, target)


def test_room_moves_once_when_its_shard_is_gone_and_not_back(processes):
    shards = processes.shards(3)
    router = processes.router(shards)
    homes = {n: _home(router, f"/http-bind?room=move{n}") for n in range(30)}
    lost = shards[0]
    lost.stop()

    def all_served():
        answers = {n: fetch(router.port, f"/http-bind?room=move{n}") for n in homes}
        return all(a.status == 200 for a in answers.values()) and {
            n: a.body.decode() for n, a in answers.items()}

    after = eventually(all_served, "every room is served again", 40)
    for number, home in homes.items():
        assert after[number] != lost.name
        if home != lost.name:
            assert after[number] == home, "a room whose shard lives was moved"
    lost.start()
    eventually(lambda: lost.name in _new_homes(router), "the shard takes new rooms again", 40)
    assert {n: _home(router, f"/http-bind?room=move{n}") for n in homes} == after


def test_hiccup_shorter_than_the_grace_moves_nothing(processes):
    shards = processes.shards(3)
    router = processes.router(shards, {"shards": {"health": {"soft_down_grace": "1h"}}})
    homes = {n: _home(router, f"/http-bind?room=grace{n}") for n in range(30)}
    lost = shards[0]
    lost.stop()
    eventually(lambda: _new_homes(router) == {s.name for s in shards if s is not lost},
               "no new room goes there", 40)
    lost.start()
    eventually(lambda: all(fetch(router.port, f"/http-bind?room=grace{n}").status == 200
                           for n in homes), "all rooms are served", 40)
    assert {n: _home(router, f"/http-bind?room=grace{n}") for n in homes} == homes


def test_tunnels_of_a_shard_that_is_down_are_closed(processes):
    shards = processes.shards(1)
    router = processes.router(shards)
    ends = []

    def handler(connection, request):
        connection.send(SWITCHING)
        ends.append(connection)
        while connection.fill():
            pass

    shards[0].handler = handler
    with RawClient(router.port, deadline=40) as client:
        assert client.request(upgrade()).status == 101
        listener, shards[0].listener = shards[0].listener, None
        listener.shutdown(2)
        listener.close()  # refuses checks from now on; the tunnel's connection stays
        assert client.at_end(40)


def test_pages_leave_no_entry(processes):
    shards = processes.shards(2)
    router = processes.router(shards)
    for number in range(5):
        fetch(router.port, f"/Page{number}")
        fetch(router.port, f"/libs/x{number}.js?room=file{number}")
    fetch(router.port, "/http-bind?room=entry")
    table = router.command("show table jitsi-meet")
    assert "used:1" in table and "entry" in table, table


def test_entry_expires_unless_a_tunnel_holds_it(processes):
    shard = processes.shard()
    router = processes.router([shard], {"stick_table": {"expire": "1s"}})

    def handler(connection, request):
        connection.send(SWITCHING)
        while connection.fill():
            pass

    fetch(router.port, "/http-bind?room=shortlived")
    shard.handler = handler
    with RawClient(router.port) as client:
        assert client.request(upgrade("/xmpp-websocket?room=held")).status == 101
        table = eventually(lambda: (lambda text: "shortlived" not in text and text)(
            router.command("show table jitsi-meet")), "the idle entry expires")
        assert "held" in table
