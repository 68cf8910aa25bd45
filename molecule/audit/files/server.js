'use strict';
// An ordinary Node server, every time-out at its default, that writes down who asked.
const fs = require('fs');
const http = require('http');

const server = http.createServer((request, response) => {
  fs.appendFileSync('requests.log', `${request.method} ${request.url}\n`);
  request.resume().on('end', () => response.end('hello\n'));
});

server.listen(3000);
