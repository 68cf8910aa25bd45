# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that other files serve: refused, or taken over together with the file."""
from __future__ import annotations

import pytest


def test_a_name_that_another_file_serves_is_refused_with_file_line_and_fix(host):
    link = host.enable("shop", host.site("shop.example"))
    text = host.refused()
    assert "shop.example" in text and "%s:1" % link in text and "`adopt: true`" in text


@pytest.mark.parametrize("adopt", ["shop", "shop.example"])
def test_an_adopted_symlink_goes_with_the_swap_and_not_before(host, adopt):
    link = host.enable("shop", host.site("shop.example"))
    staged = host.stage(adopt=[adopt])
    assert link.is_symlink()
    assert staged["disabled"] == [{
        "path": str(link), "kept_as": str(host.top / "sites-available/shop"),
        "names": ["shop.example"]}]
    host.load(staged["generation"])
    assert not link.is_symlink() and (host.top / "sites-available/shop").exists()
    assert host.ask("shop.example") == staged["generation"]


@pytest.mark.parametrize("directory", ["conf.d", "sites-enabled"])
def test_an_adopted_file_is_kept_under_a_name_that_nothing_includes(host, directory):
    file = host.write(directory + "/shop.conf", host.site("shop.example"))
    text = file.read_text()
    loaded = host.bring(adopt=["shop"])
    kept = host.top / directory / ".shop.conf.no502-disabled"
    assert loaded["disabled"][0]["kept_as"] == str(kept)
    assert not file.exists() and kept.read_text() == text
    assert host.ask("shop.example") == loaded["generation"]


def test_an_earlier_copy_is_never_written_over(host):
    kept = host.write("conf.d/.shop.conf.no502-disabled", "# older\n")
    host.write("conf.d/shop.conf", host.site("shop.example"))
    host.bring(adopt=["shop"])
    assert kept.read_text() == "# older\n"
    assert (host.top / "conf.d/.shop.conf.no502-disabled-2").exists()


def test_a_file_that_serves_other_names_too_is_refused(host):
    host.write("conf.d/shop.conf", host.site("shop.example www.shop.example"))
    text = host.refused(adopt=["shop"])
    assert "conf.d/shop.conf:1 cannot be disabled" in text and "www.shop.example" in text


def test_a_file_that_serves_our_name_on_another_port_too_is_refused(host):
    host.write("conf.d/shop.conf",
               host.site("shop.example") + host.site("shop.example", listen=host.port + 1))
    text = host.refused(adopt=["shop"])
    assert "conf.d/shop.conf:2 cannot be disabled" in text and ":%d" % (host.port + 1) in text


def test_a_file_that_rules_the_servers_of_others_is_refused(host):
    host.write("conf.d/shop.conf", "gzip off;\n" + host.site("shop.example"))
    text = host.refused(adopt=["shop"])
    assert "`gzip` at line 1" in text


def test_a_file_whose_upstream_others_use_is_refused_in_nginxs_words(host):
    host.write("conf.d/shop.conf", "upstream pool { server 127.0.0.1:9; }\n"
               + host.site("shop.example"))
    host.enable("uses", host.site("uses.example", "location /x { proxy_pass http://pool; }"))
    host.reload()
    assert "sites-enabled/uses:1" in host.refused(adopt=["shop"])


def test_a_server_in_the_main_file_itself_is_refused(host):
    main = host.top / "nginx.conf"
    main.write_text(main.read_text().rstrip()[:-1] + host.site("shop.example") + "}\n")
    assert "in the main file itself" in host.refused(adopt=["shop"])


def test_permission_for_one_name_is_none_for_another(host):
    host.write("conf.d/shop.conf", host.site("shop.example"))
    assert "adopt: true" in host.refused(adopt=["till.example"])


def test_the_same_name_on_another_port_is_no_conflict(host):
    host.write("conf.d/shop.conf", host.site("shop.example", listen=host.port + 1))
    host.reload()
    assert host.stage()["disabled"] == []


def test_an_adopted_default_must_not_go_to_a_third_server(host):
    """Requests by address, as a load balancer's health check sends them."""
    host.write("conf.d/a-shop.conf", host.site("shop.example"))
    host.reload()
    text = host.refused(adopt=["shop"])
    assert "conf.d/a-shop.conf:1 answers requests to *:%d" % host.port in text
    assert "`default_server: true`" in text
    loaded = host.bring(host.app(listen="%d default_server" % host.port), adopt=["shop"])
    assert host.ask("10.0.0.5") == loaded["generation"]
