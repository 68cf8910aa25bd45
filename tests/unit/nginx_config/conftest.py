# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real nginx on a free port, with a tree of its own as Debian lays it out."""
from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.modules import nginx_config

WORKERS = 2
MAIN = """\
user root;
worker_processes 2;
pid {top}/nginx.pid;
error_log {top}/log/error.log;
include {top}/modules-enabled/*.conf;
events {{ worker_connections 64; }}
http {{
    access_log {top}/log/access.log;
    client_body_temp_path {top}/tmp/body;
    proxy_temp_path {top}/tmp/proxy;
    fastcgi_temp_path {top}/tmp/fastcgi;
    uwsgi_temp_path {top}/tmp/uwsgi;
    scgi_temp_path {top}/tmp/scgi;
    include {top}/conf.d/*.conf;
    include {top}/sites-enabled/*;
}}
"""

APP = """\
upstream no502_shop {{ server 127.0.0.1:9; }}
server {{
    listen {listen};
    server_name {names};
    {extra}
    location = /.well-known/no502/generation {{ return 200 "$no502_generation\\n"; }}
    location / {{ proxy_pass http://no502_shop; }}
}}
"""

DEFAULTS = {name: option.get("default") for name, option in nginx_config.ARGUMENTS.items()}


class Module:
    """The part of AnsibleModule that a run uses."""

    def __init__(self, params, check_mode):
        self.params = dict(DEFAULTS, **params)
        self.check_mode = check_mode
        self.logged = []

    def log(self, text):
        self.logged.append(text)


class Host:
    """One configuration tree and the nginx that runs with it."""

    def __init__(self, top, program):
        self.top = top
        self.program = program
        self.conf = str(top / "nginx.conf")
        self.port = free_port()
        for name in ("conf.d", "sites-enabled", "sites-available", "modules-enabled", "log", "tmp"):
            (top / name).mkdir()
        self.write("nginx.conf", MAIN.format(top=top))
        self.write("conf.d/other.conf", self.site("other.example"))

    def site(self, names, extra="", listen=None):
        """A server of someone else's."""
        return 'server { listen %s; server_name %s; %s location / { return 200 "theirs"; } }\n' % (
            listen or self.port, names, extra)

    def app(self, names="shop.example", extra="", listen=None):
        """The files of one generation."""
        text = APP.format(listen=listen or self.port, names=names, extra=extra)
        return [{"path": "main.conf", "content": "worker_shutdown_timeout 9s;\n"},
                {"path": "http/app-shop.conf", "content": text}]

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def enable(self, name, text):
        """A file in sites-available with an absolute link in sites-enabled, as Debian has it."""
        link = self.top / "sites-enabled" / name
        link.symlink_to(self.write("sites-available/" + name, text))
        return link

    def start(self):
        subprocess.run([self.program, "-c", self.conf, "-p", str(self.top)], check=True)
        wait_until(lambda: len(self.workers()) == WORKERS, "all workers")

    def reload(self):
        before = set(self.workers())
        os.kill(self.master(), signal.SIGHUP)
        wait_until(lambda: self._all_new(before), "new workers")

    def _all_new(self, before):
        now = set(self.workers())
        return len(now) == WORKERS and not before & now

    def stop(self):
        pid = self.master()
        if pid:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not _runs(pid), "the end of nginx")

    def master(self):
        try:
            return int((self.top / "nginx.pid").read_text())
        except (OSError, ValueError):
            return None

    def workers(self):
        """The workers that serve, found by their parent and title."""
        master, found = self.master(), []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    title = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if parent == master and b"worker process" in title and b"shutting" not in title:
                    found.append(int(entry.name))
        return sorted(found)

    def ask(self, name, path="/.well-known/no502/generation"):
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (path, name)).encode())
            answer = b""
            while True:
                piece = connection.recv(4096)
                if not piece:
                    break
                answer += piece
        return answer.partition(b"\r\n\r\n")[2].decode().strip()

    def snapshot(self):
        """Every name, link, mode and byte of the tree, logs left out."""
        found = {}
        for path in sorted(self.top.rglob("*")):
            name = str(path.relative_to(self.top))
            if name.startswith(("log/", "tmp/")):
                continue
            content = ""
            if path.is_symlink():
                content = os.readlink(path)
            elif path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = (oct(path.lstat().st_mode), content)
        return found

    def run(self, check_mode=False, **params):
        return nginx_config.Run(Module(dict(params, conf=self.conf), check_mode)).result()

    def stage(self, files=None, **params):
        return self.run(state="staged", files=files or self.app(), **params)

    def load(self, name, phase="steady", **params):
        decision = {"verdict": "allow", "generation": name, "at": time.time(), "phase": phase}
        return self.run(**dict({"state": "loaded", "generation": name, "decision": decision,
                                "proof_timeout": 60}, **params))

    def bring(self, files=None, phase="steady", **params):
        """Stage and load; returns what loading returned."""
        return self.load(self.stage(files, **params)["generation"], phase)

    def roll_out(self, number):
        """Both passes of a rollout; returns the two generations."""
        return [self.bring(self.app(extra="add_header X-N %s%d;" % (phase, number)), phase)
                ["generation"] for phase in ("transition", "steady")]

    def rollback(self, name="previous", **params):
        return self.run(state="loaded", generation=name, rollback=True, **params)

    def refused(self, files=None, **params):
        """The text with which staging is refused; nothing may have changed by it."""
        with self.untouched():
            with pytest.raises(Refused) as refusal:
                self.stage(files, **params)
        return str(refusal.value)

    @contextlib.contextmanager
    def untouched(self):
        """Checks that neither a file nor a worker has changed."""
        if self.master():
            wait_until(lambda: len(self.workers()) == WORKERS, "all workers")
        workers = self.workers()
        with self.untouched_files():
            yield
        assert self.workers() == workers

    @contextlib.contextmanager
    def untouched_files(self):
        before = self.snapshot()
        yield
        assert self.snapshot() == before


def _runs(pid):
    """Whether the process is there and no zombie, which has no command line."""
    try:
        return bool(Path("/proc/%d/cmdline" % pid).read_bytes())
    except OSError:
        return False


def free_port():
    """A port that is free, like the one after it; below those that the kernel hands out."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as one, socket.socket() as next_one:
            try:
                one.bind(("0.0.0.0", port))
                next_one.bind(("0.0.0.0", port + 1))
            except OSError:
                continue
        return port


def wait_until(condition, what, seconds=20):
    """Wait for ``condition()`` to be true and return what it returns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("not within %s s: %s" % (seconds, what))


@pytest.fixture(scope="session")
def program():
    found = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("nginx is not installed here")
    if os.geteuid() != 0:
        pytest.skip("a private mount namespace takes root")
    return found


@pytest.fixture
def stopped(tmp_path, program):
    """A host whose nginx does not run."""
    return Host(tmp_path, program)


@pytest.fixture
def host(stopped):
    """A host whose nginx runs."""
    stopped.start()
    yield stopped
    stopped.stop()
