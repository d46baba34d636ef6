"""Free ports, and the same ones again."""

from __future__ import annotations

import socket

import pytest

from sre_copilot_local.ports import LOOPBACK, free_ports, is_free, ports_for, remember


@pytest.fixture
def listener():
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server


def test_free_ports_are_different_and_free():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_a_port_that_is_listened_on_is_not_free(listener):
    assert not is_free(listener.getsockname()[1])


def test_remembered_ports_are_used_again_while_they_are_free(tmp_path, listener):
    book = tmp_path / "ports.json"
    first = ports_for(["grpc", "http"], book)
    remember(first, book)
    assert ports_for(["grpc", "http"], book) == first
    remember({"http": listener.getsockname()[1]}, book)
    later = ports_for(["grpc", "http"], book)
    assert later["grpc"] == first["grpc"]
    assert later["http"] != listener.getsockname()[1]


def test_a_port_remembered_for_two_roles_goes_to_one(tmp_path):
    book = tmp_path / "ports.json"
    port = free_ports(1)[0]
    remember({"grpc": port, "http": port}, book)
    assert len(set(ports_for(["grpc", "http"], book).values())) == 2


@pytest.mark.parametrize("text", ["", "[]", '{"grpc": "x"}', '{"grpc": 99999999}', '{"grpc": -1}'])
def test_a_broken_memory_is_no_obstacle(text, tmp_path):
    book = tmp_path / "ports.json"
    book.write_text(text)
    assert is_free(ports_for(["grpc"], book)["grpc"])
