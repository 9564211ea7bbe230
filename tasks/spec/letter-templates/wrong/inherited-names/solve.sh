#!/bin/bash
# overhang canary 1ca35f232764e47b24507dee13c23f84
# Finds names that every object has.
set -e
cat > letters.js <<"END"
// overhang canary 1ca35f232764e47b24507dee13c23f84
'use strict';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const MISSING = Symbol('missing');
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const fail = (line, text) => { throw new Error(`line ${line}: ${text}`); };

function name(text, line) {
  const trimmed = text.trim();
  if (!NAME.test(trimmed)) fail(line, `bad name ${trimmed}`);
  return trimmed;
}

function filter(text, line) {
  const [, word, rest] = /^(\S*)\s*([^]*)$/.exec(text.trim());
  if (word === 'or') return { word, rest };
  if (word === 'pad') {
    if (!/^-?[0-9]+$/.test(rest)) fail(line, 'pad needs a number');
    return { word, rest: Number(rest) };
  }
  if (word !== 'upper' && word !== 'lower') fail(line, `unknown filter ${word}`);
  if (rest) fail(line, `${word} takes nothing`);
  return { word };
}

function parse(template) {
  const root = { body: [] };
  const stack = [root];
  let body = root.body;
  let at = 0;
  let line = 1;
  while (true) {
    const start = template.indexOf('{{', at);
    let text = template.slice(at, start < 0 ? undefined : start);
    line += text.split('\n').length - 1;
    if (start < 0) {
      body.push({ text });
      break;
    }
    const end = template.indexOf('}}', start + 2);
    if (end < 0) fail(line, 'tag not closed');
    const inner = template.slice(start + 2, end);
    const trimmed = inner.trim();
    const comment = inner.startsWith('!');
    const block = comment ? null : /^(if|each)(?:\s+([^]*))?$/.exec(trimmed);
    let next = end + 2;
    if (comment || block || trimmed === 'else' || trimmed === 'end') {
      const before = template.slice(template.lastIndexOf('\n', start - 1) + 1, start);
      const after = /[ \t]*(\r?\n|$)/y;
      after.lastIndex = next;
      const match = after.exec(template);
      if (/^[ \t]*$/.test(start === 0 ? '' : before) && match) {
        text = text.slice(0, text.length - (start === 0 ? 0 : before.length));
        next = after.lastIndex;
      }
    }
    body.push({ text });
    const top = stack[stack.length - 1];
    if (comment) {
      // Nothing is left of it.
    } else if (block) {
      const node = { kind: block[1], line, body: [] };
      let operand = block[2] || '';
      if (node.kind === 'if') {
        const not = /^not\s+([^]*)$/.exec(operand);
        if (not) [node.not, operand] = [true, not[1]];
      }
      node.name = name(operand, line);
      body.push(node);
      stack.push(node);
      body = node.body;
    } else if (trimmed === 'else') {
      if (top.kind !== 'if' || top.other) fail(line, 'else without if');
      body = top.other = [];
    } else if (trimmed === 'end') {
      if (stack.length === 1) fail(line, 'end without a block');
      stack.pop();
      const outer = stack[stack.length - 1];
      body = outer.other || outer.body;
    } else {
      const raw = trimmed.startsWith('&');
      const [first, ...filters] = (raw ? trimmed.slice(1) : trimmed).split('|');
      body.push({ kind: 'value', line, raw, name: name(first, line), filters: filters.map((one) => filter(one, line)) });
    }
    line += template.slice(start, next).split('\n').length - 1;
    at = next;
  }
  if (stack.length > 1) fail(stack[stack.length - 1].line, `${stack[stack.length - 1].kind} not closed`);
  return root.body;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value, key) => (isObject(value) && key in value ? value[key] : MISSING);

function lookUp(path, scopes) {
  const keys = path.split('.');
  let value = MISSING;
  for (let i = scopes.length - 1; i >= 0 && value === MISSING; i--) value = own(scopes[i], keys[0]);
  for (const key of keys.slice(1)) value = own(value, key);
  return value;
}

function show(node, scopes) {
  let value = lookUp(node.name, scopes);
  if (typeof value === 'object' && value !== null) fail(node.line, `${node.name} cannot be printed`);
  if (value !== MISSING) value = value === null ? '' : String(value);
  for (const { word, rest } of node.filters) {
    if (word === 'or') value = value === MISSING || value === '' ? rest : value;
    else if (value === MISSING) continue;
    else if (word === 'upper') value = value.toUpperCase();
    else if (word === 'lower') value = value.toLowerCase();
    else {
      const blanks = ' '.repeat(Math.max(0, Math.abs(rest) - [...value].length));
      value = rest < 0 ? value + blanks : blanks + value;
    }
  }
  if (value === MISSING) fail(node.line, `unknown name ${node.name}`);
  return node.raw ? value : value.replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

function run(body, scopes, out) {
  for (const node of body) {
    if (!node.kind) out.push(node.text);
    else if (node.kind === 'value') out.push(show(node, scopes));
    else if (node.kind === 'if') {
      const value = lookUp(node.name, scopes);
      const truth = value !== MISSING && (Array.isArray(value) ? value.length > 0 : Boolean(value));
      run(truth !== Boolean(node.not) ? node.body : node.other || [], scopes, out);
    } else {
      const list = lookUp(node.name, scopes);
      if (list === MISSING) fail(node.line, `unknown name ${node.name}`);
      if (list !== null && !Array.isArray(list)) fail(node.line, `${node.name} is not a list`);
      (list || []).forEach((it, i) => run(node.body, [...scopes, { it, at: i + 1, last: i + 1 === list.length }, it], out));
    }
  }
}

exports.render = (template, data) => {
  const out = [];
  run(parse(template), [data], out);
  return out.join('');
};
END
