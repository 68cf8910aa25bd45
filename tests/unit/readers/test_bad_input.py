# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is bad at once on one host, read by the module as Ansible runs it.

One reading with a reason for each thing that is missing, within the time that it may take, and
never a traceback: also without root, and by the oldest Python. `nginx -T` is no part of it, since
no reader runs it; what is run is `nginx -V`.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import bad_hosts
from .conftest import ROOT, free_port, wait_until

MAX_SECONDS = 10
NOBODY = "65534"
NODE_APP = "require('http').createServer((a, b) => b.end()).listen(+process.argv[1], '127.0.0.1')"
MEASURED = """#!/bin/sh
began=$(date +%%s%%N)
%s "$@"
echo $((($(date +%%s%%N) - began) / 1000000)) >%s
"""
STATUS = {"guard": "1.0", "pid": None, "servers": [], "problems": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory that every user may look into."""
    path = tmp_path_factory.mktemp("host")
    for each in (path, *path.parents[:2]):
        each.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def start():
    """Start programs that are ended when the module is over."""
    started = []

    def start_one(*command, **options):
        process = subprocess.Popen(command, start_new_session=True, **options)
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def host(folder, start):
    """This machine with all that is bad on it: what was started, by name."""
    found = {}
    for name, conf in configurations(folder).items():
        path = bad_hosts.program(folder / ("nginx-" + name), name)
        found[name] = bad_hosts.master(start, path, conf).pid
    peers = bad_hosts.PassesForNode(folder)
    for name, answer in (("silent", ""), ("nonsense", repr(
            b"HTTP/1.1 417 X\r\nKeep-Alive: timeout=99999999999999999999, max=\xff\r\n\r\n"))):
        process = peers.run(start, bad_hosts.ANSWERS, str(free_port()), answer)
        assert process.stdout.readline() == b"listens\n"
        found[name] = process.pid
    daemon = peers.run(start, bad_hosts.ANSWERS, str(folder / "rpc.sock"), "",
                       title="PM2 v7.0.4: God Daemon (%s)" % folder)
    assert daemon.stdout.readline() == b"listens\n"
    found["pm2"] = daemon.pid
    found.update(forged_statuses(folder, start))
    start(sys.executable, "-c", bad_hosts.COMES_AND_GOES)
    yield found
    for path in Path("/run/no502").glob("bad-input-*"):
        shutil.rmtree(path)


def configurations(folder):
    """Write main files: one includes itself by another, one a directory, one is not UTF-8."""
    (folder / "cyclic.conf").write_text("include other.conf;\n")
    (folder / "other.conf").write_text("include cyclic.conf;\n")
    (folder / "directory").mkdir()
    (folder / "with_directory.conf").write_text("include directory;\nhttp { }\n")
    (folder / "latin.conf").write_bytes(
        b"http { server { server_name caf\xe9; location /\xff { proxy_pass http://127.0.0.1:1; } } }")
    # Those that hang share one bound, and have the others go before them.
    return {"floods": folder / "cyclic.conf", "fails": folder / "latin.conf",
            "hangs": folder / "with_directory.conf"}


def forged_statuses(folder, start):
    """Run Nodes whose guard's status is torn, stale, absurd, or a link; return their ids."""
    node = subprocess.run([str(ROOT / "tools/nodes"), "24"], stdout=subprocess.PIPE, check=True)
    (folder / "secret.json").write_text("{}")
    found = {}
    for name in ("torn", "stale", "absurd", "linked"):
        process = start(node.stdout.decode().strip(), "-e", NODE_APP, str(free_port()))
        found[name] = process.pid
        status = Path("/run/no502/bad-input-%s/%d.json" % (name, process.pid))
        status.parent.mkdir(parents=True)
        if name == "linked":
            status.symlink_to(folder / "secret.json")
            continue
        whole = json.dumps(dict(STATUS, pid=process.pid, heap_limit_bytes=-1e300))
        status.write_text(whole[:20] if name == "torn" else whole)
        if name == "stale":
            os.utime(status, (1000000000, 1000000000))
    for pid in found.values():
        wait_until(lambda pid=pid: any("socket" in os.readlink(each) for each in open_files(pid)),
                   "Node listens")
    return found


def open_files(pid):
    return [str(each) for each in Path("/proc/%d/fd" % pid).iterdir() if each.is_symlink()]


def read(folder, python=sys.executable):
    """Return (the module's result, the seconds that it took) as Ansible runs it here."""
    clock, measured = folder / "milliseconds", folder / "measured"
    clock.write_text("")
    clock.chmod(0o666)
    measured.write_text(MEASURED % (python, clock))
    measured.chmod(0o755)
    done = subprocess.run(
        ["ansible", "-i", "localhost,", "-c", "local", "-m", "no502.node.chain_info",
         "-e", "ansible_python_interpreter=%s" % measured, "--tree", str(folder), "all"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    assert b"Traceback" not in done.stdout, done.stdout.decode()
    assert done.returncode == 0, done.stdout.decode()
    return json.loads((folder / "localhost").read_text()), int(clock.read_text()) / 1000


@pytest.fixture(scope="module")
def result(host, folder):
    return read(folder)


@pytest.fixture(scope="module")
def reading(result):
    return result[0]["reading"]


def of(readings, pid):
    found = [each for each in readings if (each.get("master") or each).get("pid") == pid]
    assert len(found) == 1, "%d in %s" % (pid, json.dumps(readings))
    return found[0]


def reasons(reading):
    return " | ".join(problem["reason"] for problem in reading["problems"])


def test_it_takes_no_longer_than_it_may(result):
    assert result[1] < MAX_SECONDS


@pytest.mark.parametrize("name, reason", [
    ("floods", "does not say which version"), ("fails", "does not say which version"),
    ("hangs", "did not answer within")])
def test_an_nginx_that_does_not_tell_its_version(reading, host, name, reason):
    nginx = of(reading["nginx"], host[name])
    assert nginx["version"] is None and reason in reasons(nginx)


def test_an_include_that_comes_back(reading, host):
    nginx = of(reading["nginx"], host["floods"])
    assert "includes itself" in reasons(nginx) and not nginx["complete"]


def test_a_directory_in_the_place_of_a_file(reading, host):
    nginx = of(reading["nginx"], host["hangs"])
    assert "not a regular file" in reasons(nginx) and not nginx["complete"]


def test_what_is_not_utf8(reading, host):
    (route,) = of(reading["nginx"], host["fails"])["routes"]
    assert (route["server"]["names"], route["location"]["pattern"]) == (["caf\\xe9"], "/\\xff")


@pytest.mark.parametrize("name, reason", [
    ("torn", "is no JSON"), ("stale", "older than the process"), ("linked", "symbolic links")])
def test_a_status_that_is_not_believed(reading, host, name, reason):
    node = of(reading["node"], host[name])
    assert reason in reasons(node) and node["guard"] is None
    assert node["settings"]["keep_alive_timeout"]["value"] == 5000, "Node says it itself"


def test_a_status_that_is_absurd(reading, host):
    node = of(reading["node"], host["absurd"])
    assert node["heap_limit"]["value"] is None
    assert "no whole number" in node["heap_limit"]["source"] \
        or "absurd" in node["heap_limit"]["source"]


def test_a_header_with_nonsense(reading, host):
    node = of(reading["node"], host["nonsense"])
    value = node["settings"]["keep_alive_timeout"]
    assert value["value"] is None and "absurd" in value["source"]
    assert node["version"] is None and "says no version" in reasons(node)


def test_a_peer_that_accepts_and_says_nothing(reading, host):
    value = of(reading["node"], host["silent"])["settings"]["keep_alive_timeout"]
    assert value["value"] is None and "no answer within" in value["source"]


def test_a_pm2_that_does_not_answer(reading, host):
    daemon = of(reading["pm2"], host["pm2"])
    assert daemon["answers"] is False and daemon["apps"] == [] and reasons(daemon)


def interpreter(folder, *command):
    path = folder / "interpreter"
    path.write_text("#!/bin/sh\nexec %s \"$@\"\n" % " ".join(command))
    path.chmod(0o755)
    return path


def test_without_root(host, folder):
    path = interpreter(folder, "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups",
                       "/usr/bin/python3")
    result, seconds = read(folder, path)
    reading = result["reading"]
    assert reading["host"]["euid"] == int(NOBODY)
    assert "closed to this user" in reasons(reading)
    assert seconds < MAX_SECONDS


def test_by_the_oldest_python(host, folder, reading):
    found = subprocess.run([str(ROOT / "tools/python"), "3.8"], stdout=subprocess.PIPE, check=True)
    result, seconds = read(folder, found.stdout.decode().strip())
    for name in ("torn", "absurd", "silent", "nonsense"):
        theirs, ours = (of(each["node"], host[name]) for each in (result["reading"], reading))
        assert theirs["settings"] == ours["settings"]
    assert of(result["reading"]["nginx"], host["fails"])["routes"] \
        == of(reading["nginx"], host["fails"])["routes"]
    assert seconds < MAX_SECONDS
