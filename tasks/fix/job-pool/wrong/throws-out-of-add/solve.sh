#!/bin/bash
# overhang canary 9463029fa71bfdfe6babdff95cf5fcff
# A job that throws at once is not caught.
set -e
cat > pool.js <<"END"
// overhang canary 9463029fa71bfdfe6babdff95cf5fcff
'use strict';

class Pool {
  #limit;
  #running = 0;
  #waiting = [];
  #idlers = [];

  constructor(limit) {
    this.resize(limit);
  }

  add(job, priority = 0) {
    const entry = { job, priority };
    const promise = new Promise((resolve, reject) => {
      entry.resolve = resolve;
      entry.reject = reject;
    });
    entry.promise = promise;
    let place = this.#waiting.length;
    while (place > 0 && this.#waiting[place - 1].priority < priority) place--;
    this.#waiting.splice(place, 0, entry);
    this.#fill();
    return promise;
  }

  cancel(promise) {
    const place = this.#waiting.findIndex((entry) => entry.promise === promise);
    if (place < 0) return false;
    const [entry] = this.#waiting.splice(place, 1);
    entry.reject(new Error('cancelled'));
    this.#lookIdle();
    return true;
  }

  resize(limit) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a positive integer');
    this.#limit = limit;
    this.#fill();
  }

  idle() {
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
      this.#lookIdle();
    });
  }

  #fill() {
    while (this.#running < this.#limit && this.#waiting.length > 0) {
      const entry = this.#waiting.shift();
      this.#running++;
      const result = Promise.resolve(entry.job());
      const end = (settle) => (outcome) => {
        this.#running--;
        this.#fill();
        settle(outcome);
        this.#lookIdle();
      };
      result.then(end(entry.resolve), end(entry.reject));
    }
  }

  // Reactions to the last job run before this does, and may add another one.
  #lookIdle() {
    setImmediate(() => {
      if (this.#running > 0 || this.#waiting.length > 0) return;
      for (const resolve of this.#idlers.splice(0)) resolve();
    });
  }
}

module.exports = { Pool };
END
