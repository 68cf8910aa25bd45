// Copyright (c) 2026, the no502.node contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
'use strict';

// The guard: keeps an unchanged Node application (18 and newer) from losing requests behind nginx.
//
//   node --require /path/to/guard.cjs server.js
//
// 1. Time-outs   never below what the proxy in front needs, whatever the code sets, and when.
// 2. Closing     a malformed request gets its 4xx, and an early answer arrives, even while the
//                body is still on its way: closing at once would reset the connection (a 502).
// 3. Draining    on SIGTERM or SIGINT no new connections are taken, requests are finished, and
//                idle connections stay open until the proxy has let go of them. The application's
//                own handlers for these signals run when that is done.
// 4. Activation  listen() on the given port takes over the socket that systemd holds.
// 5. Status      what is in force, per process and thread, in a file for readers.
//
// A process that never listens on http or https is left alone. The guard has no dependency,
// swallows no exception of the application, and a fault or a bad setting of its own is reported
// (standard error, `problems` in the status) while the application goes on. Everything hangs on
// net.Server.prototype, from which http and https servers inherit: loading those two for every
// process would double the time that Node takes to start.
//
// Settings are environment variables (durations in milliseconds):
//   NO502_KEEP_ALIVE_MS    least keepAliveTimeout
//   NO502_HEADERS_MS       least headersTimeout
//   NO502_REQUEST_MS       least requestTimeout
//   NO502_IDLE_GRACE_MS    how long an idle connection stays open while draining
//   NO502_STREAM_GRACE_MS  how long event streams and upgraded connections live while draining
//   NO502_DRAIN_MAX_MS     the drain's deadline: whatever is open then is cut
//   NO502_LISTEN           "3000" or "10.0.0.2:3000": the listen() that takes systemd's socket
//   NO502_STATUS_DIR       directory of the status file; without it there is none
//   NO502_RELEASE          any text, repeated in the status

const VERSION = '1.0.0';
const INSTALLED = Symbol.for('no502.guard');

const fs = require('fs');
const net = require('net');
const path = require('path');
const { BroadcastChannel, isMainThread, threadId } = require('worker_threads');

const { prototype } = net.Server;

// Some 23 days. Node's timers take at most 2 ** 31 - 1, and it adds a second to some time-outs.
const LONGEST_MS = 2e9;
// A closing connection is read until the peer sends nothing for so long, and so often at most.
const LINGER_MS = 5000;
const LINGER_TURNS = 6;
const DRAIN_STEP_MS = 100;
const STATUS_EVERY_MS = 30000;
const MOST_PROBLEMS = 20;

const problems = [];
// Servers that listen, or still have connections.
const servers = new Set();
// Open connections of http and https servers, upgraded ones included.
const sockets = new Set();

// --- Reporting ------------------------------------------------------------------------------

/** Says a problem once on standard error, and from then on in the status. */
function report(problem) {
  const text = problem instanceof Error ? `fault in the guard: ${problem.stack}` : problem;
  if (problems.includes(text) || problems.length >= MOST_PROBLEMS) return;
  problems.push(text);
  try {
    fs.writeSync(2, `no502 guard: ${text}\n`);
  } catch {
    // Standard error is closed or full: the status still has it.
  }
}

/** Makes a function of the guard harmless: its faults are reported, never thrown. */
function safely(work) {
  return function guarded(...args) {
    try {
      return work.apply(this, args);
    } catch (error) {
      report(error);
      return undefined;
    }
  };
}

// --- Settings -------------------------------------------------------------------------------

/** A duration in whole milliseconds that Node's timers can take, or null. */
function milliseconds(value) {
  const text = typeof value === 'string' && value.trim() !== '';
  const number = text || typeof value === 'number' ? Number(value) : NaN;
  return number >= 0 ? Math.min(Math.ceil(number), LONGEST_MS) : null;
}

function durationSetting(name, fallback) {
  const text = process.env[name];
  if (text === undefined) return fallback;
  const value = Number.isFinite(Number(text)) ? milliseconds(text) : null;
  if (value !== null) return value;
  report(`${name}: not a number of milliseconds: '${text.slice(0, 80)}'; ${fallback} is used`);
  return fallback;
}

/** "3000" or "10.0.0.2:3000" as a port, or null. */
function portSetting(name) {
  const text = process.env[name];
  if (text === undefined || text === '') return null;
  const port = Number(text.slice(text.lastIndexOf(':') + 1));
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  report(`${name}: no port in it: '${text.slice(0, 80)}' (as in 3000 or 10.0.0.2:3000)`);
  return null;
}

function readSettings() {
  const settings = {
    // The defaults outlast nginx's own: it keeps idle connections for 60 s since 1.29.7.
    floors: {
      keepAliveTimeout: durationSetting('NO502_KEEP_ALIVE_MS', 75000),
      headersTimeout: durationSetting('NO502_HEADERS_MS', 80000),
      requestTimeout: durationSetting('NO502_REQUEST_MS', 300000),
    },
    idleGrace: durationSetting('NO502_IDLE_GRACE_MS', 11000),
    streamGrace: durationSetting('NO502_STREAM_GRACE_MS', 10000),
    drainMax: durationSetting('NO502_DRAIN_MAX_MS', 60000),
    listenPort: portSetting('NO502_LISTEN'),
    statusDirectory: process.env.NO502_STATUS_DIR || null,
    release: process.env.NO502_RELEASE || null,
  };
  const { floors } = settings;
  if (floors.headersTimeout > floors.requestTimeout) {
    // Node swaps the two, and its constructor throws on the options.
    report(`NO502_REQUEST_MS (${floors.requestTimeout}) is below NO502_HEADERS_MS:`
      + ` ${floors.headersTimeout} is used`);
    floors.requestTimeout = floors.headersTimeout;
  }
  return settings;
}

// --- 1. Time-outs ---------------------------------------------------------------------------

// What the application asked for, by server; the accessors answer with what is in force.
const requested = new WeakMap();

/** Constructors of http and https servers set their time-outs, those of other servers do not. */
function isHttp(server) {
  return requested.has(server);
}

function isTls(server) {
  return typeof server.setSecureContext === 'function';
}

/** Turns a time-out into an accessor: options, early and late assignments all pass through it. */
function raiseTimeout(name, floor) {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = requested.get(this)?.[name];
      // 0 means "never", which no floor can raise.
      return value === undefined || value === 0 ? value : Math.max(value, floor);
    },
    set(value) {
      const accepted = milliseconds(value);
      if (accepted === null) {
        report(`server.${name} = ${String(value)} is no number of milliseconds: ignored`);
      } else {
        if (!requested.has(this)) requested.set(this, {});
        requested.get(this)[name] = accepted;
      }
      if (servers.has(this)) publishSoon();
    },
  });
}

/** A class field or defineProperty hides the accessor: hand its value on to it. */
function uncoverTimeouts(server) {
  for (const name of Object.keys(settings.floors)) {
    if (!Object.hasOwn(server, name)) continue;
    const value = server[name];
    if (delete server[name]) server[name] = value;
  }
}

// --- 2. Closing -----------------------------------------------------------------------------

const lingering = new WeakSet();
const refused = new WeakSet();

const REFUSALS = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** The status line for an error that is the request's fault; null for any other error. */
function refusal(error) {
  const code = String(error?.code);
  if (REFUSALS[code]) return REFUSALS[code];
  return code.startsWith('HPE_') ? '400 Bad Request' : null;
}

/** Ends our side and reads on, so that unread data does not reset the connection. */
function linger(socket) {
  if (socket.destroyed || lingering.has(socket)) return;
  lingering.add(socket);
  if (socket.writable) socket.end();
  let seen = socket.bytesRead;
  let turns = LINGER_TURNS;
  const timer = setInterval(() => {
    turns -= 1;
    if (socket.bytesRead === seen || turns === 0) socket.destroy();
    seen = socket.bytesRead;
  }, LINGER_MS);
  socket.once('end', () => net.Socket.prototype.destroySoon.call(socket));
  socket.once('close', () => clearInterval(timer));
  socket.resume();
}

/** Replaces socket.destroySoon, with which Node ends the connection after its last response. */
const closeAfterLastResponse = safely(function closeAfterLastResponse() {
  const request = this.parser?.incoming;
  if (!request || request.complete) {
    net.Socket.prototype.destroySoon.call(this);
    return;
  }
  // The body is still arriving: let it through to nowhere, whoever has stopped reading it.
  if (typeof request._dump === 'function') request._dump();
  linger(this);
});

/**
 * Answers a malformed or late request. The application's own listeners come first, but cannot
 * reset the connection by destroying the socket.
 */
function onClientError(server, emit, args) {
  const [, error, socket] = args;
  if (refused.has(socket)) return true; // more of a body that is already being discarded
  const reason = refusal(error);
  if (!reason || !socket || socket.destroyed || socket._httpMessage?.headersSent) {
    return emit.apply(server, args);
  }
  const written = socket.bytesWritten;
  const inherited = Object.getOwnPropertyDescriptor(socket, 'destroy');
  socket.destroy = () => socket;
  try {
    emit.apply(server, args);
  } finally {
    delete socket.destroy;
    if (inherited) Object.defineProperty(socket, 'destroy', inherited);
    refuse(socket, reason, socket.bytesWritten !== written);
  }
  return true;
}

const refuse = safely((socket, reason, answered) => {
  refused.add(socket);
  if (!answered && socket.writable) {
    socket.write(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
  linger(socket);
});

// --- 3. Draining ----------------------------------------------------------------------------

const SIGNALS = ['SIGTERM', 'SIGINT'];
const closeListener = prototype.close;
const upgraded = new WeakSet();
// Servers whose listening socket the drain has closed.
const stopped = new WeakSet();

let armed = false; // something listens here: signals are ours
let draining = false;
let drained = false;

/** A server, here or in a child of ours, listens: from now on a signal begins a drain. */
function arm() {
  if (armed) return;
  armed = true;
  if (isMainThread) for (const signal of SIGNALS) process.on(signal, keepAlive);
  process.on('exit', safely(removeStatus));
  setInterval(publish, STATUS_EVERY_MS).unref();
}

// As long as a signal has a listener, Node does not die of it.
function keepAlive() {}

/**
 * Holds a signal back until the drain is over. process.emit is what Node calls, so listeners of
 * the application cannot exit in the middle of requests.
 */
function holdSignals() {
  const emit = process.emit;
  process.emit = function guardedEmit(event, ...rest) {
    if (!armed || drained || !SIGNALS.includes(event)) return emit.call(this, event, ...rest);
    if (draining) {
      if (event === 'SIGINT') drain.now(); // pressed twice: somebody wants out
      return true;
    }
    drain(() => {
      process.removeListener(event, keepAlive);
      if (process.listenerCount(event) === 0) process.exit();
      emit.call(process, event, ...rest);
    });
    return true;
  };
}

/** Closes the listening socket only: server.close() would cut idle connections at once. */
function stopListening(server) {
  if (stopped.has(server)) return;
  stopped.add(server);
  if (server.listening) closeListener.call(server);
}

/** server.close() of a server that the drain has stopped: succeeds when it is really closed. */
function closeStopped(server, callback) {
  if (typeof callback === 'function') {
    if (servers.has(server)) server.once('close', () => callback());
    else process.nextTick(callback);
  }
  return server;
}

/** Answers from now on tell the client not to send more on this connection. */
function lastResponse(response) {
  if (response && !response.headersSent) response.shouldKeepAlive = false;
}

function isEventStream(response) {
  return /\r\ncontent-type: *text\/event-stream/i.test(response?._header ?? '');
}

/** Ends a stream as its protocol does: with the last chunk, then FIN. */
function endStream(socket) {
  const response = socket._httpMessage;
  if (socket.writable && response?.chunkedEncoding) socket.write('0\r\n\r\n');
  linger(socket);
}

/** Begins the drain of everything in this process, its threads and its cluster workers. */
function drain(over) {
  const started = performance.now();
  const activity = new Map(); // socket: {bytes, since}, while it is idle
  draining = true;

  function finish() {
    if (drained) return;
    drained = true;
    clearInterval(timer);
    clearTimeout(deadline);
    over();
  }

  function isIdleFor(socket, now) {
    if (socket._httpMessage) {
      activity.delete(socket);
      return 0;
    }
    const bytes = socket.bytesRead + socket.bytesWritten;
    const last = activity.get(socket);
    if (last?.bytes === bytes) return now - last.since;
    activity.set(socket, { bytes, since: now });
    return 0;
  }

  const step = safely(() => {
    if (servers.size === 0 && children.areDone()) {
      finish();
      return;
    }
    const now = performance.now();
    const elapsed = now - started;
    for (const socket of sockets) {
      if (socket.destroyed) sockets.delete(socket);
      else if (upgraded.has(socket) || isEventStream(socket._httpMessage)) {
        if (elapsed >= settings.streamGrace) endStream(socket);
      } else if (isIdleFor(socket, now) >= settings.idleGrace) linger(socket);
    }
  });

  const cut = safely(() => {
    for (const socket of sockets) socket.destroy();
    children.cut();
  });

  drain.now = () => {
    cut();
    finish();
  };

  const timer = setInterval(step, DRAIN_STEP_MS);
  const deadline = setTimeout(drain.now, settings.drainMax);
  safely(() => {
    for (const server of servers) stopListening(server);
    for (const socket of sockets) lastResponse(socket._httpMessage);
    children.drain();
  })();
  publish();
}

// --- Threads and cluster workers ------------------------------------------------------------

/**
 * Signals reach the main thread of the main process only, which passes them on: to threads over
 * a channel, to cluster workers as SIGTERM.
 */
const children = {
  channel: null,
  threads: new Set(), // of threads that have a server, the numbers
  workers: new Set(), // of the cluster, those that run

  /** In the main thread: listens to the threads, once there is one. */
  watchThreads() {
    process.on('worker', (worker) => {
      const id = worker.threadId;
      worker.once('exit', () => children.threads.delete(id));
      children.open((message) => {
        if (message.listening) {
          children.threads.add(message.listening);
          arm();
        } else if (message.drained) children.threads.delete(message.drained);
      });
      children.channel.postMessage({ roll: true }); // a thread may have spoken before we heard
    });
  },

  /** In a cluster's primary: signals are ours as soon as it has a worker. */
  watchWorkers() {
    const cluster = require('cluster');
    if (!cluster.isPrimary) return;
    cluster.on('fork', (worker) => {
      arm();
      children.workers.add(worker);
      worker.once('exit', () => children.workers.delete(worker));
    });
  },

  /** In a thread: says that a server listens here, and drains when told to. */
  join() {
    children.open((message) => {
      if (message.roll) children.channel.postMessage({ listening: threadId });
      else if (message.drain && !draining) {
        drain(() => children.channel.postMessage({ drained: threadId }));
      }
    });
    children.channel.postMessage({ listening: threadId });
  },

  open(listener) {
    if (children.channel) return;
    children.channel = new BroadcastChannel(`no502.guard.${process.pid}`);
    children.channel.onmessage = safely((event) => listener(event.data));
    children.channel.unref();
  },

  areDone() {
    return children.threads.size === 0 && children.workers.size === 0;
  },

  drain() {
    if (isMainThread && children.channel) children.channel.postMessage({ drain: true });
    for (const worker of children.workers) {
      worker.exitedAfterDisconnect = true; // so that the application does not replace it
      worker.process.kill('SIGTERM');
    }
  },

  cut() {
    for (const worker of children.workers) worker.process.kill('SIGKILL');
  },
};

// --- 4. Activation --------------------------------------------------------------------------

// The first descriptor that systemd passes, sd_listen_fds(3).
const FIRST_DESCRIPTOR = 3;

/** Whether systemd has passed a socket to this process, or to the primary of its cluster. */
function hasPassedSocket() {
  if (!(Number(process.env.LISTEN_FDS) >= 1)) return false;
  const owner = Number(process.env.LISTEN_PID);
  if (owner === process.ppid) return require('cluster').isWorker;
  if (owner !== process.pid) return false;
  const passed = fs.fstatSync(FIRST_DESCRIPTOR);
  if (!passed.isSocket()) report(`LISTEN_FDS: descriptor ${FIRST_DESCRIPTOR} is no socket`);
  return passed.isSocket();
}

/** The port that a listen() asks for: listen(port), listen('port') or listen({port}). */
function askedPort([first]) {
  const port = typeof first === 'object' && first !== null ? first.port : first;
  return typeof port === 'number' || typeof port === 'string' ? Number(port) : null;
}

/** The arguments of the same listen() on the passed socket. */
function onPassedSocket(args) {
  const [options] = args;
  const { backlog, signal } = typeof options === 'object' && options !== null ? options : {};
  const target = {
    fd: FIRST_DESCRIPTOR,
    // Node's default of 511 would lower what systemd has set (the kernel caps it at somaxconn).
    backlog: backlog ?? 4096,
    ...(signal ? { signal } : {}),
  };
  return [target, ...args.filter((argument) => typeof argument === 'function')];
}

function takePassedSocket(wanted) {
  const { listen } = prototype;
  let taken = false;
  prototype.listen = function guardedListen(...args) {
    if (taken || askedPort(args) !== wanted) return listen.apply(this, args);
    taken = true;
    this.once('listening', safely(() => {
      const { port } = this.address();
      if (port !== wanted) report(`systemd's socket has port ${port}, not ${wanted}`);
    }));
    return listen.apply(this, onPassedSocket(args));
  };
}

// --- 5. Status ------------------------------------------------------------------------------

const OBSERVED = ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout',
  'requestTimeout', 'timeout', 'maxRequestsPerSocket'];

let publishing = false;

function statusFile() {
  const name = isMainThread ? process.pid : `${process.pid}-${threadId}`;
  return path.join(settings.statusDirectory, `${name}.json`);
}

function describe(server) {
  const effective = Object.fromEntries(OBSERVED.map((name) => [name, server[name] ?? null]));
  effective.maxHeaderSize = server.maxHeaderSize ?? require('http').maxHeaderSize;
  return {
    protocol: isTls(server) ? 'https' : 'http',
    address: server.address(),
    requested: { ...requested.get(server) },
    effective,
  };
}

function status() {
  return {
    guard: VERSION,
    pid: process.pid,
    thread: threadId,
    started_at_ms: Math.round(Date.now() - process.uptime() * 1000),
    written_at_ms: Date.now(),
    node: process.version,
    release: settings.release,
    draining,
    drain: {
      idle_grace_ms: settings.idleGrace,
      max_ms: settings.drainMax,
      stream_grace_ms: settings.streamGrace,
    },
    heap_limit_bytes: require('v8').getHeapStatistics().heap_size_limit,
    servers: [...servers].map(describe),
    problems,
  };
}

/** Writes the status: whole or not at all, since readers may come at any time. */
function publish() {
  publishing = false;
  if (!settings.statusDirectory) return;
  const file = statusFile();
  try {
    fs.writeFileSync(`${file}.new`, `${JSON.stringify(status())}\n`, { mode: 0o640 });
    fs.renameSync(`${file}.new`, file);
  } catch (error) {
    report(`NO502_STATUS_DIR: no status can be written: ${error.message}`);
  }
}

/** Writes the status once, however many values are set in this turn. */
function publishSoon() {
  if (publishing) return;
  publishing = true;
  setImmediate(publish);
}

/** Threads are cut off without a word when the process exits: the main one cleans up for all. */
function removeStatus() {
  const directory = settings.statusDirectory;
  if (!directory) return;
  const own = isMainThread ? new RegExp(`^${process.pid}(-\\d+)?\\.json`)
    : new RegExp(`^${process.pid}-${threadId}\\.json`);
  for (const name of fs.readdirSync(directory)) {
    if (own.test(name)) fs.rmSync(path.join(directory, name), { force: true });
  }
}

// --- Installation ---------------------------------------------------------------------------

const onListening = safely((server) => {
  if (!isHttp(server)) return;
  if (!servers.has(server)) {
    servers.add(server);
    server.once('close', () => {
      servers.delete(server);
      if (!draining) publishSoon();
    });
    arm();
    if (!isMainThread) children.join();
  }
  uncoverTimeouts(server);
  if (draining) stopListening(server);
  publishSoon();
});

const onConnection = safely((server, event, socket) => {
  if (!isHttp(server) || (event === 'connection' && isTls(server))) return;
  sockets.add(socket);
  socket.once('close', forget);
  socket.destroySoon = closeAfterLastResponse;
});

function forget() {
  sockets.delete(this);
}

/** Sees what happens on every server, without touching how servers are made. */
function watchServers() {
  const { emit } = prototype;
  prototype.emit = function guardedEmit(event, first, second) {
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        if (draining) lastResponse(second);
        break;
      case 'connection':
      case 'secureConnection':
        onConnection(this, event, first);
        break;
      case 'upgrade':
      case 'connect':
        upgraded.add(second);
        break;
      case 'listening':
        onListening(this);
        break;
      case 'clientError':
        return onClientError(this, emit, arguments);
      default:
    }
    return emit.apply(this, arguments);
  };
  prototype.close = function guardedClose(callback) {
    return stopped.has(this) ? closeStopped(this, callback) : closeListener.call(this, callback);
  };
}

function install() {
  for (const [name, floor] of Object.entries(settings.floors)) raiseTimeout(name, floor);
  watchServers();
  if (isMainThread) {
    holdSignals();
    children.watchThreads();
    children.watchWorkers();
    if (settings.listenPort !== null && hasPassedSocket()) takePassedSocket(settings.listenPort);
  }
}

const settings = safely(readSettings)();
if (settings && !globalThis[INSTALLED]) {
  globalThis[INSTALLED] = VERSION;
  safely(install)();
}
