# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a WebAssembly module asks its host for.

Read from the import section of the binary, so that the module need not be compiled twice.
Source: WebAssembly core specification, 5.5 (modules), 5.3 (types), 5.2.2 (integers).
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.engine_error import EngineError

_MAGIC = b"\0asm\x01\0\0\0"
_IMPORTS = 2
_FUNCTION, _TABLE, _MEMORY, _GLOBAL = range(4)


def initial_pages(wasm: bytes) -> int:
    """Return the least number of 64 KiB pages that the module's imported memory must have.

    Raises EngineError for bytes that are no module, or a module that imports no memory.
    """
    if not wasm.startswith(_MAGIC):
        raise EngineError("the compiled policies are not a WebAssembly module")
    try:
        return _memory_import(_Reader(wasm, len(_MAGIC)))
    except IndexError:
        raise EngineError("the compiled policies are cut short") from None


class _Reader:
    def __init__(self, content, position):
        self._content = content
        self.position = position

    def byte(self):
        self.position += 1
        return self._content[self.position - 1]

    def number(self):
        """Read an unsigned LEB128 integer."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def skip(self, count):
        self.position += count

    def name(self):
        self.skip(self.number())


def _memory_import(reader):
    while True:
        section, size = reader.byte(), reader.number()
        if section == _IMPORTS:
            break
        reader.skip(size)
    for _entry in range(reader.number()):
        reader.name()
        reader.name()
        kind = reader.byte()
        if kind == _MEMORY:
            return _limits(reader)
        if kind == _FUNCTION:
            reader.number()
        elif kind == _TABLE:
            reader.skip(1)
            _limits(reader)
        elif kind == _GLOBAL:
            reader.skip(2)
    raise EngineError("the compiled policies import no memory")


def _limits(reader):
    """Read limits and return their minimum."""
    has_maximum = reader.byte() & 1
    minimum = reader.number()
    if has_maximum:
        reader.number()
    return minimum
