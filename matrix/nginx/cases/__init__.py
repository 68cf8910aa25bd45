# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case of the matrix, as data: a file for each topic."""
from __future__ import annotations

from ..case import cases_of
from . import buffers, clients, headers, pooling, retry, upstreams

ALL = cases_of([
    *clients.DIRECTIVES, *upstreams.DIRECTIVES, *pooling.DIRECTIVES, *headers.DIRECTIVES,
    *retry.DIRECTIVES, *buffers.DIRECTIVES,
])
