# SPDX-License-Identifier: Apache-2.0
"""Answers of the router's own: typed, sized, numbered, never stored, silent about shards."""
import pytest

from harness.client import RawClient, fetch, get
from harness.ports import free_port
from harness.shard import RecordingShard


@pytest.fixture(scope="module")
def router(module_processes, tmp_path_factory):
    dead = RecordingShard()
    dead.port = free_port()
    page = tmp_path_factory.mktemp("errors") / "400.html"
    page.write_text("<h1>Please try again</h1>\n")
    config = {"errors": {400: str(page)}}
    return module_processes.router([dead], config, name="errors", wait_ready=False)


BAD = b"GET /http-bind?room=r HTTP/1.1\r\nHost : a\r\n\r\n"


def _check_own(response):
    assert response.get("content-type", "").startswith("text/")
    assert int(response.get("content-length")) == len(response.body)
    assert response.all("cache-control") == ["no-store"]
    assert response.all("x-request-id") and response.all("x-jitsi-shard") == []


def test_no_shard(router):
    response = fetch(router.port, "/http-bind?room=r")
    assert response.status == 503
    _check_own(response)
    assert int(response.get("retry-after")) > 0
    assert b"503" in response.body


def test_connection_survives_an_error_of_the_shards(router):
    with RawClient(router.port) as client:
        assert client.request(get()).status == 503
        assert client.request(get()).status == 503


def test_request_ids_differ(router):
    ids = {fetch(router.port, "/http-bind?room=r").get("x-request-id") for _ in range(50)}
    assert len(ids) == 50


def test_head_gets_no_body(router):
    with RawClient(router.port) as client:
        response = client.request(get(method="HEAD"), "HEAD")
        assert response.status == 503 and int(response.get("content-length")) > 0
        client.send(get(fields="Connection: close\r\n"))
        assert client.read_response().status == 503


def test_old_client(router):
    with RawClient(router.port) as client:
        response = client.request(get(version="1.0"))
        assert response.status == 503 and client.at_end()


def test_post_body_is_not_taken_for_a_request(router):
    with RawClient(router.port) as client:
        body = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        client.send(get(method="POST", fields=f"Content-Length: {len(body)}\r\n") + body)
        assert client.read_response().status == 503
        client.send(get("/_unlock?room=r", fields="Connection: close\r\n"))
        rest = client.read_rest()
    assert rest.count(b"HTTP/1.1 ") <= 1


def test_custom_body(router):
    with RawClient(router.port) as client:
        response = client.request(BAD)
    assert response.status == 400
    assert response.body == b"<h1>Please try again</h1>\n"
    assert response.get("content-type").startswith("text/html")
    _check_own(response)


def test_unreadable_custom_body_is_a_configuration_mistake(processes, tmp_path):
    router = processes.unstarted_router([processes.shard()],
                                        {"errors": {503: str(tmp_path / "none.html")}})
    router.process.start()
    assert router.process.wait(20) != 0
    assert "errors.503" in router.process.text()


def test_nothing_of_the_request_is_repeated(router):
    with RawClient(router.port) as client:
        response = client.request(get("/http-bind?room=<script>alert(1)</script>&token=s3cret"))
    assert b"script" not in response.head + response.body
    assert b"s3cret" not in response.head + response.body
