# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/rules.md says what the rules say."""
from __future__ import annotations

import subprocess

from .conftest import ROOT


def test_the_page_about_the_rules_is_current(tmp_path):
    page = tmp_path / "rules.md"
    subprocess.run([ROOT / "tools" / "policy" / "document", "--into", page], check=True)
    committed = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == committed, "run tools/policy/document"
