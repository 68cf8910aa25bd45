# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.no502.node`` importable, by Ansible's own loader."""
from __future__ import annotations

from ansible.plugins.loader import init_plugin_loader

# Where ANSIBLE_COLLECTIONS_PATH (set by tools/run) finds this checkout under the collection's name.
init_plugin_loader()
