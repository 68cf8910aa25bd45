# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded engine: the compiled policies, evaluated in this process."""
from __future__ import annotations

import contextlib

from ansible_collections.no502.node.plugins.plugin_utils.engine import catalog as bundle_catalog
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

ENTRYPOINT = "no502/main/decision"
TIMEOUT_SECONDS = 10
PAGE_BYTES = 64 * 1024
MAX_MEMORY_PAGES = 4096  # 256 MiB
MAX_BYTES = 16_000_000
TESTED_VERSION = "1.2.1"


class Embedded:
    """Evaluates the committed WebAssembly module. Not for use by several threads at once."""

    name = "embedded"

    def __init__(self, wasm=None, data=None):
        """wasm, data: the module and its data document as bytes; the committed ones by default."""
        self._undefined, self._error, policy = _load(
            bundle_catalog.WASM.read_bytes() if wasm is None else wasm
        )
        self._policy = policy
        policy.set_data(bundle_catalog.DATA.read_bytes() if data is None else data)

    def evaluate(self, document):
        """Return the decision on a document; raises EngineError where there is none."""
        try:
            answer = self._policy.evaluate(document)
        except self._error as error:
            raise EngineError(f"embedded: {error}") from error
        if answer is self._undefined:
            raise EngineError("embedded: the decision is undefined")
        return answer


def _load(wasm):
    """Return the marker of an undefined decision, the base of all errors, and the policy."""
    try:
        import opapywasm
        import wasmtime
        from opapywasm import errors, runtime
    except ImportError as error:
        raise EngineError(
            f"the embedded engine needs a Python package on the controller ({error});"
            f" install it with: python3 -m pip install opa-py-wasm=={TESTED_VERSION}"
        ) from error
    _give_memory(runtime, wasm)
    config = opapywasm.PolicyConfig(
        pool_size=1,
        default_entrypoint=ENTRYPOINT,
        eval_timeout_seconds=TIMEOUT_SECONDS,
        max_memory_pages=MAX_MEMORY_PAGES,
        max_input_bytes=MAX_BYTES,
        max_result_bytes=MAX_BYTES,
    )
    try:
        with _compiled_once(wasmtime):
            policy = opapywasm.OpaWasmPolicy.from_wasm_bytes(wasm, config=config)
    except errors.OpaWasmError as error:
        raise EngineError(f"embedded: the policies cannot be loaded: {error}") from error
    return opapywasm.UNDEFINED, errors.OpaWasmError, policy


@contextlib.contextmanager
def _compiled_once(wasmtime):
    """Have wasmtime keep what it compiles in the user's cache directory, by content.

    Compiling the policies takes a quarter of a second of both cores, and every gate of a rollout
    is a process of its own. opa-py-wasm makes its configuration itself, so this one stands in for
    it meanwhile. Where there is no cache directory, it is compiled each time.
    """

    class Caching(wasmtime.Config):
        """A configuration with the cache on."""

        def __init__(self):
            super().__init__()
            with contextlib.suppress(wasmtime.WasmtimeError):
                self.cache = True

    plain, wasmtime.Config = wasmtime.Config, Caching
    try:
        yield
    finally:
        wasmtime.Config = plain


def _give_memory(runtime, wasm):
    """Have instances of the runtime start with memory enough for all constants of the module.

    opa-py-wasm 1.2.1 gives every module two pages. One that asks for more in its import is refused
    ("incompatible import type for env::memory"; from some 35 rules on); one whose constants reach
    further than it asks for is tried again with a warning on the terminal. Constants are part of
    the module, so its own size and a mebibyte for OPA's stack and heap are enough for either. The
    number is a private one of the package, hence the exact pin. It stays raised, because instances
    are made, and replaced after a failure, whenever they are needed.
    """
    if not hasattr(runtime, "_DEFAULT_MEMORY_PAGES"):
        raise EngineError(
            "this version of opa-py-wasm is not the tested one; install that one with:"
            f" python3 -m pip install opa-py-wasm=={TESTED_VERSION}"
        )
    pages = 16 + len(wasm) // PAGE_BYTES
    runtime._DEFAULT_MEMORY_PAGES = max(runtime._DEFAULT_MEMORY_PAGES, pages)
