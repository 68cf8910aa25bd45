// Copyright (c) 2026, the no502.node contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
'use strict';

// Says who it is: node app.js NAME LISTEN...
//
// Each LISTEN is JSON for server.listen(); with "mute" connections are taken and never answered.
// /tmp/NAME.ready is there once it listens everywhere.

const { once } = require('events');
const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');

const [name, ...listens] = process.argv.slice(2);
const who = `${os.hostname()} ${process.pid}`;

function start({ mute, ...where }) {
  const server = mute ? net.createServer(() => {}) : http.createServer((request, response) => {
    response.setHeader('X-Who', who);
    response.end();
  });
  return once(server.listen(where), 'listening');
}

Promise.all(listens.map((text) => start(JSON.parse(text)))).then(() => {
  fs.writeFileSync(`/tmp/${name}.ready`, '');
});
