# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine that asks an OPA server over its REST API."""
from __future__ import annotations

import os
import threading
import urllib.parse

from ansible_collections.no502.node.plugins.plugin_utils.engine import catalog as bundle_catalog
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

PACKAGE, RULE = "no502.main", "decision"
DEFAULT_TIMEOUT_MS = 5000
_CA_VARIABLE = "REQUESTS_CA_BUNDLE"
_EXAMPLE = "no502_engine: {kind: opa, url: https://opa.example.com:8181, timeout: 5s}"


class OpaServer:
    """Asks one OPA server; every question ends, with an answer or an error, within the time-out."""

    def __init__(self, config):
        """config: `url`, and optionally `token`, `ca` (a file), `timeout` (ms)."""
        url = _parsed(config.get("url"))
        self.name = f"OPA at {url.scheme}://{url.hostname}:{_port(url)}"
        self._seconds = _timeout_ms(config.get("timeout")) / 1000
        self._client = _client(url, config, self._seconds)

    def evaluate(self, document):
        """Return the server's decision on a document; raises EngineError where there is none."""
        answer = self._within_time(
            lambda: self._client.query_rule(document, package_path=PACKAGE, rule_name=RULE)
        )
        if not isinstance(answer, dict) or "result" not in answer:
            raise EngineError(
                f"{self.name}: it answers, but does not know {PACKAGE}.{RULE}:"
                f" load {bundle_catalog.SERVER} into it"
            )
        return answer["result"]

    def _within_time(self, ask):
        """Call `ask` in a thread of its own and wait no longer than the time-out.

        The client's own time-out is one for each connection attempt and each read, so a server
        that dribbles its answer would hold the caller for ever.
        """
        outcome = {}

        def run():
            try:
                outcome["answer"] = ask()
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Handed to the caller's thread, which tells the kinds apart.
                outcome["error"] = error

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            raise EngineError(f"{self.name}: no answer within {self._seconds:g} s")
        if "error" in outcome:
            error = outcome["error"]
            raise EngineError(f"{self.name}: {self._told(error)}") from error
        return outcome["answer"]

    def _told(self, error):
        """Return what a failure of the client means, in words."""
        from requests import exceptions

        if isinstance(error, exceptions.Timeout):
            return f"no answer within {self._seconds:g} s"
        if isinstance(error, exceptions.SSLError):
            return f"its certificate is not accepted: {_root(error)}"
        if isinstance(error, exceptions.ChunkedEncodingError):
            return "its answer breaks off"
        if isinstance(error, exceptions.ConnectionError):
            return f"no connection: {_root(error)}"
        if isinstance(error, exceptions.HTTPError):
            return _http(error.response)
        if isinstance(error, ValueError):
            return "the answer is not JSON: is this an OPA server?"
        return f"{type(error).__name__}: {error}"


def _parsed(url):
    parsed = urllib.parse.urlsplit(url or "")
    if parsed.scheme not in ("http", "https") or not parsed.hostname or parsed.path.strip("/"):
        raise EngineError(f"no502_engine.url: {url!r} is no URL of a server. Example: {_EXAMPLE}")
    return parsed


def _port(url):
    return url.port or 8181


def _timeout_ms(timeout):
    if timeout is None:
        return DEFAULT_TIMEOUT_MS
    if isinstance(timeout, int) and not isinstance(timeout, bool) and timeout > 0:
        return timeout
    raise EngineError(f"no502_engine.timeout: {timeout!r} is not a time. Example: {_EXAMPLE}")


def _client(url, config, seconds):
    try:
        from opa_client import OpaClient
    except ImportError as error:
        raise EngineError(
            f"the OPA engine needs a Python package on the controller ({error});"
            " install it with: python3 -m pip install opa-python-client==3.0.0"
        ) from error
    client = OpaClient(
        host=f"[{url.hostname}]" if ":" in url.hostname else url.hostname,
        port=_port(url),
        ssl=url.scheme == "https" and (config.get("ca") or os.environ.get(_CA_VARIABLE) or True),
        token=config.get("token"),
        # A question that failed is not asked again: the run is refused, and a person looks.
        retries=0,
        timeout=seconds,
    )
    # Otherwise the environment's certificate authorities and netrc come before `ca` and `token`.
    client._session.trust_env = False
    return client


def _root(error):
    """Return the innermost cause of a chain of the client's exceptions, which says the most."""
    while True:
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            return error
        error = inner


def _http(response):
    if response.status_code in (401, 403):
        return f"it refuses the token (HTTP {response.status_code})"
    try:
        said = response.json().get("message", "")
    except (ValueError, AttributeError):
        said = ""
    return f"it answers with HTTP {response.status_code}" + (f": {said}" if said else "")
