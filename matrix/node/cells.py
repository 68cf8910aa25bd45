# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of the matrix, and what differs between them, as data.

A cell is one small application on one host: a Debian suite, a release of Node, and a way to run it.
What else can differ (when the code sets its time-outs, options of Node, limits, units) goes round:
each mode and each Node meets each variant in one suite or another.
"""
from __future__ import annotations

from dataclasses import dataclass
from itertools import product

SUITES = ("bookworm", "trixie", "trixie+forky")
NODES = (18, 20, 22, 24, 26)
# guard: systemd with the guard; pm2-neighbour: a second app in cluster mode of the same PM2 daemon,
# which holds the sockets of both; cluster: Node's own module, under systemd.
MODES = ("bare", "systemd", "guard", "pm2-fork", "pm2-cluster", "cluster", "pm2-neighbour")
CLUSTERS = ("pm2-cluster", "pm2-neighbour", "cluster")
# Which PM2 runs on which Node (tools/npm).
PM2 = {18: 5, 20: 6, 22: 7, 24: 7, 26: 7}

# When the code sets its time-outs: not at all, by createServer's options, before or after listen().
HOWS = ("default", "option", "before", "late")
# listen(PORT) takes every address of both families.
ADDRESSES = (None, "127.0.0.1", "0.0.0.0")
# Options of Node: on the command line, and in NODE_OPTIONS.
OPTIONS = (
    ([], []),
    (["--max-old-space-size=192"], []),
    ([], ["--max-old-space-size=256", "--max-http-header-size=32768"]),
    (["--max-http-header-size=24576"], ["--max-old-space-size=300"]),
)
# Soft limits of open files for what systemd does not start.
OPEN_FILES = (1024, 2048, 4096)
# Lines of a unit: [Unit], [Service], a drop-in's [Service]; and what happens to it once it runs:
# its process is killed and comes back, or its file is edited and systemd not told.
UNITS = (
    {},
    {"unit": ["StartLimitIntervalSec=0"],
     "service": ["Restart=always", "RestartSec=250ms", "TimeoutStopSec=45s", "KillMode=mixed",
                 "MemoryMax=512M", "LimitNOFILE=4096"],
     "then": "killed"},
    {"unit": ["StartLimitIntervalSec=1min 30s", "StartLimitBurst=7"],
     "service": ["Restart=on-failure", "TimeoutStopSec=20", "KillSignal=SIGINT",
                 "OOMPolicy=continue", "SuccessExitStatus=143", "TasksMax=200"],
     "drop_in": ["TimeoutStopSec=1min 5s", "MemoryMax=768M", "LimitNOFILE=2048:8192"],
     "then": "edited"},
    {"service": ["Restart=on-abnormal", "RestartSec=2", "TimeoutStopSec=infinity",
                 "LimitNOFILE=infinity"]},
)
# What happens to an application that nobody supervises: its Node is upgraded in its place, or its
# directory is deployed anew.
FATES = (None, "binary replaced", "directory removed")
# Settings of PM2's apps.
PM2_SETTINGS = (
    {},
    {"kill_timeout": 8000, "max_memory_restart": "300M", "max_restarts": 10, "min_uptime": 2000},
    {"listen_timeout": 5000, "restart_delay": 150, "autorestart": True, "kill_timeout": 4500},
)


@dataclass(frozen=True)
class Cell:
    """One application."""

    suite: str
    node: int
    mode: str

    @property
    def name(self) -> str:
        """Its name on its host."""
        return f"{self.mode}-{self.node}"

    @property
    def full_name(self) -> str:
        """Its name in results."""
        return f"{self.suite} Node {self.node} {self.mode}"

    @property
    def port(self) -> int:
        """Its port, which no other cell of its host has."""
        return 3000 + 100 * MODES.index(self.mode) + self.node

    @property
    def workers(self) -> int:
        """How many workers the process that listens has."""
        return 2 if self.mode in CLUSTERS else 0

    @property
    def in_pm2_cluster(self) -> bool:
        """Whether PM2's daemon listens for it."""
        return self.supervisor == "pm2" and self.workers > 0

    @property
    def supervisor(self) -> str:
        """Who starts it."""
        if self.mode == "bare":
            return "none"
        return "pm2" if self.mode.startswith("pm2-") else "systemd"

    @property
    def user(self) -> str:
        """Whose processes they are."""
        return {"none": "root", "systemd": "www-data", "pm2": f"pm{self.node}"}[self.supervisor]

    def variant(self, of: tuple, weight: int = 1):
        """The variant that is this cell's turn."""
        turn = (SUITES.index(self.suite) + NODES.index(self.node)
                + weight * MODES.index(self.mode))
        return of[turn % len(of)]

    @property
    def how(self) -> str:
        """When the code sets the time-outs."""
        return self.variant(HOWS)

    @property
    def address(self) -> str | None:
        """What listen() is told besides the port; None for every address."""
        return self.variant(ADDRESSES)

    @property
    def settings(self) -> dict[str, int]:
        """What the code sets, in ms: different in each cell, and none where it sets nothing."""
        if self.how == "default":
            return {}
        turn = (SUITES.index(self.suite) * 30 + NODES.index(self.node) * 6
                + MODES.index(self.mode))
        chosen = {
            "keepAliveTimeout": 65000 + turn if turn % 11 == 0 else 1500 + 500 * (turn % 9),
            "headersTimeout": 20000 + 10 * turn,
            "requestTimeout": 40000 + 100 * turn,
        }
        if turn % 2:
            chosen["timeout"] = 120000 + turn
        if turn % 3 == 0:
            chosen["maxRequestsPerSocket"] = 1000 + turn
            chosen["connectionsCheckingInterval"] = 10000 + turn
            if self.node >= 22:
                chosen["keepAliveTimeoutBuffer"] = 400 + turn
        return chosen

    @property
    def options(self) -> tuple[list[str], list[str]]:
        """Options of Node: those of the command line, those of NODE_OPTIONS."""
        return self.variant(OPTIONS, weight=3)

    @property
    def open_files(self) -> int:
        """The soft limit of open files that it is started with, where no unit sets it."""
        return self.variant(OPEN_FILES)

    @property
    def unit(self) -> dict:
        """What its unit says."""
        return self.variant(UNITS, weight=3)

    @property
    def fate(self) -> str | None:
        """What happens to it once it runs."""
        if self.supervisor == "none":
            return self.variant(FATES)
        if self.supervisor == "systemd":
            # Nobody would start the cluster module's workers again.
            fate = self.unit.get("then")
            return None if self.workers and fate == "killed" else fate
        return "killed" if self.pm2_settings and self.node % 4 == 2 else None

    @property
    def secret(self) -> str:
        """What is in its environment and no reading may show."""
        return f"secret-of-{self.name}"

    @property
    def pm2_settings(self) -> dict:
        """What its entry in PM2's file says."""
        return self.variant(PM2_SETTINGS)


def cells(suite: str, only: str = "") -> list[Cell]:
    """The cells of a suite whose full name contains `only`."""
    found = [Cell(suite, node, mode) for node, mode in product(NODES, MODES)]
    return [cell for cell in found if only in cell.full_name]
