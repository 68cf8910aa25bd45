# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of an nginx with the cases of one instance."""
from __future__ import annotations

from pathlib import Path

from .case import Case

_MAIN = """\
pid {directory}/pid;
error_log {directory}/error.log warn;
{main}
events {{
    worker_connections 2048;
}}
http {{
    access_log off;
    {http}
{servers}
}}
"""

_SERVER = """\
    upstream {upstream} {{
{peers}
        {in_upstream}
    }}
{before}
    server {{
        listen 127.0.0.1:{port} {listen};
        {server}
        location / {{
            {location}
            proxy_pass http://{target};
            # {number} ends
        }}
    }}
"""

_BEFORE = """\
    server {{
        listen 127.0.0.1:{port} default_server;
        {before}
    }}
"""


def written(cases: list[Case], directory: Path) -> str:
    """The text of nginx.conf: what the cases write, and what their probes need."""
    return _MAIN.format(
        directory=directory,
        main=_once(text for case in cases for text in (
            case.directive.probe.scenery.get("main", "worker_processes 1;"),
            case.text.get("main"))),
        http=_once(text for case in cases for text in (
            case.directive.probe.scenery.get("http"), case.text.get("http"))),
        servers="".join(_server(case) for case in cases),
    )


def _once(texts) -> str:
    """What several cases want of http is written once."""
    return "\n    ".join(dict.fromkeys(text for text in texts if text))


def _server(case: Case) -> str:
    scenery = case.directive.probe.scenery

    def at(level: str) -> str:
        """What stands at a level: the probe's, then the case's."""
        text = f"{scenery.get(level, '')} {case.text.get(level, '')}".strip()
        return text.replace("{peer}", str(case.peers[0])).replace("{upstream}", upstream)

    upstream = f"upstream_{case.number}"
    before = scenery.get("before")
    return _SERVER.format(
        upstream=upstream,
        peers="\n".join(f"        server {peer};" for peer in _peers(case)),
        in_upstream=at("upstream"),
        before=_BEFORE.format(port=case.port, before=before) if before else "",
        port=case.port,
        listen=at("listen"),
        server=at("server"),
        location=at("location"),
        target=at("pass") or upstream,
        number=case.number,
    )


def _peers(case: Case):
    for port, parameters in zip(case.peers, case.directive.probe.peers):
        port = case.peers[0] if "{same}" in parameters else port
        parameters = parameters.replace("{same}", "")
        yield f"127.0.0.1:{port} {parameters.replace('{parameter}', case.text.get('peer', ''))}"
