# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of the policy engines."""
from __future__ import annotations


class EngineError(Exception):
    """The policies could not be evaluated; the text says why, and what to do about it."""
