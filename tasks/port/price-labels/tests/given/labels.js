// overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1
'use strict';
// Prints price labels: reads NAME;AMOUNT;COUNT lines from standard input.
const fs = require('fs');

const items = [];
const bad = [];
let total = 0;
for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue;
  const [name, amount, count = '1'] = line.split(';').map((part) => part.trim());
  const price = Number(amount);
  const pieces = parseInt(count);
  if (Number.isNaN(price) || Number.isNaN(pieces)) {
    bad.push(name);
    continue;
  }
  items.push({ name, price, pieces });
  total += price * pieces;
}
items.sort((a, b) => b.pieces - a.pieces || a.price - b.price);
for (const { name, price, pieces } of items) {
  console.log(`${name.padEnd(12, '.')}${price.toFixed(2).padStart(10)} x${pieces} = ${Math.round(price * pieces)}${price < 0 ? ' back' : ''}`);
}
for (const name of [...new Set(bad)].sort()) console.log(`? ${name.slice(0, 8)}`);
console.log(`total ${total}`);
