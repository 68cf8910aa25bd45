# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd has in force for the services that processes run in: `systemctl show`.

One call for all units of the system's manager, and one for each user's own
that has any of them. Nothing is asked that could start a manager, and the
journal is not read.
"""

from __future__ import annotations

import os
import pwd
import re
import time

from ansible_collections.no502.node.plugins.module_utils.host.binary import Question
from ansible_collections.no502.node.plugins.module_utils.host.cgroup import oom_kills
from ansible_collections.no502.node.plugins.module_utils.host.limits import open_files
from ansible_collections.no502.node.plugins.module_utils.host.processes import (
    container_of,
    read_text,
)
from ansible_collections.no502.node.plugins.module_utils.host.unit_properties import (
    PROPERTIES,
    unit_reading,
)
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

MAX_SECONDS = 3.0
SYSTEM = None  # the owner of a unit of the system's manager
_SYSTEMCTL = ("/usr/bin/systemctl", "/bin/systemctl")
_UNIT = re.compile(r"([^/]+\.(?:service|scope))(?:/|\Z)")
# Only characters that systemd allows in a unit's name: it goes into a command line.
_NAME = re.compile(r"[A-Za-z0-9:_.@\\-]{1,255}\Z")
_USER_MANAGER = re.compile(r"/user@([0-9]+)\.service/")


def show(unit):
    """Return what is in force for one unit of the system's, None where systemd has it not."""
    return show_all([unit])[0].get(unit)


def show_all(units, uid=SYSTEM, seconds=MAX_SECONDS):
    """Return ({unit: reading}, reason) of those units that a manager has loaded.

    `units` and `uid` are those of `Show`, the rest is as in its `readings`.
    """
    return Show(units, uid).readings(seconds)


class Show:
    """`systemctl show` of some units, in one call that runs from now on.

    `uid` is whose manager is asked, as that user. It is ended when its readings
    are taken, or by `drop`.
    """

    def __init__(self, units, uid=SYSTEM):
        self.names = sorted({unit for unit in units
                             if _NAME.match(unit) and not unit.startswith("-")})
        self._question, self._reason = _question(self.names, uid)

    def readings(self, seconds=MAX_SECONDS):
        """Return ({unit: reading}, reason) of those units that the manager has loaded.

        `reason` says why it could not be asked, None where it was.
        """
        if self._question is None:
            return {}, self._reason
        text, reason = self._question.answer(seconds)
        if text is None:
            return {}, reason
        readings = parse_show(text, self.names)
        if readings is None:
            return {}, "systemctl: " + text.strip()[:200]
        return readings, None

    def drop(self):
        """End it where its readings were not taken."""
        if self._question is not None:
            self._question.drop()


def _question(names, uid):
    """Return (question, None), or (None, why nothing is asked; None where there is nothing)."""
    systemctl = next((path for path in _SYSTEMCTL if os.path.exists(path)), None)
    if not names:
        return None, None
    if systemctl is None or not os.path.isdir("/run/systemd/system"):
        return None, "systemd does not run here"
    arguments = ["show", "--no-pager", "--property=" + ",".join(PROPERTIES), "--"] + names
    if uid is SYSTEM:
        return Question(systemctl, arguments), None
    return _ask_users(systemctl, arguments, uid)


def _ask_users(systemctl, arguments, uid):
    """Ask a user's own manager, as that user: it listens to nobody else."""
    if os.geteuid() not in (0, uid):
        return None, "only root and that user may ask it"
    directory = "/run/user/%d" % uid
    if not os.path.exists(directory + "/systemd/private"):
        return None, "it does not run, or not here"
    try:
        gid = pwd.getpwuid(uid).pw_gid
    except KeyError:
        return None, "that user is not known here"
    return Question(systemctl, ["--user"] + arguments, uid, gid,
                    {"XDG_RUNTIME_DIR": directory}), None


def parse_show(text, names):
    """Return {unit: reading} from what `systemctl show` prints for the units `names`.

    None where it prints something else.
    """
    blocks = text.split("\n\n")
    if len(blocks) != len(names) or not all("LoadState=" in block for block in blocks):
        return None
    readings = {}
    for name, block in zip(names, blocks):
        reading = unit_reading(dict(line.partition("=")[::2] for line in block.splitlines()))
        if reading is not None:
            readings[name] = reading
    return readings


def unit_of(pid):
    """Return (unit, owner) of a process by its cgroup.

    `unit` is the name of the innermost service or scope, None outside of any;
    `owner` is `SYSTEM`, or the user id for a unit of a user's own systemd.
    Units of a systemd within a container are not this host's.
    """
    return parse_cgroup(read_text(pid, "cgroup") or "", container_of(pid))


def parse_cgroup(text, container=None):
    """Return what `unit_of` does from the text of /proc/PID/cgroup.

    `container` is the id of the container that the process runs in.
    """
    path = _systemd_path(text)
    if container is not None:
        path = path.partition(container)[0].rpartition("/")[0]
    units = _UNIT.findall(path)
    if not units:
        return None, SYSTEM
    user = _USER_MANAGER.search(path)
    return units[-1], int(user.group(1)) if user else SYSTEM


def begin_units(pids):
    """Return a `Show` of the services, of the system's, that processes run in."""
    units = [unit_of(pid) for pid in pids]
    return Show(name for name, owner in units if owner is SYSTEM and _is_service(name))


def attach_units(readings, begun=None):
    """Fill `unit` of each (pid, reading): one call for all, and one for each user's manager.

    `begun` is a `Show` of the system's, which is used where it has all that are needed.
    """
    units = {pid: unit_of(pid) for pid, _reading in readings}
    shown, reasons, end = {}, {}, time.monotonic() + MAX_SECONDS
    for owner in sorted({owner for _name, owner in units.values()}, key=lambda uid: uid or -1):
        names = [name for name, whose in units.values() if whose == owner and _is_service(name)]
        asked = begun if _answers(begun, names, owner) else Show(names, owner)
        found, reasons[owner] = asked.readings(max(0.1, end - time.monotonic()))
        shown.update(((name, owner), reading) for name, reading in found.items())
    for pid, reading in readings:
        name, owner = units[pid]
        reading["unit"] = None
        if units[pid] in shown:
            reading["unit"] = _with_process(shown[units[pid]], pid)
        elif _is_service(name) and reasons[owner] is not None:
            whose = "systemd" if owner is SYSTEM else "the systemd of user %d" % owner
            reading["problems"].append({
                "subject": "pid %d" % pid,
                "reason": "runs under %s of %s: %s" % (name, whose, reasons[owner]),
            })


def _answers(begun, names, owner):
    return owner is SYSTEM and begun is not None and set(names) <= set(begun.names)


def _is_service(name):
    return name is not None and name.endswith(".service")


def _with_process(unit, pid):
    """Return a unit's reading with what can be told of it by the process that runs in it."""
    reading = dict(unit, oom_kills=oom_kills(pid, unit["name"]))
    reading["limits_match"] = limits_match(reading.pop("limit_nofile_hard", None), pid)
    return reading


def limits_match(wanted, pid):
    """Return whether a process has the limit on open files (a value) that its unit has.

    The hard limit is compared: Node raises its soft one to it. They differ
    where systemd may not go as far as it was told (it then goes less far, and
    says nothing), and where the unit has changed since the process started.
    """
    has = open_files(pid)[1]
    if wanted is None or wanted["value"] is None:
        return unknown(None, "systemd does not say its limit")
    if has["value"] is None:
        return unknown(None, has["source"])
    matches = has["value"] == wanted["value"]
    if wanted["value"] == UNLIMITED:
        # No process may have more than this.
        matches = has["value"] >= int(read_text("sys", "fs/nr_open") or UNLIMITED)
    return known(matches, None, "live",
                 "%s; %s: %d" % (wanted["source"], has["source"], has["value"]))


def _systemd_path(cgroups):
    """Return the path in systemd's own hierarchy: v1 and hybrid name it, v2 has no other."""
    paths = {}
    for line in cgroups.splitlines():
        _number, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        paths[controllers] = path
    return paths.get("name=systemd") or paths.get("") or ""
