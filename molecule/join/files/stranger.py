# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes connections and says nothing: stranger.py NAME ADDRESS PORT, or NAME PATH."""
from __future__ import annotations

import socket
import sys
from pathlib import Path

name, address, *port = sys.argv[1:]
server = socket.socket(socket.AF_INET if port else socket.AF_UNIX)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((address, int(port[0])) if port else address)
server.listen()
Path(f"/tmp/{name}.ready").touch()
taken = []
while True:
    taken.append(server.accept())
