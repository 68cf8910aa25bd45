'use strict';
// An app that sets a time-out itself, far too low for any nginx, and listens where PORT says.
const http = require('http');

const server = http.createServer((request, response) => {
  request.resume().on('end', () => response.end('paid\n'));
});

server.keepAliveTimeout = 2000;
server.listen(process.env.PORT);
