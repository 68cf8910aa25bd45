# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.filter.nginx_size import nginx_size
from ansible_collections.no502.node.plugins.module_utils.nginx.values import size_bytes
from ansible_collections.no502.node.plugins.plugin_utils.plan import sizes
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError


@pytest.mark.parametrize("value, expected", [
    ("1G", 1024 ** 3), ("1g", 1024 ** 3), ("512M", 512 * 1024 ** 2), ("1m", 1024 ** 2),
    ("64k", 65536), ("1048576", 1048576), (1048576, 1048576), ("1T", 1024 ** 4),
])
def test_what_nginx_and_systemd_write(value, expected):
    assert sizes.parse_size_bytes(value, "x") == expected


@pytest.mark.parametrize("value, problem", [
    ("1.5G", "'1.5G' has a fraction, which nginx cannot read"),
    ("-1G", "'-1G' is negative"), (-1, "-1 is negative"),
    ("50%", "'50%' is not a size"), ("infinity", "'infinity' is not a size"),
    ("", "'' is not a size"), (None, "None is not a size"), (True, "True is not a size"),
    (1.0, "1.0 is not a size"), ("1 G", "'1 G' is not a size"), ("1G\n", r"'1G\n' is not a size"),
    ("1GB", "'1GB': neither nginx nor systemd knows this unit; M and G are 1024-based"),
    ("1GiB", "'1GiB': neither nginx nor systemd knows this unit; M and G are 1024-based"),
    (0, "0 is too small"), ("2T", "'2T' is too big"),
    ("9" * 5000, "'" + "9" * 59 + "... is not a size"),
])
def test_refused(value, problem):
    with pytest.raises(InputError) as refusal:
        sizes.parse_size_bytes(value, "no502_apps.shop.memory_max")
    assert refusal.value.problem == problem
    assert refusal.value.example == "memory_max: 1G"


@given(st.integers(1, sizes.TIB))
def test_what_is_written_is_read_back(size):
    assert sizes.parse_size_bytes(sizes.written(size), "x") == size


@given(st.integers(0, sizes.TIB) | st.integers(0, 1024).map(lambda number: number * sizes.GIB))
def test_what_is_written_for_nginx_is_read_from_its_file(size):
    assert size_bytes(nginx_size(size)) == size


@pytest.mark.parametrize("size, text", [
    (1024 ** 3, "1G"), (1536 * 1024 ** 2, "1536M"), (1000, "1000"), (0, "0"),
])
def test_written(size, text):
    assert sizes.written(size) == text
