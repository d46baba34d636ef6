"""Doors in front of exposition endpoints."""

from __future__ import annotations

import http.server
import socket
import threading
import urllib.error
import urllib.request

import pytest

from sre_copilot_local.forwarder import Doors
from sre_copilot_local.ports import LOOPBACK, free_ports, is_free

BODY = b"temporal_things 1\n" * 100_000


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *words):
        """Silent."""


@pytest.fixture
def exposition():
    with http.server.ThreadingHTTPServer((LOOPBACK, 0), Metrics) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def doors():
    made = Doors()
    yield made
    made.close()


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read()


def has_ended(connection):
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def refuses(url):
    with pytest.raises(urllib.error.URLError) as refusal:
        fetch(url)
    return isinstance(refusal.value.reason, ConnectionRefusedError)


def test_an_open_door_gives_the_whole_answer_again_and_again(doors, exposition):
    door = doors.add(free_ports(1)[0], exposition)
    assert [fetch(door.url) for _ in range(3)] == [BODY] * 3


def test_a_shut_door_refuses_until_it_is_opened_again(doors, exposition):
    door = doors.add(free_ports(1)[0], exposition)
    door.shut()
    assert refuses(door.url)
    door.open()
    assert fetch(door.url) == BODY


def test_shutting_cuts_connections_that_are_being_served(doors):
    with socket.create_server((LOOPBACK, 0)) as behind:
        door = doors.add(free_ports(1)[0], behind.getsockname()[1])
        with socket.create_connection((LOOPBACK, door.port), timeout=5) as kept:
            served, _ = behind.accept()
            with served:
                served.sendall(b"half an answer")
                assert kept.recv(100) == b"half an answer"
                door.shut()
                assert has_ended(kept)


def test_opening_and_shutting_twice_is_harmless(doors, exposition):
    door = doors.add(free_ports(1)[0], exposition)
    door.open()
    assert fetch(door.url) == BODY
    door.shut()
    door.shut()
    assert refuses(door.url)


def test_a_door_leads_to_its_new_target(doors, exposition):
    door = doors.add(free_ports(1)[0], free_ports(1)[0])
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        fetch(door.url)
    door.target = exposition
    assert fetch(door.url) == BODY


def test_closing_gives_every_port_back_and_may_be_done_twice(exposition):
    doors = Doors()
    ports = free_ports(2)
    doors.add(ports[0], exposition)
    doors.add(ports[1], exposition).shut()
    doors.close()
    doors.close()
    assert all(is_free(port) for port in ports)
