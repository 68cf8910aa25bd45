'use strict';
// The shop: an ordinary Node server, every time-out at its default.
const http = require('http');

const server = http.createServer((request, response) => {
  let received = 0;
  request.on('data', (chunk) => { received += chunk.length; });
  request.on('end', () => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ method: request.method, received }) + '\n');
  });
});

server.listen(3000);
