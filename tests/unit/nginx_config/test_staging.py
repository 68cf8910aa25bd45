# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What staging accepts, what it leaves behind, and what it says."""
from __future__ import annotations

import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import staging
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

SNIPPET = {"path": "snippets/shop.conf", "content": "location /s { return 204; }\n"}


def test_staging_leaves_a_generation_that_nothing_includes(host):
    before, workers = host.snapshot(), host.workers()
    staged = host.stage()
    added = set(host.snapshot()) - set(before)
    assert added and all(path.startswith("no502.d") for path in added)
    assert staged["changed"] and host.workers() == workers
    file = host.top / "no502.d" / staged["generation"] / "http" / "app-shop.conf"
    assert file.stat().st_mode & 0o777 == 0o644


def test_staging_again_changes_nothing(host):
    first = host.stage()
    with host.untouched():
        second = host.stage()
    assert not second["changed"] and second["generation"] == first["generation"]


def test_the_candidates_reading_is_of_the_tree_as_it_would_be(host):
    staged = host.stage()
    reading = staged["reading"]
    assert [route["id"] for route in reading["routes"]] == ["shop.example:%d/" % host.port]
    assert reading["generation"] == staged["generation"]
    assert reading["main"]["worker_shutdown_timeout"]["value"] == 9000
    assert reading["master"]["pid"] == host.master()
    assert staged["live_reading"]["routes"] == [] and staged["live_reading"]["generation"] is None


def test_check_mode_tests_and_writes_nothing(host):
    with host.untouched():
        staged = host.stage(check_mode=True)
        with pytest.raises(Refused):
            host.stage(host.app(extra="no_such_directive;"), check_mode=True)
    assert staged["changed"] and staged["reading"]["routes"]


def test_the_diff_names_files_and_entries(host):
    headers = [entry["after_header"] for entry in host.stage(check_mode=True)["diff"]]
    assert str(host.top / "no502/http/app-shop.conf") in headers
    assert str(host.top / "sites-enabled/zz-no502.conf") in headers


def test_testing_leaves_no_log_and_no_pid_file(stopped):
    with stopped.untouched():
        stopped.stage(check_mode=True)
    assert os.listdir(stopped.top / "log") == []


def test_a_syntax_error_is_refused_in_nginxs_own_words(host):
    text = host.refused(host.app(extra="no_such_directive 1;"))
    assert 'unknown directive "no_such_directive" in ' in text
    assert "%s/no502/http/app-shop.conf:5" % host.top in text


def test_a_candidate_that_breaks_a_file_behind_an_absolute_symlink_is_refused(host):
    host.bring()
    host.enable("uses", host.site("uses.example", "location /x { proxy_pass http://no502_shop; }"))
    host.reload()
    files = [dict(file, content=file["content"].replace("no502_shop", "no502_till"))
             for file in host.app()]
    text = host.refused(files)
    assert "no502_shop" in text and "sites-enabled/uses" in text


def test_a_candidate_that_breaks_a_file_elsewhere_is_refused(host, tmp_path_factory):
    host.bring(host.app() + [SNIPPET])
    outside = tmp_path_factory.mktemp("outside") / "extra.conf"
    outside.write_text(
        host.site("extra.example", "include %s/no502/snippets/shop.conf;" % host.top))
    host.write("conf.d/extra.conf", "include %s;\n" % outside)
    host.reload()
    broken = dict(SNIPPET, content="location /s { no_such_directive; }\n")
    assert "no502/snippets/shop.conf:1" in host.refused(host.app() + [broken])


def test_a_file_that_is_tied_to_the_live_generation_is_refused(host):
    live = host.bring(host.app() + [SNIPPET])["generation"]
    host.write("conf.d/tied.conf", host.site(
        "tied.example", "include %s/no502.d/%s/snippets/shop.conf;" % (host.top, live)))
    host.reload()
    text = host.refused(host.app(extra="add_header X-New 1;") + [SNIPPET])
    assert "no502.d/%s/snippets/shop.conf" % live in text and "by its full name" in text


def test_a_new_warning_is_refused_and_an_old_one_is_not(host):
    host.write("conf.d/twice.conf", host.site("twice.example") + host.site("twice.example"))
    host.reload()
    assert host.stage()["warnings_of_nginx"]
    assert "[warn] conflicting server name" in host.refused(
        host.app(names="shop.example shop.example"))


@pytest.mark.parametrize("path", [
    "../evil.conf", "http/../../evil.conf", "/etc/passwd", "http/00-generation.conf",
    "http/a b.conf", "conf.d/x.conf", "http/.hidden.conf"])
def test_files_that_have_no_place_in_a_generation_are_refused(stopped, path):
    assert "is not accepted" in stopped.refused([{"path": path, "content": ""}])


def test_requests_for_unknown_names_stay_where_they_are(host):
    """Without default_server the server that is read first answers them; ours is read last."""
    host.bring()
    assert host.ask("nobody.example", "/") == "theirs"


def test_taking_over_an_implicit_default_is_refused(host):
    """Our entry is there already, and a server behind it has an address that ours is to get."""
    host.bring()
    port = host.port + 1
    host.enable("zzz-late", host.site("late.example", listen="127.0.0.1:%d" % port))
    text = host.refused(host.app(extra="listen 127.0.0.1:%d;" % port))
    assert "sites-enabled/zzz-late:1 answers requests to 127.0.0.1:%d" % port in text


def test_directories_and_files_that_are_links_are_private_too(host, tmp_path_factory):
    """Nothing may be written through a link that leads out of the configuration directory."""
    sites, main = tmp_path_factory.mktemp("sites"), tmp_path_factory.mktemp("main") / "main"
    os.rmdir(host.top / "sites-enabled")
    (host.top / "sites-enabled").symlink_to(sites)
    (sites / "shop").write_text(host.site("shop.example"))
    with open(host.conf) as text:
        main.write_text(text.read().replace("include %s/modules-enabled/*.conf;" % host.top, ""))
    os.unlink(host.conf)
    os.symlink(main, host.conf)
    before = os.listdir(sites), main.read_text()
    staged = host.stage(adopt=["shop"])
    assert (os.listdir(sites), main.read_text()) == before
    assert host.load(staged["generation"])["changed"]
    assert host.ask("shop.example") == staged["generation"] and os.path.islink(host.conf)
    assert "no502/*.conf; # managed" in main.read_text()
    assert sorted(os.listdir(sites)) == [".shop.no502-disabled", "zz-no502.conf"]


def test_a_snippet_that_nobody_includes_is_said(host):
    warnings = host.stage(host.app() + [SNIPPET])["warnings_of_nginx"]
    assert any("snippets/shop.conf is included by no server yet" in text for text in warnings)


def test_a_live_tree_that_nginx_refuses_is_not_ours_to_load(host):
    host.write("conf.d/broken.conf", "no_such_directive;\n")
    assert "conf.d/broken.conf:1" in host.refused()


def test_without_nginx_check_mode_reads_what_would_be(tmp_path, program):
    conf = str(tmp_path / "nothing" / "nginx.conf")
    result = staging.imagine(
        [{"path": "http/app-shop.conf",
          "content": "server { location / { proxy_pass http://127.0.0.1:3000; } }\n"}],
        conf, [1, 22, 1])
    assert result["method"] == "none" and result["reading"]["version"] == [1, 22, 1]
    assert [route["id"] for route in result["reading"]["routes"]] == ["*:80/"]
    assert not os.path.exists(os.path.dirname(conf))
