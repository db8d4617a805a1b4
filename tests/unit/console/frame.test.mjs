// Addresses, words for figures, and how often the app is asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, counted, ms, odds, reached, short } from "../../../rollout/console/js/format.js";
import { LONGEST_MS, MOVING_MS, STILL_MS, pause } from "../../../rollout/console/js/pace.js";
import { routeOf, toService } from "../../../rollout/console/js/routes.js";

test("each page has an address, and no other address is one", () => {
  const pages = {
    "": "fleet", "#/": "fleet", "#/approvals": "approvals", "#/s/a": "service", "#/s/a/": "service",
    "#/s/a/timeline": "timeline", "#/s/a/timeline/12": "timeline", "#/s/a/versions/3": "versions",
    "#/s/a/plan": "plan", "#/s/a/policy": "policy", "#/s/a/do/rollback": "confirm",
  };
  for (const [hash, page] of Object.entries(pages)) assert.equal(routeOf(hash)?.page, page, hash);
  for (const hash of ["#/s", "#/x", "#/s/a/do", "#/s/a/plan/1", "#/s/%zz"]) assert.equal(routeOf(hash), null, hash);
});

test("an address carries names and what a message is bound to", () => {
  const { params, query } = routeOf(`${toService("a b", "do", "rollback")}?rollout=r1&stage=0`);
  assert.deepEqual(params, { service: "a b", verb: "rollback" });
  assert.deepEqual(query, { rollout: "r1", stage: "0" });
});

test("durations and odds are as the command line says them", () => {
  assert.deepEqual([0, 59, 60, 7200, 200000].map(short), ["0s", "59s", "1m", "2h", "2d"]);
  assert.deepEqual([-5, 372, 3972, 90000].map(clock), ["0:00", "6:12", "1:06:12", "1d"]);
  assert.deepEqual([0.44, 9.96, 71, 1234].map(odds), ["0.4:1", "10.0:1", "71:1", "1,234:1"]);
  assert.equal(counted(1, "service"), "1 service");
  assert.equal(counted(1200, "service"), "1,200 services");
  assert.deepEqual([ms(null), ms("no time"), ms("1970-01-01T00:00:01Z")], [null, null, 1000]);
});

test("a bar is empty at even odds and full where the gate acts", () => {
  assert.deepEqual([reached(0.2, 20), reached(1, 20), reached(20, 20), reached(500, 20)], [0, 0, 1, 1]);
  assert.ok(Math.abs(reached(10, 100) - 0.5) < 1e-9);
  assert.equal(reached(5, 1), 0);
});

test("what moves is asked about often, and an app in trouble less and less", () => {
  const usual = { failures: 0, chance: 0.5 };
  assert.equal(pause({ ...usual, moving: true }), MOVING_MS);
  assert.equal(pause({ ...usual, moving: false }), STILL_MS);
  const waits = [1, 2, 3, 4, 5, 6, 20].map((failures) => pause({ moving: true, failures }));
  assert.deepEqual(waits, [3, 6, 12, 24, 48, 60, 60].map((seconds) => seconds * 1000));
  assert.equal(waits.at(-1), LONGEST_MS);
  assert.equal(pause({ moving: true, failures: 1, retryAfter: 90, chance: 0 }), 90_000);
});

test("browsers that began together drift apart, by a fifth at most", () => {
  const [first, last] = [0, 1].map((chance) => pause({ moving: true, failures: 0, chance }));
  assert.deepEqual([first, last].map(Math.round), [0.8 * MOVING_MS, 1.2 * MOVING_MS]);
});
