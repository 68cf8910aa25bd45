# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much heap a Node process has, by what is known of it."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.module_utils.value import unknown

from .conftest import built, host, live, node
from .test_build import fits

MIB = 1 << 20
GIB = 1 << 30


def process(version=(24, 21, 0), memory=GIB, total=16 * GIB, source="memory.max", **parts):
    """The document's part about one process in so much memory."""
    limit = dict(live(memory, "bytes"), source=f"/sys/fs/cgroup/x/{source}")
    reading = host("10.0.0.6", nodes=[node(version, memory_limit=limit, **parts)])
    reading["host"]["memory_total"] = total
    [document] = built({"app1": reading})
    return document["processes"][0]


def mib(value):
    """A value in MiB, with where it comes from."""
    return value["value"] and value["value"] // MIB, value["origin"]


@pytest.mark.parametrize("memory, limits", [
    (256 * MIB, (259, 259, 262)),
    (512 * MIB, (259, 259, 268)),
    (1 * GIB, (524, 560, 536)),
    (2 * GIB, (1048, 1120, 1072)),
    (4 * GIB, (2096, 2240, 2144)),
    (8 * GIB, (2096, 2240, 2144)),
    (16 * GIB, (4144, 4288, 4192)),
])
def test_without_an_option_the_memory_decides(memory, limits):
    """Measured with simulated limits of cgroup 2."""
    versions = ((20, 20, 2), (24, 21, 0), (26, 10, 0))
    found = [mib(process(version, memory, 64 * GIB)["heap_limit"]) for version in versions]
    assert found == [(limit, "assumed") for limit in limits]
    assert process((22, 23, 3), memory)["heap_limit"]["value"] == limits[0] * MIB


@pytest.mark.parametrize("source, limit", [("memory.max", 4144), ("memory.limit_in_bytes", 524)])
def test_18_does_not_see_a_cgroup_of_version_2(source, limit):
    assert mib(process((18, 20, 8), GIB, source=source)["heap_limit"]) == (limit, "assumed")


def option(value, source="command line", name="--max-old-space-size"):
    """An option of a process."""
    return {"name": name, "value": value, "source": source}


@pytest.mark.parametrize("version, beside", [((22, 23, 3), 48), ((24, 21, 0), 192),
                                             ((26, 10, 0), 96)])
def test_an_option_gives_the_old_space(version, beside):
    found = process(version, options=[option("512")])
    assert mib(found["old_space"]) == (512, "live")
    assert mib(found["heap_limit"]) == (512 + beside, "assumed")
    assert "command line" in found["old_space"]["source"]


@pytest.mark.parametrize("options, old", [
    ([option("256", "NODE_OPTIONS"), option("512")], (512, "live")),
    ([option("512"), option("256", "NODE_OPTIONS")], (512, "live")),
    ([option("256"), option("512")], (512, "live")),
    ([option("a lot")], (None, "unknown")),
    ([option(None)], (None, "unknown")),
    ([option("50", name="--max-old-space-size-percentage")], (None, "unknown")),
    ([option("600", name="--max-heap-size")], (None, "unknown")),
    ([option("600", name="--max-heap-size"), option("512")], (512, "live")),
    (None, (None, "unknown")),
])
def test_of_several_options_one_counts(options, old):
    assert mib(process(options=options)["old_space"]) == old


@pytest.mark.parametrize("mode, old", [("cluster", (512, "assumed")), ("single", (256, "live"))])
def test_a_worker_of_pm2_does_not_hear_node_options(mode, old):
    found = process(options=[option("256", "NODE_OPTIONS")], mode=mode,
                    supervisor={"kind": "pm2", "name": "shop"})
    assert mib(found["old_space"]) == old


def test_what_was_read_comes_before_what_follows():
    found = process(heap_limit=live(1200 * MIB, "bytes"))
    assert mib(found["heap_limit"]) == (1200, "live")
    assert mib(found["old_space"]) == (1008, "live")


@pytest.mark.parametrize("options", [None, [option("600", name="--max-heap-size")]])
def test_options_without_which_the_heap_is_not_known(options):
    assert mib(process(options=options)["heap_limit"]) == (None, "unknown")
    said = process(options=options, heap_limit=live(600 * MIB, "bytes"))
    assert mib(said["heap_limit"]) == (600, "live")


@pytest.mark.parametrize("options, size", [
    ([], (16_384, "assumed")),
    ([option("32768", name="--max-http-header-size")], (32_768, "assumed")),
    ([option("32768", "NODE_OPTIONS", "--max-http-header-size"),
      option("8192", name="--max-http-header-size")], (8_192, "assumed")),
    ([option("16KB", name="--max-http-header-size")], (None, "unknown")),
    (None, (None, "unknown")),
])
def test_the_largest_header_goes_by_an_option(options, size):
    found = process(options=options)["settings"]["max_header_size"]
    assert (found["value"], found["origin"]) == size
    read = process(options=options, settings={"max_header_size": live(99, "bytes")})
    assert read["settings"]["max_header_size"]["value"] == 99


@pytest.mark.parametrize("options", [None, [], [option("512")]])
def test_options_that_are_not_known_are_not_none(options):
    [document] = built({"app1": host("10.0.0.6", nodes=[node(options=options)])})
    fits([document])
    assert document["processes"][0]["options"] == options


def test_what_was_not_read_is_assumed_and_without_a_version_unknown():
    assert mib(process(heap_limit=unknown("bytes", "no guard"))["old_space"]) == (512, "assumed")
    assert mib(process(None)["old_space"]) == (None, "unknown")
    assert mib(process(None)["heap_limit"]) == (None, "unknown")


@pytest.mark.parametrize("memory, total, limited", [
    (GIB, 16 * GIB, True), (16 * GIB, 16 * GIB, False), (GIB, None, None),
])
def test_whether_memory_is_limited(memory, total, limited):
    assert process(memory=memory, total=total)["memory_limited"]["value"] is limited
