// overhang canary 9aa67e9d2a489c7c11543e3f4976e16a
'use strict';
// usage: node join.js SESSIONS EVENTS
// Both files are sorted by time. Prints a summary line for each session, in the order of SESSIONS.
const fs = require('fs');

function table(path) {
  return fs.readFileSync(path, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => line.split(','));
}

function main() {
  if (process.argv.length !== 4) {
    console.error('usage: node join.js SESSIONS EVENTS');
    process.exit(2);
  }
  const sessions = table(process.argv[2]);
  const events = table(process.argv[3]).map(([time, user, kind, size]) => ({ time: Number(time), user, kind, size: Number(size) || 0 }));
  let orphans = events.length;
  const used = new Set();
  for (const [id, user, from, to] of sessions) {
    const own = events.filter((event) => event.user === user && event.time >= Number(from) && event.time <= Number(to));
    own.forEach((event) => used.add(event));
    const kinds = Object.create(null);
    let total = 0;
    for (const event of own) {
      kinds[event.kind] = (kinds[event.kind] || 0) + 1;
      total += event.size;
    }
    const shown = Object.keys(kinds).sort().map((kind) => `${kind}=${kinds[kind]}`).join(' ');
    console.log(`${id}: ${own.length} events, ${total} bytes${shown ? ', ' + shown : ''}`);
  }
  orphans -= used.size;
  console.log(`${orphans} events without a session`);
}

main();
