#!/bin/bash
# overhang canary 9aa67e9d2a489c7c11543e3f4976e16a
# Makes text of each chunk by itself, though it may end within a character.
set -e
cat > join.js <<"END"
// overhang canary 9aa67e9d2a489c7c11543e3f4976e16a
'use strict';
// usage: node join.js SESSIONS EVENTS
// Both files are sorted by time. Prints a summary line for each session, in the order of SESSIONS.
const fs = require('fs');

async function* rows(path) {
  let rest = '';
  for await (const chunk of fs.createReadStream(path, { highWaterMark: 1 << 16 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== '') yield line.split(',');
  }
  if (rest.trim() !== '') yield rest.split(',');
}

let pending = '';
async function print(line) {
  pending += line + '\n';
  if (pending.length > 1 << 14) await flush();
}

function flush() {
  const text = pending;
  pending = '';
  return new Promise((done) => process.stdout.write(text, done));
}

function summary({ id, count, total, kinds }) {
  const shown = [...kinds.keys()].sort().map((kind) => `${kind}=${kinds.get(kind)}`).join(' ');
  return `${id}: ${count} events, ${total} bytes${shown ? ', ' + shown : ''}`;
}

async function main() {
  if (process.argv.length !== 4) {
    console.error('usage: node join.js SESSIONS EVENTS');
    process.exit(2);
  }
  const sessions = rows(process.argv[2]);
  const events = rows(process.argv[3]);
  let waiting = [];
  let first = 0;
  let open = new Map();
  let orphans = 0;
  let [session, event] = await Promise.all([sessions.next(), events.next()]);

  async function release(now) {
    while (first < waiting.length && (now === undefined || waiting[first].to < now)) {
      const one = waiting[first++];
      const own = open.get(one.user);
      own.delete(one);
      if (own.size === 0) open.delete(one.user);
      await print(summary(one));
    }
    if (first > 1000) {
      waiting = waiting.slice(first);
      first = 0;
    }
  }

  while (!session.done || !event.done) {
    const time = event.done ? undefined : Number(event.value[0]);
    if (!session.done && (event.done || Number(session.value[2]) <= time)) {
      const [id, user, from, to] = session.value;
      await release(Number(from));
      const one = { id, user, from: Number(from), to: Number(to), count: 0, total: 0, kinds: new Map() };
      waiting.push(one);
      if (!open.has(user)) open.set(user, new Set());
      open.get(user).add(one);
      session = await sessions.next();
    } else {
      const [, user, kind, size] = event.value;
      let found = false;
      for (const one of open.get(user) || []) {
        if (one.to < time || one.from > time) continue;
        found = true;
        one.count++;
        one.total += Number(size) || 0;
        one.kinds.set(kind, (one.kinds.get(kind) || 0) + 1);
      }
      if (!found) orphans++;
      event = await events.next();
    }
  }
  await release(undefined);
  await print(`${orphans} events without a session`);
  await flush();
}

main();
END
