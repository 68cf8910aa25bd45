// Copyright (c) 2026, the no502.node contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
'use strict';

// The application of a cell: node app.js CELL.json
//
// It answers every request with "ok". On SIGUSR2 each of its processes writes what it says of itself
// to DIRECTORY/PID.json, the truth that readings are compared with. A signal and a file, because a
// further listening socket would be one more thing to read.

const cluster = require('cluster');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const v8 = require('v8');

const LATE_MS = 300;
const cell = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

// What it was when listen() was done: later changes have no effect.
let checkingInterval;

function tell(server) {
  const file = path.join(cell.truth, `${process.pid}.json`);
  const truth = {
    pid: process.pid,
    parent: process.ppid,
    version: process.version,
    program: process.execPath,
    options: process.execArgv,
    directory: process.cwd(),
    user: os.userInfo().username,
    heap_limit: v8.getHeapStatistics().heap_size_limit,
    workers: cluster.isPrimary ? Object.values(cluster.workers).map((w) => w.process.pid) : [],
    server: server && {
      address: server.address(),
      keepAliveTimeout: server.keepAliveTimeout,
      keepAliveTimeoutBuffer: server.keepAliveTimeoutBuffer,
      headersTimeout: server.headersTimeout,
      requestTimeout: server.requestTimeout,
      timeout: server.timeout,
      maxHeaderSize: server.maxHeaderSize ?? http.maxHeaderSize,
      maxRequestsPerSocket: server.maxRequestsPerSocket,
      connectionsCheckingInterval: checkingInterval,
    },
  };
  fs.writeFileSync(`${file}.new`, JSON.stringify(truth));
  fs.renameSync(`${file}.new`, file);
}

function answerSignals(server) {
  process.on('SIGUSR2', () => tell(server));
  tell(server);
}

function serve() {
  const answer = (request, response) => response.end('ok');
  const server = cell.how === 'option' ? http.createServer(cell.set, answer)
    : http.createServer(answer);
  // Not every setting is an option.
  if (cell.how === 'option' || cell.how === 'before') Object.assign(server, cell.set);
  server.listen(cell.port, cell.address, () => {
    checkingInterval = server.connectionsCheckingInterval;
    if (cell.how !== 'late') {
      answerSignals(server);
      return;
    }
    setTimeout(() => {
      Object.assign(server, cell.set);
      answerSignals(server);
    }, LATE_MS);
  });
}

if (cell.workers > 0 && cluster.isPrimary) {
  for (let i = 0; i < cell.workers; i += 1) cluster.fork();
  answerSignals(null);
} else {
  serve();
}
