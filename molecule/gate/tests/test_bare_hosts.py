# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts lack is said before any of them is changed; a check run needs nothing of it."""
from __future__ import annotations

import pytest

UNFIT = {
    "no such entry": ({"entry": "servre.js"}, "/srv/shop/servre.js: no such file"),
    "no such directory": ({"directory": "/srv/shpo"}, "/srv/shpo: no such directory"),
    "no Node": ({"hosts": "fresh"}, "no502_install"),
    "no nginx": ({"nginx": "fresh"}, "no502_install"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_it_is_said_before_a_host_is_changed(play, untouched, shop, case):
    change, text = UNFIT[case]
    with untouched():
        done = play("no502.node.rollout", apps=shop(**change))
    assert done.code == 2, done.output
    assert text in done.output
    assert set(done.changed().values()) == {0}, done.output


def test_a_check_of_the_first_run_shows_what_it_would_do(play, untouched, shop):
    """On a host that has neither nginx nor Node, which are to be installed."""
    with untouched():
        done = play("no502.node.rollout", "--check", "--diff",
                    apps=shop(hosts="fresh", nginx="fresh"), no502_install=["nginx", "node"])
    assert done.code == 0, done.output
    assert "Decision: allow" in done.output
    for line in ("+upstream no502_shop {", "+    proxy_read_timeout 61s;",
                 '+ExecStart="/usr/bin/node" '):
        assert line in done.output, done.output
