// overhang canary 1916b7c77adcd88cb2e593f3a9c65c1b
// Run in /workspace: node tests/test.js
'use strict';
const assert = require('assert');
const { clock, pay, share, board, listing, turns } = require('../rota.js');

let failed = 0;
function equal(got, want) {
  try {
    assert.deepStrictEqual(got, want);
  } catch (problem) {
    failed++;
    console.log(problem.message);
  }
}

equal(clock(75), "01:15");
equal(clock(1500), "01:00 +1d");
equal(clock(-60), "23:00 -1d");
equal(clock(-60), "-01:00");

equal(pay(90, 1000), 1500);
equal(pay(30, 1), 0);
equal(pay(90, 1), 2);
equal(pay(-90, 3), -4);

equal(share(100, [1, 1, 1]), [34, 33, 33]);
equal(share(7, [5, 0, 2, 2]), [4, 0, 2, 1]);
equal(share(-10, [1, 2]), [-3, -7]);

equal(board({"Bo": 3, "Ann": 12.5, "Cy": 3}), ["Ann  12.5", "Bo    3.0", "Cy    3.0"]);
equal(board({"Dee": 0.25, "Eve": 0.75}), ["Eve   0.8", "Dee   0.2"]);

equal(listing(["Ann", "Bo", "Cy"]), "Ann, Bo and Cy");
equal(listing(["  Ann   Lee ", " ", "Bo"]), "Ann Lee and Bo");
equal(listing([]), "");

equal(turns(["Ann", "Bo", "Cy"], 4, 1), ["Bo", "Cy", "Ann", "Bo"]);
equal(turns(["Ann", "Bo", "Cy"], 2, -1), ["Cy", "Ann"]);
equal(turns([], 2, 0), [null, null]);

if (failed) {
  console.log(failed + ' failed');
  process.exit(1);
}
console.log('all passed');
