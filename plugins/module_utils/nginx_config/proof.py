# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof: every managed name, asked from this host, answers with the generation's hash."""

from __future__ import annotations

import socket
import ssl
from typing import Dict, Iterator, List, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx_config.configuration import (
    Address,
    Configuration,
    Listen,
    Server,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import PROOF_PATH

SECONDS = 2
LIMIT = 65536

# All of 127.0.0.0/8 is this host: a wildcard is asked where no other server listens on its own.
LOCAL = {"v4": ("127.0.0.1", "127.0.0.2", "127.0.5.2"), "v6": ("::1",)}


def questions(configuration: Configuration) -> List[dict]:
    """What to ask: ``address``, ``port``, ``name``, ``tls`` and ``proxy_protocol`` of each.

    A name that is a regular expression is not asked: nothing says what it matches.
    """
    taken = {listen.address for listen in configuration.listens}
    found = []
    for server in configuration.servers:
        if not server.proves:
            continue
        for listen in server.listens:
            for name in _names(server, listen):
                question = _question(listen, name, taken)
                if question not in found:
                    found.append(question)
    return found


def ask(question: dict) -> Dict[str, Optional[str]]:
    """The question with ``answer``: the generation that was named, or what happened instead."""
    try:
        answer = _answer(question)
    except (OSError, ValueError) as error:
        answer = str(error) or type(error).__name__
    return dict(question, answer=answer)


def _names(server: Server, listen: Listen) -> Iterator[str]:
    for name in server.names:
        if name.startswith("~"):
            continue
        if name in ("", "_"):
            # Only the default server is ever asked under a name of this kind.
            if listen.default:
                yield "no502.invalid"
            continue
        yield name.lstrip(".") if name.startswith(".") else name.replace("*", "no502")


def _question(listen: Listen, name: str, taken: set) -> dict:
    address = listen.address
    host = address.host
    if address.is_wildcard:
        local = LOCAL[address.family]
        free = [each for each in local if Address(each, address.port) not in taken]
        host = (free or local)[0]
    return {"address": host, "port": address.port, "name": name, "tls": listen.ssl,
            "proxy_protocol": listen.proxy_protocol}


def _answer(question: dict) -> str:
    with _connect(question) as connection:
        if question["proxy_protocol"]:
            connection.sendall(b"PROXY UNKNOWN\r\n")
        if question["tls"]:
            with _context().wrap_socket(connection, server_hostname=question["name"]) as secure:
                return _talk(secure, question["name"])
        return _talk(connection, question["name"])


def _connect(question: dict) -> socket.socket:
    if question["port"]:
        return socket.create_connection((question["address"], question["port"]), SECONDS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(SECONDS)
    connection.connect(question["address"][len("unix:"):])
    return connection


def _context() -> ssl.SSLContext:
    """This host asks itself which generation is loaded; whom to trust is not the question."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _talk(connection: socket.socket, name: str) -> str:
    request = "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (PROOF_PATH, name)
    connection.sendall(request.encode("ascii"))
    received = b""
    while len(received) < LIMIT:
        piece = connection.recv(4096)
        if not piece:
            break
        received += piece
    head, _blank, body = received.partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0].decode("latin-1")
    if " 200 " not in status + " ":
        return status or "no answer"
    return body[:64].decode("latin-1").strip()
