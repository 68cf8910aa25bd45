# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which this package says no."""

from __future__ import annotations


class Refused(Exception):
    """A change that must not happen; the text is for the person who asked for it.

    Nothing of the live tree has been changed when this is raised.
    """
