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
// 3. Draining    on SIGTERM, SIGINT or PM2's message no new connections are taken, requests are
//                finished, and idle connections stay open until the proxy has let go of them. The
//                application's own handlers for these signals run when that is done.
// 4. Activation  listen() on the given port takes over the socket that systemd holds.
// 5. Status      what is in force and how the process fares, per process and thread, in a file
//                for readers; and why the last one crashed.
//
// It covers servers of http, https and HTTP/2, in processes, cluster workers and threads. A process
// that never listens on one is left alone. The guard has no dependency, swallows no exception of
// the application, and a fault or a bad setting of its own is reported (standard error, `problems`
// in the status) while the application goes on. Everything hangs on net.Server.prototype, from
// which all these servers inherit: loading http for every process would double the time that Node
// takes to start.
//
// Settings are environment variables (durations in milliseconds), read when the first server is
// made: PM2's cluster mode sets them only just before it runs the application.
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
// A cluster's primary stops accepting first: what it has accepted goes to the workers meanwhile.
const HAND_OVER_MS = 200;
// A second interrupt sooner than that is the same one: npm passes on what the terminal sends too.
const INTERRUPT_AGAIN_MS = 500;
// By how much a parent's deadline is later than its children's.
const CHILDREN_MORE_MS = 1000;
// What listeners to PM2's message have for themselves when the drain is over.
const AFTER_MESSAGE_MS = 5000;
const STATUS_EVERY_MS = 10000;
const STATUS_SOON_MS = 20;
const DELAY_SAMPLED_MS = 20;
const MOST_PROBLEMS = 20;

const problems = [];
// Servers that listen, or still have connections.
const servers = new Set();
// Open connections of HTTP/1, upgraded ones included.
const sockets = new Set();
// Of HTTP/2, the open sessions and streams.
const sessions = new Set();
const streams = new Set();

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
  if (value === null) {
    report(`${name}: not a number of milliseconds: '${text.slice(0, 80)}'; ${fallback} is used`);
    return fallback;
  }
  if (Number(text) > LONGEST_MS) report(`${name}: ${LONGEST_MS} is used, the most that works`);
  return value;
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
  if (settings.idleGrace > settings.drainMax) {
    report(`NO502_DRAIN_MAX_MS (${settings.drainMax}) is below NO502_IDLE_GRACE_MS`
      + ` (${settings.idleGrace}): idle connections will be cut before the proxy lets go of them`);
  }
  return settings;
}

let known = null;

function settings() {
  known ??= readSettings();
  return known;
}

// --- 1. Time-outs ---------------------------------------------------------------------------

const TIMEOUTS = ['keepAliveTimeout', 'headersTimeout', 'requestTimeout'];
// On a server, what the guard knows of it: {requested, effective}.
const STATE = Symbol('no502');

/** Starts to look after a server of http, https or HTTP/2. */
const adopt = safely((server) => {
  if (server[STATE]) return;
  // Over TLS, an HTTP/2 server may speak HTTP/1 too; before 24 without any time-out for it.
  const effective = isTls(server)
    ? { keepAliveTimeout: settings().floors.keepAliveTimeout } : {};
  hide(server, STATE, { requested: {}, effective });
  hide(server, 'emit', guardedEmit);
});

/** Sets a property that enumerations do not show. */
function hide(object, name, value) {
  Object.defineProperty(object, name, { configurable: true, writable: true, value });
}

function isTls(server) {
  return typeof server.setSecureContext === 'function';
}

function isHttp2(server) {
  return typeof server.updateSettings === 'function';
}

/**
 * Turns a time-out into an accessor: options, early and late assignments all pass through it.
 * Constructors of http and https servers set their time-outs, those of other servers do not.
 */
function raiseTimeout(name) {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this[STATE]?.effective[name];
    },
    set(value) {
      setTimeoutOf(this, name, value);
    },
  });
}

const setTimeoutOf = safely((server, name, value) => {
  adopt(server);
  const { requested, effective } = server[STATE];
  const accepted = milliseconds(value);
  if (accepted === null) {
    report(`server.${name} = ${String(value)} is no number of milliseconds: ignored`);
  } else if (accepted !== requested[name]) {
    requested[name] = accepted;
    // 0 means "never", which no floor can raise.
    effective[name] = accepted === 0 ? 0 : Math.max(accepted, settings().floors[name]);
  } else return;
  if (servers.has(server)) publishSoon();
});

/** A class field or defineProperty hides the accessor: hand its value on to it. */
function uncoverTimeouts(server) {
  for (const name of TIMEOUTS) {
    if (!Object.hasOwn(server, name)) continue;
    const value = server[name];
    if (delete server[name]) server[name] = value;
  }
}

// --- 2. Closing -----------------------------------------------------------------------------

const lingering = new WeakSet();
const refused = new WeakSet();
const refusals = {}; // how many, by status

const REASONS = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** The status line for an error that is the request's fault; null for any other error. */
function refusal(error) {
  const code = String(error?.code);
  if (REASONS[code]) return REASONS[code];
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
function onClientError(server, args) {
  const { emit } = Object.getPrototypeOf(server);
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
  const number = reason.slice(0, 3);
  refusals[number] = (refusals[number] ?? 0) + 1;
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
  if (isMainThread) {
    for (const signal of SIGNALS) receive(signal);
    if (isUnderPm2()) process.on('message', keepAlive); // else the message waits for a listener
  }
  process.on('exit', safely(removeStatus));
  process.on('uncaughtExceptionMonitor', safely(recordCrash));
  watchProcess();
  publishSoon();
}

// As long as a signal has a listener, Node does not die of it.
function keepAlive() {}

/** Node binds process.emit when a signal gets its first listener: it has to be ours. */
function receive(signal) {
  const listeners = process.rawListeners(signal);
  process.removeAllListeners(signal);
  for (const listener of [keepAlive, ...listeners]) process.on(signal, listener);
}

function isUnderPm2() {
  return process.env.pm_id !== undefined;
}

/** Whether an event of the process asks it to stop. PM2 may send a message instead of a signal. */
function isStop(event, message) {
  return SIGNALS.includes(event)
    || (event === 'message' && message === 'shutdown' && isUnderPm2());
}

/**
 * Holds a signal back until the drain is over. process.emit is what Node calls, so listeners of
 * the application cannot exit in the middle of requests.
 */
function holdSignals() {
  const { emit } = process;
  process.emit = function guardedProcessEmit(event, ...rest) {
    if (!armed || drained || !isStop(event, rest[0])) return emit.call(this, event, ...rest);
    if (event === 'SIGINT') drain.interrupt();
    if (!draining) drain.begin(() => handOn(emit, event, rest));
    return true;
  };
}

/** The drain is over: the application's own listeners have their turn, else the process ends. */
function handOn(emit, event, rest) {
  process.removeListener(event, keepAlive);
  if (process.listenerCount(event) === 0) process.exit();
  // Whoever listens to messages need not be waiting for this one.
  if (event === 'message') setTimeout(() => process.exit(), AFTER_MESSAGE_MS);
  emit.call(process, event, ...rest);
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

/** Responses without an end of their own: event streams, and whatever has been upgraded. */
function isEndless(connection) {
  if (upgraded.has(connection)) return true;
  const type = connection.sentHeaders?.['content-type'];
  if (type) return /^text\/event-stream/i.test(type);
  return /\r\ncontent-type: *text\/event-stream/i.test(connection._httpMessage?._header ?? '');
}

/** Ends a stream as its protocol does: with the last chunk, then FIN. */
function endStream(socket) {
  const response = socket._httpMessage;
  if (socket.writable && response?.chunkedEncoding) socket.write('0\r\n\r\n');
  linger(socket);
}

/** GOAWAY: what has arrived is finished, and the client knows that all else has not been seen. */
function endSession(session) {
  if (!session.destroyed) session.close();
}

/** The drain of everything in this process, its threads and its cluster workers. */
const drain = {
  began: null, // both clocks: {at, time}
  interrupted: null,
  cutOff: 0, // requests that the deadline has cut
  idle: new Map(), // socket: {bytes, since}

  begin(over) {
    draining = true;
    drain.began = { at: Date.now(), time: performance.now() };
    drain.over = over;
    drain.timer = setInterval(drain.step, DRAIN_STEP_MS);
    drain.deadline = setTimeout(drain.cut, settings().drainMax + children.more());
    drain.start();
    publish();
  },

  start: safely(() => {
    children.drain();
    for (const server of servers) stopListening(server);
    for (const socket of sockets) lastResponse(socket._httpMessage);
    for (const session of sessions) endSession(session);
  }),

  step: safely(() => {
    if (!servers.size && !sockets.size && !sessions.size && children.areDone()) {
      drain.finish();
      return;
    }
    const now = performance.now();
    const isLong = now - drain.began.time >= settings().streamGrace;
    for (const socket of sockets) {
      if (socket.destroyed) sockets.delete(socket);
      else if (isEndless(socket)) {
        if (isLong) endStream(socket);
      } else if (drain.idleFor(socket, now) >= settings().idleGrace) linger(socket);
    }
    for (const stream of streams) if (isLong && isEndless(stream)) stream.end();
  }),

  /** For how long a connection has been without a request and without a byte. */
  idleFor(socket, now) {
    if (socket._httpMessage) {
      drain.idle.delete(socket);
      return 0;
    }
    const bytes = socket.bytesRead + socket.bytesWritten;
    const last = drain.idle.get(socket);
    if (last?.bytes === bytes) return now - last.since;
    drain.idle.set(socket, { bytes, since: now });
    return 0;
  },

  /** An interrupt, pressed once more: somebody wants out. */
  interrupt() {
    const now = performance.now();
    if (draining && now - drain.interrupted >= INTERRUPT_AGAIN_MS) drain.cut();
    drain.interrupted ??= now;
  },

  cut() {
    safely(() => {
      drain.cutOff = inFlight();
      if (drain.cutOff) report(`cut off at the end of the drain: ${drain.cutOff} requests`);
      for (const connection of [...sockets, ...sessions]) connection.destroy();
      children.cut();
    })();
    drain.finish();
  },

  finish() {
    if (drained) return;
    drained = true;
    clearInterval(drain.timer);
    clearTimeout(drain.deadline);
    safely(children.forgetLate)();
    drain.over();
  },
};

// --- Threads and cluster workers ------------------------------------------------------------

/**
 * Signals reach the main thread of the main process only, which passes them on: to threads over
 * a channel, to cluster workers as SIGTERM.
 */
const children = {
  channel: null,
  threads: new Set(), // of threads that have a server, the numbers
  workers: new Set(), // of the cluster, those that run
  late: new Set(), // of the cluster, those that were forked while draining
  handles: new Set(), // listening sockets of a primary, which deals connections to its workers

  /** In the main thread: listens to the threads, once there is one. */
  watchThreads() {
    process.on('worker', (worker) => {
      const id = worker.threadId;
      worker.once('exit', safely(() => {
        children.threads.delete(id);
        removeStatusOf(`${process.pid}-${id}`); // which it could not if it was terminated
      }));
      children.open((message) => {
        if (message.listening) {
          children.threads.add(message.listening);
          arm();
        } else if (message.drained) children.threads.delete(message.drained);
      });
      children.channel.postMessage({ roll: true }); // a thread may have spoken before we heard
    });
  },

  /** In a cluster's primary: signals are ours as soon as a worker listens. */
  watchWorkers() {
    const cluster = require('cluster');
    if (!cluster.isPrimary) return;
    cluster.on('listening', safely(arm));
    cluster.on('fork', safely((worker) => {
      if (draining && !drained) {
        // The application replaces workers that end. This one would die and be replaced in turn:
        // it stays as it is, before its first line, until the drain is over.
        children.late.add(worker);
        worker.process.kill('SIGSTOP');
        return;
      }
      children.workers.add(worker);
      worker.once('exit', safely(() => {
        children.workers.delete(worker);
        removeStatusOf(worker.process.pid);
      }));
    }));
  },

  /** Keeps the listening socket of a server that the cluster module has made for its workers. */
  watchListener(server) {
    server.once('listening', () => {
      const handle = server._handle;
      // The module takes it out of that server.
      setImmediate(() => {
        if (handle && server._handle === null) children.handles.add(handle);
      });
    });
  },

  /** In a thread: says that a server listens here, and drains when told to. */
  join() {
    children.open((message) => {
      if (message.roll) children.channel.postMessage({ listening: threadId });
      else if (message.drain && !draining) {
        drain.begin(() => children.channel.postMessage({ drained: threadId }));
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

  /** By how much our deadline is later than theirs, so that they can end by themselves. */
  more() {
    return children.areDone() ? 0 : CHILDREN_MORE_MS;
  },

  drain() {
    if (isMainThread && children.channel) children.channel.postMessage({ drain: true });
    for (const handle of children.handles) handle.close();
    setTimeout(safely(children.drainWorkers), children.handles.size ? HAND_OVER_MS : 0);
  },

  drainWorkers() {
    for (const worker of children.workers) {
      worker.exitedAfterDisconnect = true; // so that the application does not replace it
      worker.process.kill('SIGTERM');
    }
  },

  cut() {
    for (const worker of children.workers) worker.process.kill('SIGKILL');
  },

  forgetLate() {
    for (const worker of children.late) worker.process.kill('SIGKILL');
  },
};

// --- 4. Activation --------------------------------------------------------------------------

// The first descriptor that systemd passes, sd_listen_fds(3).
const FIRST_DESCRIPTOR = 3;

let taken = false;

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

/** Whether this listen() is the one for which systemd holds the socket. */
const isActivated = safely((args) => {
  if (taken || !isMainThread || !process.env.LISTEN_FDS) return false;
  const { listenPort } = settings();
  return listenPort !== null && askedPort(args) === listenPort && hasPassedSocket();
});

/** The arguments of the same listen() on the passed socket. */
function onPassedSocket(server, args) {
  const wanted = settings().listenPort;
  taken = true;
  server.once('listening', safely(() => {
    const { port } = server.address();
    if (port !== wanted) report(`systemd's socket has port ${port}, not ${wanted}`);
  }));
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

// --- 5. Status ------------------------------------------------------------------------------

const OBSERVED = ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout',
  'requestTimeout', 'timeout', 'maxRequestsPerSocket'];

let publishing = false;
let delays = null; // the histogram that is being filled
let lastDelays = null; // what the one before said

/** Measures, and publishes every now and then. Neither keeps the process alive. */
function watchProcess() {
  if (!settings().statusDirectory) return;
  safely(removeLeftovers)();
  safely(() => {
    delays = require('perf_hooks').monitorEventLoopDelay({ resolution: DELAY_SAMPLED_MS });
    delays.enable();
  })();
  setInterval(() => {
    lastDelays = eventLoopDelay();
    delays?.reset();
    publish();
  }, STATUS_EVERY_MS).unref();
}

/** By how much turns of the event loop were late; what Node measures includes the interval. */
function eventLoopDelay() {
  if (!delays?.max) return null;
  const late = (nanoseconds) => Math.max(0, Math.round(nanoseconds / 1e6 - DELAY_SAMPLED_MS));
  return {
    p50: late(delays.percentile(50)),
    p99: late(delays.percentile(99)),
    max: late(delays.max),
  };
}

/** Requests that have begun and are not answered yet, streams included. */
function inFlight() {
  let count = streams.size;
  for (const socket of sockets) if (socket._httpMessage || upgraded.has(socket)) count += 1;
  return count;
}

function protocol(server) {
  if (isHttp2(server)) return isTls(server) ? 'h2' : 'h2c';
  return isTls(server) ? 'https' : 'http';
}

function describe(server) {
  const effective = Object.fromEntries(OBSERVED.map((name) => [name, server[name] ?? null]));
  effective.maxHeaderSize = server.maxHeaderSize ?? require('http').maxHeaderSize;
  return {
    protocol: protocol(server),
    address: server.address(),
    requested: { ...server[STATE].requested },
    effective,
  };
}

/** What this process is to others: {role, parent, worker: its number in the cluster}. */
function position() {
  if (!isMainThread) return { role: 'thread', parent: process.pid, worker: null };
  const { worker } = require('cluster');
  if (worker) return { role: 'worker', parent: process.ppid, worker: worker.id };
  const role = children.workers.size ? 'primary' : 'single';
  return { role, parent: process.ppid, worker: null };
}

function status() {
  const { heap_size_limit: limit, used_heap_size: used } = require('v8').getHeapStatistics();
  return {
    guard: VERSION,
    pid: process.pid,
    thread: threadId,
    ...position(),
    started_at_ms: Math.round(Date.now() - process.uptime() * 1000),
    written_at_ms: Date.now(),
    node: process.version,
    release: settings().release,
    draining,
    drain: {
      idle_grace_ms: settings().idleGrace,
      max_ms: settings().drainMax,
      stream_grace_ms: settings().streamGrace,
    },
    drain_began_at_ms: drain.began?.at ?? null,
    heap_limit_bytes: limit,
    heap_used_bytes: used,
    event_loop_delay_ms: lastDelays ?? eventLoopDelay(),
    connections: sockets.size + sessions.size,
    requests_in_flight: inFlight(),
    refused: refusals,
    servers: [...servers].map(describe),
    problems,
  };
}

function statusName() {
  return isMainThread ? `${process.pid}` : `${process.pid}-${threadId}`;
}

/** Writes a file of the status directory: whole or not at all, readers may come at any time. */
function write(name, content) {
  const file = path.join(settings().statusDirectory, name);
  try {
    fs.writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o640 });
    fs.renameSync(`${file}.new`, file);
  } catch (error) {
    report(`NO502_STATUS_DIR: no status can be written: ${error.message}`);
    fs.rmSync(`${file}.new`, { force: true }); // what a full directory has taken of it
  }
}

const publish = safely(() => {
  publishing = false;
  if (settings().statusDirectory) write(`${statusName()}.json`, status());
});

/** Writes the status once, however many values are set in these moments. */
function publishSoon() {
  if (publishing) return;
  publishing = true;
  setTimeout(publish, STATUS_SOON_MS).unref();
}

/** Keeps why the process is about to die. One file for all of them: a crash loop fills no disk. */
function recordCrash(error, origin) {
  if (!settings().statusDirectory) return;
  write('crash.json', {
    pid: process.pid,
    thread: threadId,
    at_ms: Date.now(),
    uptime_ms: Math.round(process.uptime() * 1000),
    node: process.version,
    release: settings().release,
    origin,
    // Its listeners may let the process live on.
    application_listens: process.listenerCount('uncaughtException') > 0,
    code: error?.code === undefined ? null : String(error.code),
    reason: String(error?.stack ?? error).slice(0, 4000),
  });
}

/** Removes the status of a process, and of its threads, or (`pid-thread`) of one thread. */
function removeStatusOf(name) {
  const directory = settings().statusDirectory;
  if (!directory) return;
  const its = new RegExp(`^${name}(-\\d+)?\\.json`);
  for (const file of fs.readdirSync(directory)) {
    if (its.test(file)) fs.rmSync(path.join(directory, file), { force: true });
  }
}

/** Threads are cut off without a word when the process exits: the main one cleans up for all. */
function removeStatus() {
  removeStatusOf(statusName());
  for (const worker of children.workers) removeStatusOf(worker.process.pid);
}

/** Removes what processes that were killed have left. */
function removeLeftovers() {
  const directory = settings().statusDirectory;
  for (const file of fs.readdirSync(directory)) {
    const pid = /^(\d+)(-\d+)?\.json/.exec(file)?.[1];
    if (pid && !isRunning(Number(pid))) fs.rmSync(path.join(directory, file), { force: true });
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

// --- Installation ---------------------------------------------------------------------------

const onListening = safely((server) => {
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

/** A connection that speaks HTTP/1; those of HTTP/2 are seen as sessions. */
const onConnection = safely((server, event, socket) => {
  const isReady = event === (isTls(server) ? 'secureConnection' : 'connection');
  if (!isReady || (isHttp2(server) && socket.alpnProtocol !== 'http/1.1')) return;
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  socket.destroySoon = closeAfterLastResponse;
});

const onSession = safely((session) => {
  sessions.add(session);
  session.once('close', () => sessions.delete(session));
  if (draining) endSession(session);
});

const onStream = safely((stream, headers) => {
  streams.add(stream);
  stream.once('close', () => streams.delete(stream));
  if (headers[':method'] === 'CONNECT') upgraded.add(stream);
});

/**
 * Sees what happens on a server, before its listeners do. It stands on the server itself, not on
 * the prototype, and looks that one's emit() up each time: tracers replace it, sooner or later.
 */
function guardedEmit(event, first, second) {
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
    case 'session':
      onSession(first);
      break;
    case 'stream':
      onStream(first, second);
      break;
    case 'listening':
      onListening(this);
      break;
    case 'clientError':
      return onClientError(this, arguments);
    default:
  }
  return Object.getPrototypeOf(this).emit.apply(this, arguments);
}

/** Servers are seen when their time-outs are set or they listen: how they are made is no matter. */
function watchServers() {
  const { listen } = prototype;
  prototype.listen = function guardedListen(...args) {
    if (isHttp2(this)) adopt(this);
    else if (!this[STATE] && isMainThread) children.watchListener(this);
    return listen.apply(this, isActivated(args) ? onPassedSocket(this, args) : args);
  };
  prototype.close = function guardedClose(callback) {
    return stopped.has(this) ? closeStopped(this, callback) : closeListener.call(this, callback);
  };
}

function install() {
  TIMEOUTS.forEach(raiseTimeout);
  watchServers();
  if (isMainThread) {
    holdSignals();
    children.watchThreads();
    children.watchWorkers();
  }
}

if (!globalThis[INSTALLED]) {
  globalThis[INSTALLED] = VERSION;
  safely(install)();
}
