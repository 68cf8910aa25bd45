# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 trusts every text
    def trust_as_template(text):
        return text


def rendered(expression):
    """What Ansible itself makes of an expression with the collection's filters."""
    return Templar(loader=DataLoader()).template(trust_as_template("{{ " + expression + " }}"))


@pytest.mark.parametrize("expression, expected", [
    ("65000 | no502.node.nginx_time", "65s"),
    ("1500 | no502.node.nginx_time", "1500ms"),
    ("1500 | no502.node.nginx_time(seconds=true)", "2s"),
    ("81000 | no502.node.systemd_span", "1min 21s"),
    ("1048576 | no502.node.nginx_size", "1m"),
    ("1073741824 | no502.node.nginx_size", "1g"),
    ("1099511627776 | no502.node.nginx_size", "1024g"),
    ("1536 | no502.node.nginx_size", "1536"),
    ("6144 | no502.node.nginx_size", "6k"),
    ("0 | no502.node.nginx_size", "0"),
    ("'1m30s' | no502.node.duration_ms", 90000),
    ("0 | no502.node.duration_ms", 0),
    ("('60s' | no502.node.timeout_plan(memory_max='1G')).nginx.read_timeout", 65000),
    ("('20s' | no502.node.timeout_plan('heroku', memory_max='1G', upload_time='10m', peers=3))"
     ".node.request_timeout", 605000),
    ("('1h' | no502.node.timeout_plan(memory_max='1G', profile='strict')).node.headers_timeout",
     3635000),
    ("('60s' | no502.node.timeout_plan(memory_max='1G', overrides={'nginx': {'pool_idle': '5s'}}))"
     ".nginx.pool_idle", 5000),
])
def test_filters(expression, expected):
    # 2.18 makes a text of every result.
    assert str(rendered(expression)) == str(expected)


@pytest.mark.parametrize("expression, message", [
    ("'1.5m' | no502.node.duration_ms", "has a fraction, which nginx cannot read"),
    ("'65s' | no502.node.nginx_time", "'65s' is not a number of milliseconds"),
    ("'1m' | no502.node.nginx_size", "'1m' is not a number of bytes"),
    ("-1 | no502.node.systemd_span", "-1 is not a number of milliseconds"),
    ("'60s' | no502.node.timeout_plan", "memory_max: None is not a size"),
    ("'60s' | no502.node.timeout_plan(memory_max='1G', peers=0)", "peers: 0 is not a count"),
    ("'60s' | no502.node.timeout_plan(memory_max='1G', profile='x')", "unknown profile 'x'"),
    ("'60s' | no502.node.timeout_plan('heroku', memory_max='1G')", "heroku gives up after 30 s"),
    ("'60s' | no502.node.timeout_plan('nginx', memory_max='1G')", "unknown edge 'nginx'"),
    ("'60s' | no502.node.timeout_plan(memory_max='1G', overrides={'x': 1})",
     "there is no 'x' to override"),
])
def test_refused(expression, message):
    with pytest.raises(AnsibleFilterError, match=message):
        rendered(expression)
