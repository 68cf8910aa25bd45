# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse nginx's configuration files where they lie, the way nginx does.

`nginx -T` is no way to look at a host: it creates log files and cache
directories and changes the owner of temporary paths. So the files are read
here, with nginx's own rules (`ngx_conf_read_token`, `ngx_conf_include`):
words end at blank, `;` or `{`; `${name}` does not open a block; a quoted word
has to be followed by blank, `;`, `{` or `)`; relative includes start at the
directory of the main file; each file has to be balanced in itself.

A file that is included in several places is parsed once and its directives
are shared: they know nothing of their surroundings. Who walks the tree carries
the context along.
"""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import time

from ansible_collections.no502.node.plugins.module_utils.nginx.scanner import (
    ConfigError,
    Scanner,
)

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TREE_BYTES = 32 * 1024 * 1024
MAX_FILES = 4096
MAX_DIRECTIVES = 400000
MAX_DEPTH = 64
MAX_SECONDS = 4.0

_GLOB = frozenset("*?[")
# Blocks whose entries are data and may be a hundred thousand lines long.
_DATA_BLOCKS = frozenset(["geo", "types"])


class Directive:
    """One directive: `name`, `args`, `file`, `line`, and `block` (None without braces)."""

    __slots__ = ("name", "args", "file", "line", "block")

    def __init__(self, name, args, file, line, block=None):
        self.name = name
        self.args = args
        self.file = file
        self.line = line
        self.block = block

    @property
    def where(self):
        """Return `file:line` of the directive's first word."""
        return "%s:%d" % (self.file, self.line)

    def __repr__(self):
        return "Directive(%r, %r, %s)" % (self.name, self.args, self.where)


class Tree:
    """A parsed configuration.

    `directives` is the main context with every include in its place, `files`
    maps each file's path to (sha256, modification time), `globs` are the patterns
    with which files were looked for, and `problems` lists
    `{"subject": path, "reason": text}` of what could not be read; a tree with
    problems is incomplete, so that what is not in it may still be written.
    """

    def __init__(self, conf):
        self.conf = conf
        self.directives = []
        self.files = {}
        self.globs = []
        self.problems = []


def parse(conf, read=None, prefix=None):
    """Parse the configuration whose main file is `conf` (absolute path).

    `prefix` is where relative includes start, unless that is the file's directory.

    `read(path)` returns the bytes and the modification time of one file and
    raises OSError or ConfigError; the default reads the file without leaving a
    trace. Never raises for what stands in a file: see `Tree.problems`.
    """
    prefix = os.path.dirname(conf) if prefix is None else prefix
    return _Parser(conf, read or read_file, prefix).tree


def read_file(path):
    """Return (bytes, modification time) of the regular file at `path`.

    The access time stays as it was where the caller may have it so. Raises
    ConfigError for anything but a regular file and for one above
    `MAX_FILE_BYTES`, OSError as usual.
    """
    # To open a device can do something (a watchdog starts to count): look first.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ConfigError("not a regular file")
    descriptor = _open_quietly(path)
    try:
        status = os.fstat(descriptor)
        content = _read_bounded(descriptor)
    finally:
        os.close(descriptor)
    return content, status.st_mtime


def _open_quietly(path):
    # O_NONBLOCK: a named pipe in the place of a file must not make us wait.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags | os.O_NOATIME)
    except PermissionError:  # O_NOATIME is for the file's owner and root only
        return os.open(path, flags)


def _read_bounded(descriptor):
    content = b""
    while len(content) <= MAX_FILE_BYTES:
        piece = os.read(descriptor, 1024 * 1024)
        if not piece:
            return content
        content += piece
    raise ConfigError("larger than %d MiB" % (MAX_FILE_BYTES // 1024 // 1024))


class _Parser:
    """Reads a main file and all that it includes into a `Tree`."""

    def __init__(self, conf, read, prefix):
        self._read = read
        self._prefix = prefix
        self._parsed = {}
        self._open = []
        self._bytes = 0
        self._count = 0
        self._end = time.monotonic() + MAX_SECONDS
        self.tree = Tree(conf)
        self.tree.directives = self._file(conf)

    def _file(self, path):
        """Return the directives of one file; what is wrong with it becomes a problem."""
        if path in self._open:
            self._problem(path, "includes itself: " + " -> ".join(self._open + [path]))
            return []
        if path not in self._parsed:
            self._open.append(path)
            try:
                self._parsed[path] = self._parse_file(path)
            except OSError as error:
                self._problem(path, error.strerror or str(error))
                self._parsed[path] = []
            except ConfigError as error:
                self._problem(path, str(error))
                self._parsed[path] = []
            finally:
                self._open.pop()
        return self._parsed[path]

    def _problem(self, subject, reason):
        problem = {"subject": subject, "reason": reason}
        if problem not in self.tree.problems:
            self.tree.problems.append(problem)

    def _parse_file(self, path):
        if len(self._open) > MAX_DEPTH:
            raise ConfigError("included more than %d levels deep" % MAX_DEPTH)
        if len(self.tree.files) >= MAX_FILES:
            raise ConfigError("more than %d files" % MAX_FILES)
        self._check_time()
        content, modified = self._read(path)
        self._bytes += len(content)
        if self._bytes > MAX_TREE_BYTES:
            raise ConfigError("more than %d MiB in all" % (MAX_TREE_BYTES // 1024 // 1024))
        self.tree.files[path] = (hashlib.sha256(content).hexdigest(), modified)
        return self._parse_text(content.decode("utf-8", "surrogateescape"), path)

    def _parse_text(self, text, path):
        """Build the directives of a file's text; raises ConfigError where nginx refuses."""
        scanner = Scanner(text, self._check_time)
        top = []
        levels = [top]
        while True:
            words, mark, line = scanner.next_directive()
            if mark is None:
                break
            if mark == "}":
                if len(levels) == 1:
                    raise ConfigError('line %d: unexpected "}"' % line)
                levels.pop()
                continue
            directive = Directive(words[0], words[1:], path, line)
            self._add(directive, mark, levels, scanner)
        if len(levels) > 1:
            raise ConfigError('unexpected end of file, expecting "}"')
        return top

    def _add(self, directive, mark, levels, scanner):
        if directive.name == "include" and mark == ";" and len(directive.args) == 1:
            included = self._include(directive)
            self._spend(len(included))
            levels[-1].extend(included)
            return
        self._spend(1)
        levels[-1].append(directive)
        if mark == ";":
            return
        if directive.name.endswith("_by_lua_block"):
            directive.args.append(scanner.skip_lua())
            return
        directive.block = []
        # Entries of a data block are checked and counted like others, but not kept.
        levels.append([] if directive.name in _DATA_BLOCKS else directive.block)
        if len(levels) > MAX_DEPTH:
            raise ConfigError("line %d: blocks more than %d deep" % (directive.line, MAX_DEPTH))

    def _spend(self, directives):
        # Files that include each other twice and twice again grow without end.
        self._count += directives
        if self._count > MAX_DIRECTIVES:
            raise ConfigError("more than %d directives in all" % MAX_DIRECTIVES)
        self._check_time()

    def _check_time(self):
        if time.monotonic() > self._end:
            raise ConfigError("not read within %d s" % MAX_SECONDS)

    def _include(self, directive):
        pattern = os.path.join(self._prefix, directive.args[0])
        if "\0" in pattern:
            raise ConfigError("line %d: a NUL byte in a file name" % directive.line)
        if not _GLOB.intersection(directive.args[0]):
            return self._file(pattern)
        if pattern not in self.tree.globs:
            self.tree.globs.append(pattern)
            self._check_directories(pattern)
        included = []
        for path in expand_glob(pattern):
            included.extend(self._file(path))
        return included

    def _check_directories(self, pattern):
        """Say which directories are closed to us: a pattern finds nothing in them, nginx may."""
        for directory in sorted(glob_directories([pattern]), key=os.fsencode):
            try:
                with os.scandir(directory):
                    os.stat(os.path.join(directory, "."))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                self._problem(directory, error.strerror or str(error))


def expand_glob(pattern):
    """Return the paths that glob(3) finds, in nginx's order (bytes, not the locale's)."""
    # Python negates a class with `!` only, glob(3) with `^` as well.
    return sorted(glob.glob(pattern.replace("[^", "[!")), key=os.fsencode)


def glob_directories(patterns):
    """Return the directories in which these patterns look for names."""
    directories = set()
    for pattern in patterns:
        head = os.path.dirname(pattern)
        if _GLOB.intersection(head):
            directories.update(expand_glob(head), glob_directories([head]))
        else:
            directories.add(head)
    return directories
