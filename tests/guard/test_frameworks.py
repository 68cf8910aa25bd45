# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frameworks: the same promises for each, with no change to the application."""
from __future__ import annotations

import shutil
import subprocess

import pytest

# Each answers `GET /wait` after 700 ms and `GET /` at once, with "done" in the body.
LISTEN = ".listen(0, '127.0.0.1', function () { console.log(this.address().port); });"
EXPRESS = """
    const app = require('express-MAJOR')();
    app.get('/', (req, res) => res.send('done'));
    app.get('/wait', (req, res) => setTimeout(() => res.send('done'), 700));
    app""" + LISTEN
FASTIFY = """
    const app = require('fastify-MAJOR')();
    app.get('/', async () => 'done');
    app.get('/wait', (req, reply) => { setTimeout(() => reply.send('done'), 700); });
    app.listen({port: 0, host: '127.0.0.1'}).then(() => console.log(app.server.address().port));
"""
SOURCES = {
    "plain": "require('http').createServer((req, res) => setTimeout("
             "() => res.end('done'), req.url === '/wait' ? 700 : 0))" + LISTEN,
    "express-4": EXPRESS.replace("MAJOR", "4"),
    "express-5": EXPRESS.replace("MAJOR", "5"),
    "fastify-4": FASTIFY.replace("MAJOR", "4"),
    "fastify-5": FASTIFY.replace("MAJOR", "5"),
    "koa": """
        const app = new (require('koa'))();
        app.use(async (context) => {
            if (context.path === '/wait') await new Promise((done) => setTimeout(done, 700));
            context.body = 'done';
        });
        app""" + LISTEN,
    "modules": """
        import express from 'express-5';
        const app = express();
        app.get('/', (req, res) => res.send('done'));
        app.get('/wait', (req, res) => setTimeout(() => res.send('done'), 700));
        const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """,
}
# The oldest Node that they run on, where it is not the oldest of all.
NEEDS = {"fastify-5": 20}
BAD = b"POST / HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\nContent-Length: 4000000\r\n\r\n"
LONG = 600000


def keeps_its_promises(app, keep_alive, code=0):
    """Time-outs, a malformed request, a drain with a request in flight and an idle connection."""
    with app.connect() as bad:
        bad.send(BAD + b"x" * 4000000)
        assert bad.response().status == 400
        assert bad.rest() == b""
    with app.connect() as idle, app.connect() as busy:
        response = idle.request()
        assert b"done" in response.content
        assert response.headers["Keep-Alive"] == f"timeout={keep_alive}"
        busy.send(b"GET /wait HTTP/1.1\r\nHost: app\r\n\r\n")
        app.status(lambda status: status["servers"])
        app.drain()
        response = busy.response()
        assert (b"done" in response.content, response.headers["Connection"]) == (True, "close")
        response = idle.request()
        assert (b"done" in response.content, response.headers["Connection"]) == (True, "close")
    assert app.exit_code() == code
    assert "no502 guard" not in app.errors()


@pytest.mark.parametrize("framework", SOURCES)
def test_framework(node, major, framework):
    if major < NEEDS.get(framework, 0):
        pytest.skip(f"{framework} does not run on Node {major}")
    name = "app.mjs" if framework == "modules" else "app.js"
    app = node.start(SOURCES[framework], name, KEEP_ALIVE_MS=90000, IDLE_GRACE_MS=LONG,
                     DRAIN_MAX_MS=LONG).listening()
    keeps_its_promises(app, 90)


NEXT = {
    "next.config.js": "module.exports = { turbopack: { root: '/' } };",
    "app/layout.js": "export default function Layout({ children }) {"
                     " return <html><body>{children}</body></html>; }",
    "app/page.js": "export const dynamic = 'force-dynamic';"
                   "export default function Page() { return <p>done</p>; }",
    "app/wait/route.js": """
        export const dynamic = 'force-dynamic';
        export async function GET() {
            await new Promise((done) => setTimeout(done, 700));
            return new Response('done');
        }
    """,
}


@pytest.fixture(scope="session")
def built(packages, tmp_path_factory):
    """A production build of a small application of Next, made once (10 s)."""
    directory = tmp_path_factory.mktemp("next")
    (directory / "node_modules").symlink_to(packages)
    for name, source in NEXT.items():
        (directory / name).parent.mkdir(exist_ok=True, parents=True)
        (directory / name).write_text(source)
    build = subprocess.run(
        [packages / "node-24/bin/node", packages / "next/dist/bin/next", "build"], cwd=directory,
        env={"NEXT_TELEMETRY_DISABLED": "1", "PATH": "/usr/bin:/bin"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert build.returncode == 0, build.stdout
    return directory


def test_next(node, major, packages, built):
    """`next start`. Its own handler of SIGTERM ends at once, but only has its turn afterwards."""
    if major < 20:
        pytest.skip("Next does not run on Node 18")
    shutil.copytree(built, node.directory, dirs_exist_ok=True, symlinks=True)
    app = node.run(
        [node.program, "--require", node.guard, packages / "next/dist/bin/next", "start",
         "--port", "0", "--hostname", "127.0.0.1"],
        variables={"NEXT_TELEMETRY_DISABLED": "1"}, KEEP_ALIVE_MS=90000, IDLE_GRACE_MS=LONG,
        DRAIN_MAX_MS=LONG)
    app.port = app.status(lambda status: status["servers"])["servers"][0]["address"]["port"]
    keeps_its_promises(app, 90, code=143)
