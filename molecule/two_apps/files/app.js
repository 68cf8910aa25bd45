'use strict';
// Says which app it is; keeps each request for a moment, so that a load always has some in flight.
const http = require('http');

http.createServer((request, response) => {
  request.resume().on('end', () => {
    setTimeout(() => response.end(process.env.NAME + '\n'), 50);
  });
}).listen(process.env.PORT);
