# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to unix sockets by their path, also as another process sees it."""

from __future__ import annotations

import os
import socket
import struct

_CREDENTIALS = struct.Struct("=iII")  # struct ucred: pid, uid, gid


def connect(connection, path, root="/"):
    """Connect a unix socket to `path` below `root` (`/proc/PID/root`); raises OSError.

    Returns the id of the process that listens there, as the kernel has it.
    """
    directory, name = os.path.split(path)
    # By a descriptor: the name of a socket has room for 107 bytes only.
    descriptor = os.open(os.path.join(root, directory.lstrip("/")),
                         os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect("/proc/self/fd/%d/%s" % (descriptor, name))
    finally:
        os.close(descriptor)
    credentials = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return _CREDENTIALS.unpack(credentials)[0]
