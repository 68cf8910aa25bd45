'use strict';
// A release that cannot start.
throw new Error('no database at db.example.com');
