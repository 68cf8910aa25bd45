'use strict';
require('http').createServer((request, response) => response.end('hello\n'))
  .listen(process.env.PORT, '127.0.0.1');
