# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What strace has written of a program and all that it started."""
from __future__ import annotations

import re
from dataclasses import dataclass

LINE = re.compile(r"^(\d+) +(\w+)\((.*)$", re.M)
SIGNALS = {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
           "pidfd_send_signal", "ptrace"}
OPENS = {"open", "openat", "openat2"}
WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
# These neither change a file nor a process.
OTHERS = {"connect", "bind", "execve"}
# A text in quotes, or what strace says that a descriptor is.
PATH = re.compile(r'"((?:[^"\\]|\\.)*)"|\d+<([^>]*)>')


@dataclass(frozen=True)
class Call:
    """One system call: who called, its name, and its arguments as strace writes them."""

    pid: int
    name: str
    arguments: str

    def __str__(self) -> str:
        return f"{self.name}({self.arguments}"


class Trace:
    """The calls of one program and of all that it started."""

    def __init__(self, text: str):
        self.calls = [Call(int(pid), name, rest) for pid, name, rest in LINE.findall(text)]
        self.pids = {call.pid for call in self.calls}

    def of(self, *names: str) -> list[Call]:
        """The calls of these names."""
        return [call for call in self.calls if call.name in names]

    def signals_to_others(self) -> list[Call]:
        """Signals to a process, or a group, that the program did not start itself."""
        def own(call):
            target = re.match(r"-?(\d+)", call.arguments)
            return target is not None and int(target[1]) in self.pids
        return [call for call in self.of(*SIGNALS) if not own(call)]

    def writes(self, allowed: re.Pattern[str]) -> list[Call]:
        """Calls that may change a file, but for those where every path is `allowed`."""
        return [call for call in self.calls
                if call.name not in SIGNALS | OTHERS
                and (call.name not in OPENS or WRITING.search(call.arguments))
                and not all(allowed.match(path) for path in paths(call))]

    def asked(self) -> list[str]:
        """Where connections over TCP went: ADDRESS:PORT, each once."""
        form = r'sin6?_port=htons\((\d+)\).*(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"'
        found = (re.search(form, call.arguments) for call in self.of("connect")
                 if "<UDP" not in call.arguments)
        return sorted({f"{match[2]}:{match[1]}" for match in found if match})


def paths(call: Call) -> list[str]:
    """The paths that a call names, relative ones from the directory whose descriptor is given."""
    quoted = [one for one, _other in PATH.findall(call.arguments) if one]
    if quoted and all(path.startswith("/") for path in quoted):
        return quoted
    described = [other for _one, other in PATH.findall(call.arguments) if other]
    return [f"{folder}/{path}" for folder in described for path in quoted] or described
