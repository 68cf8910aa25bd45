# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that a Node process was started with, those of a short list only.

Command lines and environments hold secrets: nothing leaves this module but the
names below, and values of a harmless form.
"""

from __future__ import annotations

import os
import re

from ansible_collections.no502.node.plugins.module_utils.host.processes import (
    is_cmdline_cut, variable,
)
from ansible_collections.no502.node.plugins.module_utils.node.discovery import PROGRAM
from ansible_collections.no502.node.plugins.module_utils.node.pm2_environment import worker_setting

COMMAND_LINE = "command line"
NODE_OPTIONS = "NODE_OPTIONS"
COVERED = "a title covers its command line"

# What bears on memory, on requests, on how Node ends and on how it can be looked into.
# Those of V8 take their value after `=` only.
_V8 = frozenset([
    "--max-old-space-size", "--max-semi-space-size", "--min-semi-space-size", "--max-heap-size",
    "--initial-old-space-size", "--stack-size", "--jitless", "--expose-gc",
    "--optimize-for-size", "--single-threaded",
])
_NODE = frozenset([
    "--max-old-space-size-percentage", "--max-http-header-size", "--insecure-http-parser",
    "--heapsnapshot-near-heap-limit", "--heapsnapshot-signal", "--abort-on-uncaught-exception",
    "--unhandled-rejections", "--report-on-fatalerror", "--report-on-signal", "--report-signal",
    "--report-uncaught-exception", "--disable-sigusr1", "--inspect", "--inspect-brk",
    "--inspect-wait", "--inspect-port", "--v8-pool-size", "--dns-result-order",
    "--network-family-autoselection", "--enable-network-family-autoselection", "--watch",
])
# Two more names of the same thing.
_ALIASES = {"--debug-port": "--inspect-port", "--heap-size-limit": "--max-heap-size"}
# Options whose value may be an argument of its own; without them the script would
# seem to begin there. From `node --help` of 18 to 26.
_TAKE_A_VALUE = frozenset("""
    --allow-fs-read --allow-fs-write --build-snapshot-config --conditions -C --cpu-prof-dir
    --cpu-prof-interval --cpu-prof-name --debug-port --diagnostic-dir --disable-proto
    --disable-warning --dns-result-order --env-file --env-file-if-exists
    --es-module-specifier-resolution --eval -e --print -p -pe --experimental-config-file
    --experimental-default-type --experimental-loader --experimental-package-map --experimental-sea-config
    --experimental-specifier-resolution --heap-prof-dir --heap-prof-interval --heap-prof-name
    --heapsnapshot-near-heap-limit --heapsnapshot-signal --icu-data-dir --import --input-type
    --inspect-port --inspect-publish-uid --loader --localstorage-file --max-http-header-size
    --max-old-space-size-percentage --network-family-autoselection-attempt-timeout
    --openssl-config --policy-integrity --experimental-policy --redirect-warnings --report-dir
    --report-directory --report-filename --report-signal --require -r --run --secure-heap
    --secure-heap-min --security-revert --snapshot-blob --title --tls-cipher-list --tls-keylog
    --trace-event-categories --trace-event-file-pattern --trace-require-module
    --unhandled-rejections --use-largepages --v8-pool-size --watch-kill-signal --watch-path
""".split())
# They read options from a file.
_FROM_A_FILE = frozenset([
    "--env-file", "--env-file-if-exists", "--experimental-config-file",
    "--experimental-default-config-file",
])
_VALUE = re.compile(r"[\w.:\[\]%+-]{0,64}\Z", re.ASCII)
_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^ "])+', re.S)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.S)
_ESCAPED = re.compile(r"\\(.)", re.S)


def options_of(process):
    """Return (options, reason) of a process.

    Options are `{"name", "value", "source"}`, of NODE_OPTIONS first: those of the
    command line come after it, and win. `reason` says why there may be others,
    None where these are all.
    """
    try:
        given = variable(process.pid, b"NODE_OPTIONS") or ""
    except OSError as error:
        return [], "its environment cannot be read: %s" % error.strerror
    found, from_file, _ended = chosen(_words(given), NODE_OPTIONS)
    arguments = arguments_of(process)
    if arguments is None:
        # PM2 gives its workers titles, and told them what their command lines were.
        arguments = worker_setting(process.pid, "node_args")
    if not isinstance(arguments, list):
        return found, COVERED
    more, file_named, ended = chosen(arguments, COMMAND_LINE)
    if from_file or file_named:
        return found + more, "it reads options from a file"
    if not ended and is_cmdline_cut(process):
        return found + more, "its command line is too long to be read whole"
    return found + more, None


def arguments_of(process):
    """Return the arguments for Node itself, None where the process has covered them by a title."""
    first, *arguments = process.cmdline.decode("utf-8", "surrogateescape").split("\0")
    # libuv writes a title over all of the arguments and fills up with zeros, if any are left.
    filled_up = len(arguments) > 1 and not any(arguments)
    return None if filled_up or not _names_node(first, process) else arguments[:-1]


def _names_node(first, process):
    """Tell whether the first word of a command line is what Node was started as."""
    names = [os.path.basename(first), process.binary and os.path.basename(process.binary)]
    return PROGRAM.match(names[0]) is not None or names[0] == names[1]


def chosen(words, source):
    """Return (options, from_file, ended) of words: options of the list before a script.

    `from_file` tells whether options are read from a file, `ended` whether the
    options end, by a script for example, before the words do.
    """
    found, from_file = [], False
    words = iter([word for word in words if isinstance(word, str)])
    for word in words:
        if not word.startswith("-") or word in ("-", "--"):
            return found, from_file, True
        written, equals, value = word.partition("=")
        name = _normal(written)
        if name not in _TAKE_A_VALUE and written in _TAKE_A_VALUE:
            name = written
        if not equals:
            value = next(words, None) if name in _TAKE_A_VALUE else None
        from_file = from_file or name in _FROM_A_FILE
        name = _ALIASES.get(name, name)
        if _listed(name):
            found.append({"name": name, "value": _harmless(value), "source": source})
    return found, from_file, False


def last(options, name):
    """Return the value that counts of an option given more than once; None without it."""
    return next((each["value"] or "" for each in reversed(options) if each["name"] == name), None)


def _normal(name):
    # Node and V8 take underscores for dashes.
    return "--" + name[2:].replace("_", "-") if name.startswith("--") else name


def _listed(name):
    positive = "--" + name[len("--no-"):] if name.startswith("--no-") else name
    return positive in _V8 or positive in _NODE


def _harmless(value):
    return value if value is None or _VALUE.match(value) else "(not shown)"


def _words(text):
    """Return the words of NODE_OPTIONS: blanks part them, double quotes hold them together."""
    return [_QUOTED.sub(lambda quoted: _ESCAPED.sub(r"\1", quoted.group(1)), word)
            for word in _WORD.findall(text)]
