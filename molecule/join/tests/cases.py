# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs where, and what nginx's peers are to be joined with."""
from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A program on a host: Node with what it is to listen on, or a stranger with its arguments."""

    host: str
    name: str
    listens: tuple[dict, ...] = ()
    stranger: tuple[str, ...] = ()
    directory: str = "/"
    user: str = "root"
    # Systemd listens here, and the program starts with the first connection.
    activated: str = ""

    @property
    def command(self) -> list[str]:
        """Its command line."""
        if self.stranger:
            return ["python3", "/srv/stranger.py", self.name, *self.stranger]
        return ["node", "/srv/app.js", self.name, *map(json.dumps, self.listens)]


def tcp(port: int, host: str, **more: bool) -> dict:
    """What server.listen() is given."""
    return {"port": port, "host": host, **more}


# In addresses, {app1} stands for the address that the host has on the network of all.
PROGRAMS = (
    Program("lb1", "localhost", (tcp(3001, "127.0.0.1"),)),
    Program("lb1", "debian", (tcp(3002, "127.0.1.1"),)),
    Program("lb1", "absolute", ({"path": "/run/absolute.sock"},)),
    Program("lb1", "relative", ({"path": "./relative.sock"},), directory="/srv/relative"),
    Program("lb1", "linked", ({"path": "/srv/releases/7/linked.sock"},)),
    Program("lb1", "strange", stranger=("strange.sock",), directory="/srv/relative"),
    Program("app1", "any4", (tcp(3010, "0.0.0.0"),)),
    Program("app1", "any6", (tcp(3011, "::"),)),
    Program("app1", "only6", (tcp(3012, "::", ipv6Only=True),)),
    Program("app1", "split", (tcp(3013, "::", ipv6Only=True),)),
    Program("app1", "split-stranger", stranger=("0.0.0.0", "3013")),
    Program("app1", "second", (tcp(3014, "10.255.0.12"),)),
    Program("app1", "several", (tcp(3015, "0.0.0.0"), tcp(3016, "{app1}"))),
    Program("app1", "docker", (tcp(3017, "172.17.0.1"),)),
    Program("app1", "stranger", stranger=("0.0.0.0", "3018")),
    Program("app1", "mute", (tcp(3019, "0.0.0.0", mute=True),)),
    Program("app1", "redirected", (tcp(3020, "0.0.0.0"),)),
    Program("app1", "translated", (tcp(3021, "0.0.0.0"),)),
    Program("app1", "nobodys", (tcp(3022, "0.0.0.0"),), user="nobody"),
    Program("app1", "activated", ({"fd": 3},), activated="0.0.0.0:3023"),
    Program("app2", "named", (tcp(3030, "0.0.0.0"),)),
    Program("app2", "shared", (tcp(3031, "0.0.0.0", reusePort=True),)),
    Program("app2", "sharing", (tcp(3031, "0.0.0.0", reusePort=True),)),
)


@dataclass(frozen=True)
class Case:
    """An upstream, and what is found at each address of its peers: "STATE", or "STATE HOST".

    `reason`: words of what is said where that could not be told. `asked`: how often nginx is sent
    there, often enough to come to each process.
    """

    name: str
    servers: tuple[str, ...]
    peers: dict[str, str]
    reason: tuple[str, ...] = ()
    asked: int = 4


CASES = (
    Case("name", ("app2:3030",), {"{app2}:3030": "node app2"}),
    Case("two", ("app1:3010", "app2:3030"),
         {"{app1}:3010": "node app1", "{app2}:3030": "node app2"}),
    Case("localhost", ("localhost:3001",),
         {"127.0.0.1:3001": "node lb1", "[::1]:3001": "silent lb1"}),
    Case("debian", ("lb1.example.com:3002",), {"127.0.1.1:3002": "node lb1"}),
    Case("any4", ("app1:3010", "[fd00:502::12]:3010"),
         {"{app1}:3010": "node app1", "[fd00:502::12]:3010": "silent app1"}),
    Case("any6", ("app1:3011", "[fd00:502::12]:3011"),
         {"{app1}:3011": "node app1", "[fd00:502::12]:3011": "node app1"}),
    Case("only6", ("app1:3012", "[fd00:502::12]:3012"),
         {"{app1}:3012": "silent app1", "[fd00:502::12]:3012": "node app1"}),
    Case("split", ("app1:3013", "[fd00:502::12]:3013"),
         {"{app1}:3013": "other app1", "[fd00:502::12]:3013": "node app1"}),
    Case("second", ("10.255.0.12:3014", "app1:3014"),
         {"10.255.0.12:3014": "node app1", "{app1}:3014": "silent app1"}),
    Case("several", ("app1:3015", "app1:3016", "10.255.0.12:3016"),
         {"{app1}:3015": "node app1", "{app1}:3016": "node app1",
          "10.255.0.12:3016": "silent app1"}),
    Case("absolute", ("unix:/run/absolute.sock",), {"unix:/run/absolute.sock": "node lb1"}),
    Case("var-run", ("unix:/var/run/absolute.sock",),
         {"unix:/var/run/absolute.sock": "node lb1"}),
    Case("relative", ("unix:/srv/relative/relative.sock",),
         {"unix:/srv/relative/relative.sock": "node lb1"}),
    Case("linked", ("unix:/srv/current/linked.sock",),
         {"unix:/srv/current/linked.sock": "unread lb1"},
         ("/srv/releases/7/linked.sock", "may be")),
    Case("strange", ("unix:/srv/relative/strange.sock",),
         {"unix:/srv/relative/strange.sock": "unread lb1"}, ("strange.sock", "may be")),
    Case("no-socket", ("unix:/run/gone.sock",), {"unix:/run/gone.sock": "silent lb1"}),
    Case("docker", ("172.17.0.1:3017",), {"172.17.0.1:3017": "unread"},
         ("172.17.0.1", "app1 and app2"), asked=0),
    Case("redirected", ("app1:8020",), {"{app1}:8020": "node app1"}),
    Case("translated", ("198.51.100.7:80",), {"198.51.100.7:80": "node app1"}),
    Case("undeclared", ("198.51.100.8:80",), {"198.51.100.8:80": "unread"},
         ("no host that was read has the address 198.51.100.8",)),
    Case("silent", ("app1:3999",), {"{app1}:3999": "silent app1"}),
    Case("elsewhere", ("192.0.2.1:3000",), {"192.0.2.1:3000": "unread"},
         ("no host that was read has the address 192.0.2.1",), asked=0),
    Case("stranger", ("app1:3018",), {"{app1}:3018": "other app1"}),
    Case("mute", ("app1:3019",), {"{app1}:3019": "node app1"}),
    Case("activated", ("app1:3023",), {"{app1}:3023": "unread app1"}, ("systemd",)),
    Case("down", ("app1:3010", "app1:3998 down"),
         {"{app1}:3010": "node app1", "{app1}:3998": "down"}),
    Case("shared", ("app2:3031",), {"{app2}:3031": "node app2"}, asked=24),
    Case("nobodys", ("app1:3022",), {"{app1}:3022": "node app1"}),
)
# What the variable of /by-map/ can come to.
BY_MAP = ("name", "any6")
# What an unprivileged reader can tell.
OF_NOBODY = frozenset(["nobodys"])
