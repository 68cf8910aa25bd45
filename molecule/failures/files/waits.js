'use strict';
// A release that runs and never listens.
console.error('waiting for a lock that nobody gives back');
setInterval(() => {}, 1000);
