# SPDX-License-Identifier: Apache-2.0
"""Pins, bans, releases and regions: where rooms go, and which go nowhere."""
import pytest

from harness.client import SWITCHING, RawClient, fetch, get, upgrade
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.router import merged
from harness.waiting import eventually

ROOMS = [f"room{number}" for number in range(30)]


def _placed(shards, labels):
    """`shards.static` with the region and release of each."""
    return {"shards": {"static": [
        {"name": shard.name, "address": f"{shard.host}:{shard.port}", **label}
        for shard, label in zip(shards, labels)]}}


@pytest.fixture
def cluster(processes):
    shards = processes.shards()
    labels = [{"release": "41"}, {"release": "42", "region": "eu"}, {"release": "42"}]
    cluster = Cluster(processes, 2, (), _placed(shards, labels)).start()
    cluster.shards = shards
    return cluster


def _say(replica, text, answer=""):
    assert replica.command(text).strip() == answer


def _everywhere(cluster, listing, text):
    for replica in cluster.replicas:
        eventually(lambda: replica.command(listing).strip() == text, f"{replica.name}: {listing}")


def _order(replica, shard, state):
    _say(replica, f"set server jitsi-meet/{shard} state {state}")
    eventually(lambda: replica.metric("room_router_shard_admin_state", shard=shard, state=state) == 1,
               f"{shard} is in {state}")


def _homes(replica, names, **parameters):
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    return {fetch(replica.port, f"/http-bind?room={name}{more}").get("x-jitsi-shard")
            for name in names}


def test_a_pinned_room_moves_at_once_on_all_replicas_and_stays(cluster):
    one, other = cluster.replicas
    placed = ask(one, ROOMS)
    cluster.wait_equal()
    room = next(room for room, shard in placed.items() if shard == "shard-0")
    for shard in cluster.shards:
        shard.handler = lambda connection, request: connection.send(SWITCHING)
    with RawClient(other.port) as client, RawClient(one.port) as bystander:
        assert client.request(upgrade(f"/xmpp-websocket?room={room}")).status == 101
        assert bystander.request(upgrade(f"/xmpp-websocket?room=apart")).status == 101
        _say(one, f"pin room {room} shard shard-2")
        assert client.at_end()
        bystander.send(b"still here")
    _everywhere(cluster, "show pins", f"pin room {room} shard shard-2")
    placed[room] = "shard-2"
    for replica in cluster.replicas:
        eventually(lambda: ask(replica, ROOMS) == placed, "one room has moved, no other")
    _say(other, f"unpin room {room}")
    _everywhere(cluster, "show pins", "")
    assert ask(one, ROOMS) == placed, "what is let go stays where it is"
    _say(one, f"unpin room {room}", "No such pin; show pins lists them.")


def test_new_rooms_of_a_pinned_tenant_go_to_its_release_old_ones_stay(cluster):
    one, other = cluster.replicas
    old = {name: fetch(one.port, f"/acme/http-bind?room={name}").get("x-jitsi-shard")
           for name in ROOMS}
    _say(one, "pin tenant Acme release 41")
    _everywhere(cluster, "show pins", "pin tenant acme release 41")
    for replica in cluster.replicas:
        assert {name: fetch(replica.port, f"/acme/http-bind?room={name}").get("x-jitsi-shard")
                for name in ROOMS} == old
    new = {fetch(other.port, f"/acme/http-bind?room=new{number}").get("x-jitsi-shard")
           for number in range(20)}
    assert new == {"shard-0"}
    assert fetch(other.port, "/acme/page").get("x-jitsi-shard") == "shard-0", "pages look ahead"
    assert len(_homes(one, [f"free{number}" for number in range(30)])) == 3, "others go anywhere"


def test_a_pin_without_a_shard_that_takes_rooms_does_not_count(cluster):
    one, _ = cluster.replicas
    _say(one, "pin tenant acme release 43",
         "No shard is of release 43 now; the pin counts when there is one.")
    assert fetch(one.port, "/acme/http-bind?room=a").status == 200
    _say(one, "pin tenant acme region eu")
    _order(one, "shard-1", "drain")
    homes = {fetch(one.port, f"/acme/http-bind?room=b{number}").get("x-jitsi-shard")
             for number in range(20)}
    assert homes == {"shard-0", "shard-2"}


def test_a_release_can_be_asked_for(cluster):
    one, _ = cluster.replicas
    names = [f"asked{number}" for number in range(20)]
    assert _homes(one, names, release="41") == {"shard-0"}
    assert _homes(one, names, release="42") == {"shard-0"}, "a room that has a shard stays there"
    assert _homes(one, [f"lib{number}" for number in range(20)], release="release-42") == {
        "shard-1", "shard-2"}
    assert len(_homes(one, [f"odd{number}" for number in range(30)], release="43")) == 3
    answer = fetch(one.port, "/http-bind?room=asked0&release=41")
    assert answer.get("x-jitsi-release") == "41"
    assert answer.get("x-jitsi-region") is None


def test_banned_rooms_are_refused_and_their_sessions_end(cluster):
    one, other = cluster.replicas
    for shard in cluster.shards:
        shard.handler = lambda connection, request: connection.send(SWITCHING)
    with RawClient(other.port) as client:
        assert client.request(upgrade("/xmpp-websocket?room=coin-miners")).status == 101
        _say(one, "ban prefix Coin")
        assert client.at_end()
    _everywhere(cluster, "show bans", "ban prefix coin redirect")
    for replica in cluster.replicas:
        for target in ("/http-bind?room=COIN-2", "/acme/http-bind?room=coin",
                       "/_unlock?room=coins", "/conference-request/v1?room=%63oin"):
            refused = fetch(replica.port, target)
            assert (refused.status, refused.get("x-jitsi-shard")) == (403, None), target
        with RawClient(replica.port) as client:
            assert client.request(upgrade("/xmpp-websocket?room=coin")).status == 403
        page = fetch(replica.port, "/acme/Coin-Party")
        assert (page.status, page.get("location")) == (302, "/")
        assert "coin" not in page.body.decode().lower()
    assert one.metric("room_router_refusals_total", reason="banned") == 5
    _say(other, "unban prefix coin")
    _everywhere(cluster, "show bans", "")
    for shard in cluster.shards:
        shard.reset_script()
    assert fetch(one.port, "/http-bind?room=coin-2").status != 403


def test_the_configuration_s_rules_can_be_taken_back_and_return(processes):
    rules = {"pins": [{"room": "[acme]Stand Up", "shard": "shard-1"}],
             "bans": [{"tenant": "Evil", "action": "403"}]}
    router = processes.router(processes.shards(), rules)
    assert router.command("show pins").strip() == \
        r"pin room [acme]stand\ up shard shard-1  # configuration"
    assert router.command("show bans").strip() == "ban tenant evil 403  # configuration"
    assert fetch(router.port, "/acme/http-bind?room=stand+up").get("x-jitsi-shard") == "shard-1"
    assert fetch(router.port, "/evil/page").status == 403, "no redirect"
    _say(router, "unban tenant evil")
    _say(router, r"unpin room [acme]stand\ up")
    assert fetch(router.port, "/evil/page").status == 200
    assert router.command("show pins").strip() == ""
    router.config["bans"] = [{"room": "x"}]
    router.write()
    router.reload()
    eventually(lambda: fetch(router.port, "/http-bind?room=x").status == 403, "reloaded")


@pytest.mark.parametrize("text,answer", [
    ("pin", "usage: pin room|tenant <name> shard|release|region <value>"),
    ("pin room x", "usage: pin room|tenant <name> shard|release|region <value>"),
    ("pin prefix x shard y", "usage: pin room|tenant <name> shard|release|region <value>"),
    ("pin room x shard", "usage: pin room|tenant <name> shard|release|region <value>"),
    (r"pin room \  shard a", "The name names no room; write for example [tenant]room."),
    ("ban room x 404", "usage: ban room|prefix|tenant <name> [redirect|403]"),
    ("unban room x", "No such ban; show bans lists them."),
])
def test_mistakes_are_explained(router, text, answer):
    _say(router, text, answer)


@pytest.fixture(scope="module")
def router(module_processes):
    return module_processes.router(module_processes.shards(), name="rules")


def test_rules_are_for_those_who_may(processes):
    sockets = {"admin": {"sockets": [{"path": str(processes.directory / f"{level}.sock"),
                                      "level": level} for level in ("user", "operator")]}}
    router = processes.router(processes.shards(), merged(sockets, {"bans": [{"room": "secret"}]}))
    router.socket_path = processes.directory / "operator.sock"
    assert "secret" in router.command("show bans")
    _say(router, "ban room x", "Permission denied")
    _say(router, "unpin room x", "Permission denied")
    router.socket_path = processes.directory / "user.sock"
    _say(router, "show bans", "Permission denied")
    _say(router, "show pins", "Permission denied")


def test_own_region_first_others_when_it_has_none(processes):
    shards = processes.shards()
    labels = [{"region": "us"}, {"region": "eu"}, {"region": "eu"}]
    config = merged({"node": {"region": "us"}}, _placed(shards, labels))
    router = processes.router((), config)
    names = [f"near{number}" for number in range(20)]
    assert _homes(router, names) == {"shard-0"}
    assert fetch(router.port, "/http-bind?room=near0").get("x-jitsi-region") == "us"
    spoofed = fetch(router.port, "/http-bind?room=near0", fields="X-Proxy-Region: mars\r\n")
    assert spoofed.status == 200
    assert shards[0].seen()[-1].all("x-proxy-region") == ["us"]
    _order(router, "shard-0", "drain")
    assert _homes(router, names) == {"shard-0"}
    assert _homes(router, [f"far{number}" for number in range(30)]) == {"shard-1", "shard-2"}
    _order(router, "shard-0", "ready")
    assert _homes(router, ["far0"]) != {"shard-0"}, "nothing is pulled back"


def test_whiteboards_and_pads_stay_together_and_apart_from_rooms(processes):
    router = processes.router(processes.shards())
    for number in range(10):
        board = {fetch(router.port, f"/socket.io/?room=hash{number}&EIO=4&transport=polling&t={n}")
                 .body for n in range(4)}
        pad = {fetch(router.port, target).body for target in
               (f"/etherpad/p/pad{number}", f"/etherpad/socket.io/?padId=pad{number}&EIO=4",
                f"/etherpad/p/PAD{number}?userName=x")}
        assert len(board) == len(pad) == 1, number
    entry = router.command("show table jitsi-meet key hash0")
    assert "ns=whiteboard" in entry and "key=hash0" in entry
    assert len([line for line in entry.splitlines() if "key=" in line]) == 1, "no room of that name"
