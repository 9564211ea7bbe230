// overhang canary 9463029fa71bfdfe6babdff95cf5fcff
'use strict';

class Pool {
  constructor(limit) {
    if (limit < 1) throw new RangeError('limit must be a positive integer');
    this.limit = limit;
    this.running = 0;
    this.waiting = [];
    this.idlers = [];
  }

  add(job, priority) {
    const entry = { job, priority: priority || 0 };
    entry.promise = new Promise((resolve, reject) => {
      entry.resolve = resolve;
      entry.reject = reject;
    });
    const place = this.waiting.findIndex((other) => other.priority <= entry.priority);
    if (place < 0) this.waiting.push(entry);
    else this.waiting.splice(place, 0, entry);
    this.next();
    return entry.promise;
  }

  cancel(promise) {
    const place = this.waiting.findIndex((entry) => entry.promise === promise);
    const [entry] = this.waiting.splice(place, 1);
    if (!entry) return false;
    entry.reject(new Error('cancelled'));
    return true;
  }

  resize(limit) {
    this.limit = limit;
    this.next();
  }

  idle() {
    return new Promise((resolve) => {
      if (this.running === 0) resolve();
      else this.idlers.push(resolve);
    });
  }

  next() {
    if (this.running >= this.limit) return;
    const entry = this.waiting.shift();
    if (!entry) return;
    this.running++;
    entry.job().then((value) => {
      this.running--;
      entry.resolve(value);
      if (this.running === 0) this.idlers.splice(0).forEach((resolve) => resolve());
      this.next();
    }, entry.reject);
  }
}

module.exports = { Pool };
