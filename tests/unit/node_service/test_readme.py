# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of the role's README is one that the role takes."""
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROLE = Path(__file__).resolve().parents[3] / "roles/node_service"


def test_example_has_valid_arguments(tmp_path):
    """As written. The tag leaves nothing of the role but the validation of its arguments."""
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROLE / "README.md").read_text(), re.DOTALL)
    (tmp_path / "play.yml").write_text(example)
    done = subprocess.run(
        ["ansible-playbook", "-i", "node,", "-c", "local", "--check", "--tags", "arguments",
         "-e", f"ansible_python_interpreter={sys.executable}",
         "-e", "vault_database_url=x", str(tmp_path / "play.yml")],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validating arguments" in done.stdout
