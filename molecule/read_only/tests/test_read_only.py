# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing on a host is other than it was, for having been read.

Seen from three sides: the files and processes of the whole host before and after; every system
call by which the module, or a program that it started, could have changed anything; and what nginx
and the apps themselves wrote down of requests and signals.
"""
from __future__ import annotations

import json
import re

import footprints
import pytest
from trace import Trace  # _shared/trace.py, not Python's own

TRACED = "/usr/local/bin/traced_python"
# Where Ansible unpacks its modules.
ALLOWED = re.compile(r"/dev/(null|tty)$|/tmp/ansible_|/tmp/[a-z0-9_]{8}(/|$)")
NEVER_LOADED = ("/var/cache/never-loaded", "/var/cache/never-loaded-body",
                "/var/cache/never-loaded-temp", "/var/log/nginx/never-loaded.access.log",
                "/var/log/nginx/never-loaded.error.log")
APPS = {"bare": 3000, "unit": 3001, "guarded": 3002, "forked": 3003, "clustered": 3004}
NAMES = ("web", "apps", "idle")


@pytest.fixture(scope="module")
def prints(hosts):
    """Takes the footprints of every host."""
    return lambda: {name: footprints.footprints(host) for name, host in hosts.items()}


@pytest.fixture(scope="module")
def traces(hosts):
    """Takes the traces that were written since they were last taken."""
    def taken(name):
        text = hosts[name].check_output("cat /run/traces/* 2>/dev/null; rm -rf /run/traces")
        return Trace(text)
    return taken


@pytest.fixture(scope="module")
def audited(play, prints, traces, tmp_path_factory):
    """One audit, by a Python that is watched: report, footprints before and after, traces."""
    folder = tmp_path_factory.mktemp("report")
    before = prints()
    done = play("no502.node.audit", no502_report_dir=str(folder), no502_fail_on="never",
                ansible_python_interpreter=TRACED)
    after = prints()
    assert done.code == 0, done.output
    report = json.loads((folder / "no502-report.json").read_text("utf-8"))
    return report, before, after, {name: traces(name) for name in NAMES}


def test_all_of_it_was_read(audited):
    report = audited[0]
    assert [nginx["routes"] for nginx in report["hosts"]["web"]["nginx"]] == [2]
    listening = {listen["port"] for node in report["hosts"]["apps"]["node"]
                 for listen in node["listens"]}
    assert listening == set(APPS.values())


@pytest.mark.parametrize("name", NAMES)
def test_no_file_and_no_process_is_other_than_before(audited, name):
    _report, before, after, _traces = audited
    assert not footprints.differences(before[name], after[name])


@pytest.mark.parametrize("name", NAMES)
def test_no_call_could_have_changed_a_file(audited, name):
    trace = audited[3][name]
    assert trace.of("execve"), "nothing was watched"
    assert not [str(call) for call in trace.writes(ALLOWED)]


@pytest.mark.parametrize("name", NAMES)
def test_no_signal_was_sent_to_a_process_of_the_host(audited, name):
    assert not [str(call) for call in audited[3][name].signals_to_others()]


def test_nginx_got_no_signal(hosts, audited):
    log = hosts["web"].check_output("cat /var/log/nginx/error.log")
    assert "start worker process" in log
    assert not re.search(r"signal \d+ \(SIG\w+\) received", log.rpartition("using the")[2])


def test_no_app_got_a_request_or_a_signal(hosts, audited):
    assert hosts["apps"].check_output("ls /srv/notes") == ""


def test_only_nodes_own_addresses_were_asked(audited):
    asked = {name: audited[3][name].asked() for name in NAMES}
    # The guard has said what the fourth would have been asked for.
    wanted = sorted(f"127.0.0.1:{port}" for app, port in APPS.items() if app != "guarded")
    assert asked == {"web": [], "apps": wanted, "idle": []}


def test_nothing_is_asked_where_that_is_not_wanted(play, hosts, traces, prints, tmp_path):
    book = tmp_path / "quiet.yml"
    book.write_text(json.dumps([{"hosts": "apps", "gather_facts": False, "tasks": [
        {"no502.node.chain_info": {"node": {"keep_alive_header": False}}}]}]), "utf-8")
    done = play(book, ansible_python_interpreter=TRACED)
    assert done.code == 0, done.output
    assert traces("apps").asked() == []


def test_pm2_was_not_started(hosts, audited):
    assert not hosts["idle"].file("/home/deploy/.pm2").exists
    assert not hosts["idle"].file("/root/.pm2").exists
    assert "pm2" not in hosts["idle"].check_output("ps -eo args").lower()


@pytest.mark.parametrize("path", NEVER_LOADED)
def test_what_nginx_would_have_made_is_not_there(hosts, audited, path):
    assert not hosts["web"].file(path).exists


# The other way round: each of these does what a reader must not, and has to be seen doing it. They
# come last, since the hosts are not as they were after them.

def test_nginx_testing_its_configuration_would_be_seen(hosts, audited, prints, traces):
    before = prints()["web"]
    hosts["web"].check_output(f"{TRACED} -c 'import os; os.system(\"nginx -T >/dev/null 2>&1\")'")
    found = footprints.differences(before, prints()["web"])
    assert {path for path in NEVER_LOADED if any(line.startswith(path + ":") for line in found)} \
        == set(NEVER_LOADED)
    written = " ".join(map(str, traces("web").writes(ALLOWED)))
    assert all(path in written for path in NEVER_LOADED)


def test_a_signal_would_be_seen(hosts, audited, traces):
    pid = hosts["web"].check_output("cat /run/nginx.pid")
    hosts["web"].check_output(f"{TRACED} -c 'import os; os.kill({int(pid)}, 28)'")
    assert [call.name for call in traces("web").signals_to_others()] == ["kill"]


def test_a_file_touched_in_place_would_be_seen(hosts, audited, prints):
    before = prints()["web"]
    hosts["web"].check_output("touch --reference=/srv/app.js /srv/app.js")
    assert len(footprints.differences(before, prints()["web"])) == 1


def test_a_request_would_be_seen(hosts, audited):
    ports = [port for app, port in APPS.items() if app != "clustered"]
    for port in ports:
        assert hosts["apps"].check_output(f"curl -sS http://127.0.0.1:{port}/") == "hello"
    assert len(hosts["apps"].check_output("cat /srv/notes/*").splitlines()) == len(ports)


def test_pm2s_own_program_would_be_seen(hosts, audited, prints):
    before = prints()["idle"]
    hosts["idle"].check_output("runuser --login deploy --command 'pm2 jlist'")
    found = footprints.differences(before, prints()["idle"])
    assert any(line.startswith("/home/deploy/.pm2:") for line in found)
