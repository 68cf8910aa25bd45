# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory limits by cgroup: version 1, version 2, hybrid, and from within a container."""
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.cgroup import (
    killed,
    memory_limit,
    oom_kills,
    tightest_limit,
)

V1_NONE = "9223372036854771712\n"


@pytest.fixture
def mounted(tmp_path):
    """Lay limit files out below a mount point: `mounted({"a/memory.max": "1"})`."""
    def lay(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return str(tmp_path)
    return lay


def v2(point, root="/"):
    return "30 23 0:26 %s %s rw - cgroup2 cgroup2 rw,nsdelegate\n" % (root, point)


def v1(point, root="/"):
    return "37 23 0:33 %s %s rw - cgroup cgroup rw,memory\n" % (root, point)


def test_version_2_takes_the_tightest_on_the_way_up(mounted):
    point = mounted({"s.slice/memory.max": "500\n", "s.slice/a.service/memory.max": "max\n",
                     "s.slice/b.service/memory.max": "400\n"})
    assert tightest_limit("0::/s.slice/a.service\n", v2(point)) \
        == (500, point + "/s.slice/memory.max")
    assert tightest_limit("0::/s.slice/b.service\n", v2(point))[0] == 400
    assert tightest_limit("0::/\n", v2(point)) == (None, None)


def test_version_1_and_its_way_to_say_none(mounted):
    point = mounted({"memory.limit_in_bytes": V1_NONE, "a/memory.limit_in_bytes": "700\n",
                     "b/memory.limit_in_bytes": V1_NONE})
    assert tightest_limit("4:memory:/a\n0::/x\n", v1(point))[0] == 700
    assert tightest_limit("4:memory:/b\n0::/x\n", v1(point)) == (None, None)


def test_hybrid_limits_memory_in_version_1(mounted):
    point = mounted({"v1/a/memory.limit_in_bytes": "700\n", "unified/a/memory.max": "900\n"})
    mounts = v1(point + "/v1") + v2(point + "/unified")
    assert tightest_limit("4:memory:/a\n0::/a\n", mounts)[0] == 700


def test_a_container_that_sees_its_own_part(mounted):
    point = mounted({"memory.max": "600\n", "system.slice/a.service/memory.max": "max\n"})
    mounts = v2(point, "/libpod-1")
    assert tightest_limit("0::/libpod-1/system.slice/a.service\n", mounts)[0] == 600
    assert tightest_limit("0::/libpod-1\n", mounts)[0] == 600
    assert tightest_limit("0::/../elsewhere\n", mounts)[0] == 600


def test_a_mount_on_top_of_another(mounted):
    point = mounted({"libpod-1/a/memory.limit_in_bytes": "800\n"})
    mounts = v1(point, "/libpod-1") + v1(point)
    assert tightest_limit("4:memory:/libpod-1/a\n", mounts)[0] == 800


def test_a_list_of_mounts_that_is_cut_anywhere_in_its_last_line(mounted):
    point = mounted({"a/memory.max": "500\n"})
    last = v1("/elsewhere")
    for length in range(last.index("memory")):
        assert tightest_limit("0::/a\n", v2(point) + last[:length])[0] == 500


def test_no_memory_controller():
    with pytest.raises(LookupError):
        tightest_limit("0::/a\n", "")
    with pytest.raises(LookupError):
        tightest_limit("", v2("/x"))


def test_a_process_that_is_gone_and_the_hosts_memory():
    assert memory_limit(2 ** 22 + 1, 2 ** 40)["origin"] == "unknown"
    ours = memory_limit("self", 2 ** 20)
    assert (ours["value"], ours["origin"]) == (2 ** 20, "live")


EVENTS = "low 0\nhigh 0\nmax 9\noom 7\noom_kill 3\noom_group_kill 1\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"


def test_kills_in_the_units_cgroup(mounted):
    point = mounted({"s.slice/a.service/memory.events": EVENTS,
                     "s.slice/memory.events": EVENTS.replace("oom_kill 3", "oom_kill 99")})
    expected = (3, point + "/s.slice/a.service/memory.events")
    assert killed("0::/s.slice/a.service\n", v2(point), "a.service") == expected
    assert killed("0::/s.slice/a.service/workers\n", v2(point), "a.service") == expected
    assert killed("0::/libpod-1/s.slice/a.service\n", v2(point, "/libpod-1"), "a.service") \
        == expected


def test_kills_of_version_1_are_those_of_the_victims_own_cgroup(mounted):
    point = mounted({"s.slice/a.service/memory.oom_control": CONTROL})
    assert killed("4:memory:/s.slice/a.service\n", v1(point), "a.service")[0] == 2
    with pytest.raises(LookupError, match="a.service has cgroups of its own"):
        killed("4:memory:/s.slice/a.service/workers\n", v1(point), "a.service")


@pytest.mark.parametrize("cgroups, content", [
    ("0::/s.slice/a.service\n", None),
    ("0::/s.slice/a.service\n", "low 0\noom 7\n"),
    ("0::/s.slice/a.service\n", "oom_kill many\n"),
    ("0::/s.slice\n", EVENTS),
    ("0::/\n", EVENTS),
    ("", EVENTS),
])
def test_kills_that_nobody_counts(mounted, cgroups, content):
    point = mounted({"s.slice/a.service/memory.events": content} if content else {})
    with pytest.raises(LookupError):
        killed(cgroups, v2(point), "a.service")


def test_kills_of_a_process_that_is_gone():
    assert oom_kills(2 ** 22 + 1, "a.service")["origin"] == "unknown"
