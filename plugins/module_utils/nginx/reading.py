# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a configuration tree of nginx into the reading that policies are given.

Only what is written is reported; a directive that is not written is absent and
nginx's own default for that version is filled in by whoever judges. Rules of
inheritance are nginx's: the nearest level wins; `proxy_set_header` is replaced
as a list by a level that has any of its own; `proxy_pass` does not go down to
nested locations.
"""

from __future__ import annotations

import hashlib
import json
import os
import re

from ansible_collections.no502.node.plugins.module_utils.nginx import (
    address as nginx_address,
    values as nginx_values,
)
from ansible_collections.no502.node.plugins.module_utils.host.name_lookup import look_up
from ansible_collections.no502.node.plugins.module_utils.nginx.listens import (
    Listens,
    mark_default_servers,
)
from ansible_collections.no502.node.plugins.module_utils.nginx.process import (
    installed_nginx,
    running_nginx,
)
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import Tree, parse

MAX_LOCATIONS = 20000
MAX_ROUTES = 4000
MAX_NAMES = 32

# Bytes of the file that lists the generations which were loaded; it is a few kilobytes.
_HISTORY_LIMIT = 1 << 20
_MANAGED = r"/(?:no502|no502\.d/[0-9a-f]+)/(?:http/app-|snippets/)([^/]+)\.conf\Z"
_BALANCERS = frozenset(["fair", "hash", "ip_hash", "least_conn", "least_time", "random"])
# Blocks within a location that may hold a proxy_pass of their own.
_CONDITIONS = frozenset(["if", "limit_except"])
_MODIFIERS = ("=", "^~", "~*", "~")
# Headers whose value says how connections are handled and holds no secret.
_SHOWN_HEADERS = frozenset(
    ["connection", "host", "keep-alive", "te", "upgrade", "x-forwarded-for",
     "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"]
)
_VARIABLES = re.compile(r"(?:\$\{?\w+\}?[ ,:]*)*\Z")


def read_nginx(conf, prefix, binary=None, version=None, default_port=80, read=None,
               global_directives=""):
    """Return the reading of the configuration whose main file is `conf` (None: not known).

    `prefix`, `binary` and `version` are passed through. `default_port` is what
    a server without `listen` gets (80, or 8000 when nginx was not started by
    root); `read` is that of `nginx_tree.parse`; `global_directives` is the text of
    nginx's option `-g`. Host names are looked up on
    this host, within `name_lookup.MAX_SECONDS` in all. Fields that are about
    processes are those of an nginx that does not run. `complete` is false where
    a file could not be read: what is missing may then still be written there.
    """
    reader = _Reader(conf, default_port, read)
    return reader.reading(prefix, binary, version, global_directives)


def read_all_nginx(found=None, conf=None):
    """Return a reading for each running master, or for the installed nginx where none runs.

    Those that run in containers, whose files are not read, come last. `found`
    is `processes.all_processes()` where the caller has it. With `conf` only the
    nginx that uses this main file is meant. Empty where there is no nginx.
    `unit` is left to `systemd.attach_units`.
    """
    masters = [nginx for nginx in running_nginx(found) if conf in (None, nginx["conf"])]
    if not masters:
        installed = installed_nginx()
        masters = [dict(installed, conf=conf or installed["conf"])] if installed else []
    return [_read_described(master)
            for master in sorted(masters, key=lambda nginx: nginx["conf"] is None)]


def _read_described(nginx):
    by_root = nginx.get("uid", 0) == 0
    reading = read_nginx(nginx["conf"], nginx["prefix"], nginx["binary"], nginx["version"],
                         default_port=80 if by_root else 8000,
                         global_directives=nginx["globals"])
    reading["product"] = nginx["product"]
    reading["problems"] = nginx["problems"] + reading["problems"]
    if "pid" in nginx:
        reading["running"] = True
        reading["master"] = {name: nginx[name] for name in ("pid", "started", "uid")}
        reading["workers"] = nginx["workers"]
        reading["container"] = nginx["container"]
    return reading


def generation_of(conf):
    """Return the hash of the generation that the symlink beside `conf` names, else None."""
    try:
        target = os.readlink(os.path.join(os.path.dirname(conf), "no502"))
    except OSError:
        return None
    match = re.search(r"(?:^|/)no502\.d/([0-9a-f]+)/?\Z", target)
    return match.group(1) if match else None


def override_of(conf):
    """Return who let the generation in force pass the policies, and why; None where nobody did."""
    generation = generation_of(conf)
    try:
        with open(os.path.join(os.path.dirname(conf), "no502.d", "history.json"), "rb") as file:
            history = json.loads(file.read(_HISTORY_LIMIT).decode("utf-8"))
        entries = [entry for entry in history if entry["generation"] == generation]
        override = entries[-1].get("override") if entries else None
        return override and {name: str(override[name]) for name in ("reason", "owner")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def managed_app(path, conf):
    """Return the app whose file `path` is among those this collection renders, else None."""
    directory = os.path.dirname(conf)
    if not path.startswith(directory + "/"):
        return None
    match = re.match(_MANAGED, path[len(directory):])
    return match.group(1) if match else None


class _Level:
    """What is in force at one level of http: its own directives above the outer level's."""

    def __init__(self, directives, outer=None):
        self.settings = dict(outer.settings) if outer else {}
        headers = [each for each in directives
                   if each.name == "proxy_set_header" and len(each.args) == 2]
        self.headers = headers or (outer.headers if outer else [])
        for each in directives:
            if each.name in nginx_values.ROUTE and each.block is None:
                self.settings[each.name] = each


class _Reader:
    def __init__(self, conf, default_port, read):
        self._conf = conf
        self._tree = parse(conf, read) if conf else Tree(conf)
        self._problems = list(self._tree.problems)
        self._complete = bool(conf) and not self._problems
        self._upstreams = {}
        self._routes = []
        self._servers = []
        self._ids = {}
        self._locations = 0
        # (list to fill, host as written, port, who asks): answered all at once at the end.
        self._unresolved = []
        self._listens = Listens(self._written_servers(), default_port, self._problems)
        self._values = {}

    def reading(self, prefix, binary, version, global_directives):
        for http in self._blocks(self._tree.directives, "http"):
            self._read_http(http)
        streams = self._read_streams()
        self._resolve()
        mark_default_servers(self._servers)
        return {
            "running": False,
            "binary": binary,
            "version": version,
            "conf": self._conf,
            "prefix": prefix,
            "master": None,
            "workers": [],
            "generation": generation_of(self._conf) if self._conf else None,
            "override": override_of(self._conf) if self._conf else None,
            "complete": self._complete,
            "tree": self._tree_summary(),
            "main": self._main(global_directives),
            "unit": None,
            "upstreams": list(self._upstreams.values()),
            "routes": self._routes,
            "servers": self._servers,
            "stream": {"servers": streams},
            "problems": self._problems,
        }

    @staticmethod
    def _blocks(directives, name):
        return [each for each in directives if each.name == name and each.block is not None]

    def _written_servers(self):
        return [server for context in ("http", "stream")
                for block in self._blocks(self._tree.directives, context)
                for server in self._blocks(block.block, "server")]

    def _problem(self, subject, reason):
        self._problems.append({"subject": subject, "reason": reason})

    def _stop_at(self, bound):
        problem = {"subject": self._conf, "reason": bound}
        self._complete = False
        if problem not in self._problems:
            self._problems.append(problem)

    def _tree_summary(self):
        files = self._tree.files
        whole = hashlib.sha256()
        for path in sorted(files):
            whole.update(os.fsencode(path) + b"\0" + files[path][0].encode() + b"\n")
        newest = max(files, key=lambda path: files[path][1], default=None)
        return {
            "files": len(files),
            "sha256": whole.hexdigest(),
            "newest": newest and {"path": newest, "mtime": files[newest][1]},
        }

    def _main(self, global_directives):
        text = global_directives.encode("utf-8", "surrogateescape")
        given = parse("-g", lambda _path: (text, 0.0))
        directives = self._tree.directives + given.directives
        for events in self._blocks(directives, "events"):
            directives += events.block
        return self._settings(
            {each.name: each for each in directives
             if each.name in nginx_values.MAIN and each.block is None},
            nginx_values.MAIN,
        )

    def _settings(self, directives, table):
        settings = {}
        for each in directives.values():
            # One directive is in force at many locations: convert it once.
            key = (id(table), id(each))
            if key not in self._values:
                self._values[key] = nginx_values.values_of(
                    each.name, each.args, table, each.where
                )
            settings.update(self._values[key])
        return settings

    # http

    def _read_http(self, http):
        level = _Level(http.block)
        for upstream in self._blocks(http.block, "upstream"):
            if upstream.args:
                self._upstreams[upstream.args[0].lower()] = self._upstream(upstream)
        for server in self._blocks(http.block, "server"):
            self._read_server(server, level)

    def _upstream(self, upstream):
        name = upstream.args[0]
        pool, balancer, settings, peers = None, None, {}, []
        for each in upstream.block:
            if each.name == "server" and each.args:
                peers.append(self._peer(each, name))
            elif each.name in nginx_values.UPSTREAM:
                settings[each.name] = each
                pool = each if each.name == "keepalive" else pool
            elif each.name in _BALANCERS or each.name == "balancer_by_lua_block":
                balancer = {"name": each.name, "where": each.where,
                            "after_keepalive": pool is not None}
        return {
            "name": name,
            "where": upstream.where,
            "managed": managed_app(upstream.file, self._conf),
            "settings": self._settings(settings, nginx_values.UPSTREAM),
            "balancer": balancer,
            "peers": peers,
        }

    def _peer(self, server, upstream):
        words = server.args[1:]
        settings = {}
        for word in words:
            name, equals, text = word.partition("=")
            if equals and name in nginx_values.PEER:
                settings.update(
                    nginx_values.values_of(name, [text], nginx_values.PEER, server.where)
                )
        peer = {
            "name": server.args[0],
            "addresses": [],
            "where": server.where,
            "down": "down" in words,
            "backup": "backup" in words,
            "resolve": "resolve" in words,
            "settings": settings,
        }
        # nginx takes port 80 here whatever the scheme of proxy_pass is.
        self._ask(peer["addresses"], server.args[0], 80, "upstream %s" % upstream, server.where)
        return peer

    def _read_server(self, server, http_level):
        directives = server.block
        reading = {
            "names": [name for each in directives if each.name == "server_name"
                      for name in each.args],
            "listens": self._listens.of(server),
            "where": server.where,
            "managed": managed_app(server.file, self._conf),
        }
        self._servers.append(reading)
        self._read_locations(directives, _Level(directives, http_level), reading)

    def _read_locations(self, directives, outer, server):
        for location in self._blocks(directives, "location"):
            self._locations += 1
            if self._locations > MAX_LOCATIONS:
                self._stop_at("more than %d locations" % MAX_LOCATIONS)
                return
            level = _Level(location.block, outer)
            place = _location(location)
            self._read_pass(location.block, level, server, place)
            for block in location.block:
                if block.name in _CONDITIONS and block.block is not None:
                    inner = dict(place, condition=" ".join([block.name] + block.args))
                    self._read_pass(block.block, _Level(block.block, level), server, inner)
            self._read_locations(location.block, level, server)

    def _read_pass(self, directives, level, server, place):
        for each in directives:
            if each.name == "proxy_pass" and each.block is None and each.args:
                self._add_route(each, level, server, place)

    def _add_route(self, directive, level, server, place):
        if len(self._routes) >= MAX_ROUTES:
            self._stop_at("more than %d routes" % MAX_ROUTES)
            return
        self._routes.append({
            "id": self._route_id(server, place),
            "where": directive.where,
            "managed": managed_app(directive.file, self._conf),
            "server": dict(server, names=server["names"][:MAX_NAMES]),
            "location": place,
            "pass": self._pass(directive),
            "settings": self._settings(level.settings, nginx_values.ROUTE),
            "request_headers": [_request_header(each) for each in level.headers],
        })

    def _route_id(self, server, place):
        """Name a route by what a request has to match; equal ones are numbered in order."""
        name = next((name for name in server["names"] if name), "*")
        listen = server["listens"][0] if server["listens"] else {"address": "?", "port": None}
        port = listen["port"] if listen["port"] is not None else listen["address"]
        words = [word for word in (place["modifier"], place["pattern"]) if word]
        pattern = words[0] if len(words) == 1 else " " + " ".join(words)
        name = "%s:%s%s" % (name, port, pattern)
        if "condition" in place:
            name += " " + place["condition"]
        self._ids[name] = self._ids.get(name, 0) + 1
        return name if self._ids[name] == 1 else "%s #%d" % (name, self._ids[name])

    def _pass(self, directive):
        result = {"scheme": None, "target": None, "upstream": None,
                  "variable": False, "addresses": []}
        try:
            scheme, authority, variable = nginx_address.split_url(directive.args[0])
        except ValueError as error:
            self._problem(directive.where, str(error))
            return result
        result.update(scheme=scheme, target=authority, variable=variable)
        upstream = self._upstreams.get(authority.lower())
        if upstream is not None:
            result["upstream"] = upstream["name"]
        elif not variable or _is_literal(authority):
            port = 443 if scheme == "https" else 80
            self._ask(result["addresses"], authority, port, "proxy_pass", directive.where)
        return result

    # stream: its listeners count for who holds which port, its proxies are no routes

    def _read_streams(self):
        servers = []
        for stream in self._blocks(self._tree.directives, "stream"):
            for server in self._blocks(stream.block, "server"):
                servers.append({"listens": self._listens.of(server), "where": server.where})
        return servers

    # names

    def _ask(self, addresses, text, port, subject, where):
        """Have `addresses` filled with [address, port] of `text`."""
        try:
            address = nginx_address.parse_address(text)
        except ValueError as error:
            self._problem("%s (%s)" % (subject, where), str(error))
            return
        if address.path is not None:
            addresses.append(["unix:" + address.path, None])
            return
        if address.ports:
            port = address.ports[0]
        literal = nginx_address.ip_literal(address.host)
        if literal:
            addresses.append([literal, port])
        else:
            self._unresolved.append((addresses, address.host, port, subject, where))

    def _resolve(self):
        answers = look_up(sorted({entry[1] for entry in self._unresolved}))
        for addresses, host, port, subject, where in self._unresolved:
            addresses.extend([address, port] for address in answers[host])
            if not answers[host]:
                self._problems.append({
                    "subject": "%s (%s)" % (subject, where),
                    "reason": "host %r could not be resolved" % host,
                })


def _location(location):
    """Return the pattern and modifier of a location, which may be one word (`=/x`)."""
    words = location.args or [""]
    if len(words) > 1 and words[0] in _MODIFIERS:
        modifier, pattern = words[0], words[1]
    else:
        pattern = words[0]
        modifier = next((each for each in _MODIFIERS if pattern.startswith(each)), "")
        pattern = pattern[len(modifier):]
    return {"pattern": pattern, "modifier": modifier, "where": location.where}


def _is_literal(authority):
    """Tell whether an authority needs no resolver at run time."""
    if authority.startswith("unix:"):
        return True
    try:
        return nginx_address.ip_literal(nginx_address.parse_address(authority).host) is not None
    except ValueError:
        return False


def _request_header(directive):
    name, value = directive.args
    shown = name.lower() in _SHOWN_HEADERS or _VARIABLES.match(value)
    return {"name": name, "value": value if shown else None, "where": directive.where}
