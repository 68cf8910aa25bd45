# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts lack is said before any of them is changed."""
from __future__ import annotations

import pytest

UNFIT = {
    "no such entry": ({"entry": "servre.js"}, "/srv/shop/servre.js"),
    "no such directory": ({"directory": "/srv/shpo"}, "/srv/shpo"),
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
