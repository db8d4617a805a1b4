// A history as a timeline, and every version's why.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as history from "../../../rollout/console/js/reading/history.js";
import { orderFor, rollouts, versions } from "../../../rollout/console/js/reading/versions.js";

const ID = "20260105T100500000000Z-00000005";
const entry = (sequence, more = {}) => ({
  rollout: ID,
  sequence,
  at: `2026-01-0${sequence}T10:00:00Z`,
  kind: "PhaseChanged",
  phase: "BAKING",
  data: {},
  bodies: [],
  ...more,
});

test("pages join without a repeat, the newest first", () => {
  const found = history.merged([entry(3), entry(2)], [entry(1), entry(2)]);
  assert.deepEqual(found.map((each) => each.sequence), [3, 2, 1]);
  assert.deepEqual(history.days(found).map(({ day }) => day), ["2026-01-03", "2026-01-02", "2026-01-01"]);
});

test("an address names a row, a rollout, or both", () => {
  assert.deepEqual(history.place("12"), { rollout: "", sequence: 12 });
  assert.deepEqual(history.place(ID), { rollout: ID, sequence: null });
  assert.deepEqual(history.place(`${ID}.7`), { rollout: ID, sequence: 7 });
  assert.deepEqual(history.place("0"), { rollout: "", sequence: null });
  assert.deepEqual(history.place("x"), { rollout: "", sequence: null });
  assert.equal(history.anchor(entry(7), false), `${ID}.7`);
});

test("the policy of later rows goes over that of the start", () => {
  const start = entry(1, { kind: "RolloutStarted", data: { gate: { a: 1 }, quality: { b: 1 } } });
  const planned = entry(3, { kind: "Planned", data: { gate: { a: 2 }, quality: null } });
  assert.deepEqual(history.frozen([planned, start]), { gate: { a: 2 }, quality: { b: 1 } });
  assert.equal(history.lacksStart([planned]), true);
  assert.equal(history.lacksStart([planned, start]), false);
});

test("an export is in the order of events, and says whether it is all", () => {
  const document = JSON.parse(history.exported("fraud", ID, [entry(3), entry(2)]));
  assert.equal(document.complete, false);
  assert.deepEqual(document.history.map((each) => each.sequence), [2, 3]);
  assert.equal(history.fileName("a/b c", ID), `a-b-c-${ID}.json`);
});

const OFFER = { model: "m", source: "event", offeredAt: "2026-01-05T10:00:00Z", by: null };
const VIEW = {
  says: "17 is held for gate at 10 %",
  rollout: { id: ID, version: "17", model: "m", phase: "BAKING" },
  waiting: { ...OFFER, version: "18" },
  received: [],
  allowed: [
    { verb: "retry", means: "offers version 16 again", needs: [], role: "Operator" },
    { verb: "cancel", means: "withdraws version 18", needs: [], role: "Operator" },
  ],
};
const RECORDS = [
  { ...OFFER, version: "16", state: "quarantined", text: "failed more", decidedAt: "2026-01-04", rollout: "20260104T1Z-1" },
  { ...OFFER, version: "17", state: "rollout", text: "started", decidedAt: "2026-01-05", rollout: ID },
  { ...OFFER, version: "18", state: "waiting", text: "waits", decidedAt: "2026-01-06", rollout: null },
];

test("a waiting version says for which one it waits", () => {
  const [first] = versions(VIEW, RECORDS);
  assert.equal(first.version, "18");
  assert.equal(
    first.why,
    "waits for version 17: 17 is held for gate at 10 %. It starts when that ends.",
  );
});

test("each version is there once, with its own reason", () => {
  const found = versions(VIEW, RECORDS);
  assert.deepEqual(found.map((each) => each.version), ["18", "17", "16"]);
  assert.deepEqual(found.map((each) => each.means), ["until its turn comes", "on trial", "failed before"]);
  assert.equal(found[1].why, VIEW.says);
  assert.equal(found[2].why, "failed more");
});

test("only what the view allows is offered", () => {
  const [waits, runs, failed] = versions(VIEW, RECORDS);
  assert.equal(orderFor(waits, VIEW).verb, "cancel");
  assert.equal(orderFor(runs, VIEW), null);
  assert.equal(orderFor(failed, VIEW).means, "offers version 16 again");
  assert.equal(orderFor(failed, { ...VIEW, allowed: [] }), null);
});

test("the rollouts of a service are listed once, the latest first", () => {
  assert.deepEqual(rollouts(VIEW, RECORDS), [
    { id: ID, version: "17" },
    { id: "20260104T1Z-1", version: "16" },
  ]);
});
