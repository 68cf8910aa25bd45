'use strict';
// A server that writes down every request that reaches it, and every signal.
const fs = require('fs');
const http = require('http');

const note = (what) => fs.appendFileSync(process.env.NOTES, `${what}\n`);

for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH']) {
  process.on(signal, () => note(signal));
}
http.createServer((request, response) => {
  note(`${request.method} ${request.url}`);
  request.resume().on('end', () => response.end('hello\n'));
}).listen(process.env.PORT, '127.0.0.1');
