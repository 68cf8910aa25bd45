# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that goes on asking while something else happens."""
from __future__ import annotations

import http.client
import threading

EVERY_SECONDS = 0.1


class Visitor:
    """POSTs over one kept connection, ten a second, from `with` to its end.

    `answers` holds each request's status, or the exception's text where there was no answer.
    """

    def __init__(self, address: str, server_name: str, path: str = "/"):
        self.answers: list[int | str] = []
        self._address, self._host, self._path = address, server_name, path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._stop.set()
        self._thread.join()

    def failures(self) -> list[int | str]:
        """What was not answered with 200; an error also where nothing was asked at all."""
        return [answer for answer in self.answers if answer != 200] if self.answers else ["none"]

    def _visit(self) -> None:
        connection = None
        while not self._stop.wait(EVERY_SECONDS):
            connection = connection or http.client.HTTPConnection(self._address, 80, timeout=30)
            try:
                connection.request("POST", self._path, b"visit", {"Host": self._host})
                answer = connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
                closed = answer.will_close
            except (OSError, http.client.HTTPException) as e:
                self.answers.append(f"{type(e).__name__}: {e}")
                closed = True
            if closed:
                connection.close()
                connection = None
        if connection:
            connection.close()
