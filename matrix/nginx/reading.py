# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection reads of the instances, as a document for the policies would carry it."""
from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.no502.node.plugins.plugin_utils.chain import build

from .case import Case


class NotRead(Exception):
    """The reading has no such value; the text says why."""


class Reading:
    """The reading of one host, and the documents that are made of it."""

    def __init__(self, reading: dict) -> None:
        self.nginx = {str(Path(each["conf"]).parent.name): each for each in reading["nginx"]}
        self.version = reading["nginx"][0]["version"]
        self._documents = {
            document["route"].partition(":")[2]: document
            for document in build.build({"host": reading}) if document["kind"] == "route"
        }

    def value(self, case: Case) -> Any:
        """What the case's directive comes to. Raises NotRead."""
        directive = case.directive
        document = self._document(case)
        if callable(directive.setting):
            try:
                return directive.setting(document)
            except (KeyError, TypeError) as error:
                raise NotRead(f"no {error} in the document") from error
        place = {"settings": document["settings"], "upstream": document["upstream"],
                 "peer": document["peers"][0], "nginx": document["nginx"]}[directive.place]
        name = directive.setting or directive.name
        if name not in place:
            raise NotRead(f"no {name} in the document's {directive.place}")
        value = place[name]
        if value["value"] is None and value["origin"] == "unknown":
            raise NotRead(f"unknown: {value['source']}")
        return value["value"]

    def knows(self, case: Case) -> bool | None:
        """What the reading says of whether this nginx knows the directive."""
        nginx = self.nginx.get(case.instance) or next(iter(self.nginx.values()))
        return (nginx.get("knows") or {}).get(case.directive.name.split(" ")[0])

    def _document(self, case: Case) -> dict:
        try:
            return self._documents[f"{case.port}/"]
        except KeyError:
            raise NotRead("no document about this location") from None


def read(inventory: str | Path, host: str) -> Reading:
    """Have chain_info read one host of an inventory."""
    environment = os.environ | {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
                                "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    done = subprocess.run(["ansible", host, "-i", inventory, "-m", "no502.node.chain_info"],
                          stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"chain_info on {host} failed:\n{done.stdout}")
    (play,) = json.loads(done.stdout)["plays"]
    return Reading(play["tasks"][0]["hosts"][host]["reading"])
