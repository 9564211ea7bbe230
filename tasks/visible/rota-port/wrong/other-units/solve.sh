#!/bin/bash
# overhang canary 1916b7c77adcd88cb2e593f3a9c65c1b
# Names are as long as their UTF-16.
set -e
cat > rota.js <<"JS"
// overhang canary 1916b7c77adcd88cb2e593f3a9c65c1b
'use strict';

const DAY = 24 * 60;

const floorDivide = (a, b) => Number(floorBig(BigInt(a), BigInt(b)));
const modulo = (a, b) => ((a % b) + b) % b;
const two = (number) => String(number).padStart(2, '0');

function floorBig(a, b) {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

// numerator / denominator as a whole number; halves go to the even one.
function toEven(numerator, denominator) {
  const floor = floorBig(numerator, denominator);
  const twice = 2n * (numerator - floor * denominator);
  const up = twice > denominator || (twice === denominator && floor % 2n !== 0n);
  return up ? floor + 1n : floor;
}

// The exact value of a double as a fraction.
function fraction(value) {
  let denominator = 1n;
  while (!Number.isInteger(value)) {
    value *= 2;
    denominator *= 2n;
  }
  return [BigInt(value), denominator];
}

function oneDecimal(value) {
  const [numerator, denominator] = fraction(Math.abs(value));
  const tenths = toEven(numerator * 10n, denominator);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return `${sign}${tenths / 10n}.${tenths % 10n}`;
}

function compareNames(one, other) {
  const [a, b] = [[...one], [...other]];
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return a[i].codePointAt(0) - b[i].codePointAt(0);
  }
  return a.length - b.length;
}

function clock(minutes) {
  const days = floorDivide(minutes, DAY);
  const rest = modulo(minutes, DAY);
  const text = `${two(Math.floor(rest / 60))}:${two(rest % 60)}`;
  return days === 0 ? text : `${text} ${days > 0 ? '+' : ''}${days}d`;
}

function pay(minutes, rate) {
  return Number(toEven(BigInt(minutes) * BigInt(rate), 60n));
}

function share(total, weights) {
  const whole = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  const products = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = products.map((product) => floorBig(product, whole));
  const rest = products.map((product, i) => product - parts[i] * whole);
  const order = weights.map((_, i) => i);
  order.sort((a, b) => (rest[a] === rest[b] ? a - b : rest[a] > rest[b] ? -1 : 1));
  const left = BigInt(total) - parts.reduce((sum, part) => sum + part, 0n);
  for (const i of order.slice(0, Number(left))) parts[i] += 1n;
  return parts.map(Number);
}

function board(hours) {
  const rows = Object.entries(hours);
  rows.sort(([a, x], [b, y]) => y - x || compareNames(a, b));
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, count]) => name.padEnd(width) + ' ' + oneDecimal(count).padStart(5));
}

function listing(names) {
  const tidy = names.map((name) => name.split(/\s+/).filter(Boolean).join(' ')).filter(Boolean);
  if (tidy.length < 2) return tidy.join('');
  return tidy.slice(0, -1).join(', ') + ' and ' + tidy[tidy.length - 1];
}

function turns(names, weeks, skip) {
  const list = [];
  for (let week = 0; week < weeks; week++) {
    list.push(names.length ? names[modulo(week + skip, names.length)] : null);
  }
  return list;
}

module.exports = { clock, pay, share, board, listing, turns };
JS
