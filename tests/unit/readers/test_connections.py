# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process has accepted a connection."""
from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.connections import accepted_by


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_connection_belongs_to_who_accepted_it(address):
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=kind) as listener:
        with socket.create_connection(listener.getsockname()[:2]) as connection:
            assert accepted_by(connection, [os.getpid()]) is None
            with listener.accept()[0]:
                assert accepted_by(connection, [os.getpid()]) == os.getpid()


def test_a_connection_to_a_dual_stack_listener():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        with socket.create_connection(("127.0.0.1", listener.getsockname()[1])) as connection:
            with listener.accept()[0]:
                assert accepted_by(connection, [os.getpid()]) == os.getpid()
