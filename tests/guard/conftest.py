# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Node processes with the guard preloaded, once for each pinned release, and the raw
connections that a proxy would have to them."""
from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import time
from http.client import HTTPResponse
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAJORS = (18, 20, 22, 24, 26)
GUARD = ROOT / "roles/node_service/files/guard.cjs"
PATIENCE = 20  # seconds until something that must happen counts as not happening


def wait_for(what, describe="it"):
    """The first true answer of what()."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{describe} did not come about within {PATIENCE} s")


def statuses(directory: Path, count: int, until=lambda status: True) -> list[dict]:
    """The statuses in a directory, once so many are as `until` wants them."""
    def read():
        found = []
        for file in directory.glob("*.json"):
            try:
                found.append(json.loads(file.read_text()))
            except FileNotFoundError:  # gone meanwhile
                continue
        found = [status for status in found if until(status)]
        return found if len(found) == count else None
    return wait_for(read, f"{count} statuses")


class Connection:
    """One connection, whose bytes are the test's own."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if tls:
            self.socket = tls.wrap_socket(self.socket)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, path: str = "/", method: str = "GET", **headers) -> HTTPResponse:
        lines = [f"{method} {path} HTTP/1.1", "Host: app"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode())
        return self.response(method)

    def response(self, method: str = "GET") -> HTTPResponse:
        """The next response, with its body in `content`."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        response.content = response.read()
        return response

    def rest(self) -> bytes:
        """Everything until the peer's FIN; a reset raises ConnectionResetError."""
        data = b""
        while chunk := self.socket.recv(65536):
            data += chunk
        return data

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_exception) -> None:
        self.close()


class App:
    """A running application; it prints the port on which it listens, or another first line."""

    def __init__(self, process: subprocess.Popen, status_directory: Path, errors: Path):
        self.process = process
        self.pid = process.pid
        self.status_directory = status_directory
        self._errors = errors

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def listening(self) -> App:
        line = self.line()
        assert line.isdigit(), f"no port: {line!r}\n{self.errors()}"
        self.port = int(line)
        return self

    def connect(self, tls: ssl.SSLContext | None = None) -> Connection:
        return Connection(self.port, tls)

    def errors(self) -> str:
        return self._errors.read_text()

    def status_file(self, thread: int | None = None) -> Path:
        return self.status_directory / f"{self.pid}{'' if thread is None else f'-{thread}'}.json"

    def status(self, until=lambda status: True, file: Path | None = None) -> dict:
        """The status, once it is there and as `until` wants it."""
        def read():
            try:
                status = json.loads((file or self.status_file()).read_text())
            except FileNotFoundError:
                return None
            return status if until(status) else None
        return wait_for(read, "the status")

    def server(self, **effective) -> dict:
        """The only server in the status, once these values are in force."""
        def has_them(status):
            servers = status["servers"]
            return servers and all(servers[0]["effective"][name] == value
                                   for name, value in effective.items())
        return self.status(has_them)["servers"][0]

    def kill(self, number: int = signal.SIGTERM) -> None:
        os.kill(self.pid, number)

    def drain(self, number: int = signal.SIGTERM) -> None:
        """Signals, and waits until the drain has begun."""
        self.kill(number)
        self.status(lambda status: status["draining"])

    def statuses(self, count: int, until=lambda status: True) -> list[dict]:
        """The statuses of the directory, once so many are as `until` wants them."""
        return statuses(self.status_directory, count, until)

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE)


class Node:
    """One release of Node."""

    guard = GUARD

    def __init__(self, program: Path, packages: Path, directory: Path):
        self.program = program
        self.packages = packages
        self.directory = directory
        self.status_directory = directory / "status"
        self.status_directory.mkdir()
        self._started: list[subprocess.Popen] = []

    def write(self, name: str, source: str) -> Path:
        """A source file beside which require() finds the pinned packages."""
        modules = self.directory / "node_modules"
        if not modules.exists():
            modules.symlink_to(self.packages)
        file = self.directory / name
        file.write_text(source)
        return file

    def start(self, source: str, name: str = "app.js", guard=GUARD, arguments=(),
              **settings) -> App:
        """Starts `source` with the guard preloaded."""
        preload = ["--require", str(guard), *arguments]
        return self.run([str(self.program), *preload, str(self.write(name, source))], **settings)

    def run(self, command: list[str], before=None, keep=(), variables=None, **settings) -> App:
        """Runs a command; `settings` are the guard's, without their prefix NO502_, `variables`
        whatever else its environment has."""
        environment = {"PATH": os.environ["PATH"], "NO502_STATUS_DIR": str(self.status_directory),
                       **(variables or {})}
        for key, value in settings.items():
            environment[f"NO502_{key}"] = str(value)
        errors = self.directory / f"stderr-{len(self._started)}"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                command, cwd=self.directory, env=environment, stdout=subprocess.PIPE,
                stderr=stderr, text=True, preexec_fn=before, pass_fds=keep)
        self._started.append(process)
        return App(process, self.status_directory, errors)

    def serve(self, handler: str, before_listen: str = "", options: str = "{}",
              **settings) -> App:
        """An http server with that body of `(req, res) =>`, on a free port of loopback."""
        return self.start(f"""
            const http = require('http');
            const server = http.createServer({options}, (req, res) => {{ {handler} }});
            {before_listen}
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """, **settings).listening()

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture(scope="session")
def packages() -> Path:
    """The directory of the pinned Nodes and frameworks, fetched once per machine."""
    run = subprocess.run([ROOT / "tools/nodes"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(run.stdout.strip())


@pytest.fixture(params=MAJORS)
def major(request) -> int:
    return request.param


@pytest.fixture
def node(major, packages, tmp_path):
    """Starts applications on that Node; what still runs at the end is killed."""
    runtime = Node(packages / f"node-{major}/bin/node", packages, tmp_path)
    yield runtime
    runtime.end()
