// What the app's views amount to: order, counts, phases, orders, the az line, plots.

import assert from "node:assert/strict";
import { test } from "node:test";

import { azLine, countsOf, latest, matches, moodOf, orders, phaseText, plotted, rangeOf, sorted } from "../../../rollout/console/js/views.js";

const ID = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/e1";
const rollout = (more = {}) => ({
  phase: "BAKING", stage: 1, stages: [{}, {}, {}], version: "7", stable: "blue-6", candidate: "green-7",
  hold: null, suspended: false, traffic: { seen: { "blue-6": 50, "green-7": 50 } }, ...more,
});
const view = (service, more = {}) => ({
  service, endpoint: ID, says: "it bakes", fault: null, next: { person: false }, rollout: rollout(), allowed: [], ...more,
});
const held = (service) => view(service, { next: { person: true }, rollout: rollout({ hold: { reason: "gate" } }) });

test("who needs a person comes first, then faults, ways back, what moves and what rests", () => {
  const rest = view("a", { next: null });
  const views = [rest, view("c"), view("b"), view("d", { rollout: rollout({ phase: "ROLLING_BACK" }) }),
    view("e", { rollout: null, fault: "broken" }), held("f")];
  assert.deepEqual(sorted(views).map(({ service }) => service), ["f", "e", "d", "b", "c", "a"]);
  assert.equal(countsOf(views), "6 services, 1 needs a person, 1 has a fault, 3 move");
  assert.equal(countsOf([rest]), "1 service");
});

test("a summary that says whether a person is needed is believed", () => {
  assert.equal(moodOf({ ...view("a"), needsPerson: true }), "person");
  assert.equal(moodOf({ ...held("a"), needsPerson: false }), "moving");
});

test("a filter finds rows in which every word stands somewhere", () => {
  assert.ok(matches(held("churn"), ""));
  assert.ok(matches(held("churn"), "HELD v7 chu"));
  assert.ok(!matches(held("churn"), "held v8"));
});

test("a phase is told with its stage, its hold or its fault", () => {
  assert.equal(phaseText(view("a")), "BAKING 2/3");
  assert.equal(phaseText(held("a")), "HELD gate");
  assert.equal(phaseText(view("a", { rollout: rollout({ phase: "ROLLED_BACK" }) })), "ROLLED BACK");
  assert.equal(phaseText(view("a", { rollout: rollout({ suspended: true }) })), "BAKING 2/3 (suspended)");
  assert.equal(phaseText(view("a", { rollout: null, fault: "x" })), "FAULT");
  assert.equal(phaseText(view("a", { rollout: null, waiting: { version: "7" } })), "WAITS");
  assert.equal(phaseText(view("a", { rollout: null })), "NONE");
});

test("the az line takes every other deployment's traffic away, third ones' too", () => {
  const seen = { "blue-6": 40, "green-7": 40, other: 20 };
  assert.equal(
    azLine(view("a", { rollout: rollout({ traffic: { seen } }) })),
    "az ml online-endpoint update --name e1 --resource-group rg --workspace-name ws --subscription s1 " +
      '--traffic "blue-6=100 green-7=0 other=0"',
  );
});

test("there is no az line where there is nothing to go back to", () => {
  assert.equal(azLine(view("a", { rollout: null })), "");
  assert.equal(azLine(view("a", { endpoint: null })), "");
  assert.equal(azLine(view("a", { rollout: rollout({ stable: null }) })), "");
  assert.equal(azLine(view("a", { rollout: rollout({ phase: "SUCCEEDED" }) })), "");
});

test("the next step is the main order only where a person decides; going back is never last", () => {
  const allowed = ["cancel", "pause", "rollback", "advance", "unheard"].map((verb) => ({ verb }));
  const verbs = (seen) => orders(seen).map(({ order, main }) => (main ? `*${order.verb}` : order.verb));
  assert.deepEqual(verbs(view("a", { allowed })), ["rollback", "advance", "pause", "cancel", "unheard"]);
  assert.deepEqual(verbs({ ...held("a"), allowed }), ["*advance", "rollback", "pause", "cancel", "unheard"]);
  assert.deepEqual(verbs({ ...view("a"), allowed: undefined }), []);
  const unproven = [{ verb: "advance", needs: ["expected", "skip_evidence"] }, { verb: "rollback", needs: [] }];
  assert.deepEqual(verbs({ ...held("a"), allowed: unproven }), ["*rollback", "advance"]);
});

test("minutes of several pages become one line for each side, with gaps where nothing is known", () => {
  const minute = (at, candidate, stable) => ({ minute: `2026-01-01T00:0${at}:00Z`, candidate, stable });
  const side = (requests, failed) => ({ requests, failed, p95Millis: 40 });
  const mark = (second, weight) => ({ at: `2026-01-01T00:00:0${second}Z`, kind: "PhaseChanged", text: "x", weight });
  const early = { ...minute(1, side(0, 0), side(1, 1)), settled: false };
  const drawn = plotted([
    { value: [minute(0, null, side(10, 1)), early], marks: [mark(0, 10), mark(1, 10)], after: "x" },
    { value: [minute(1, side(0, 0), { requests: 4, failed: 0 })], marks: [mark(2, null), mark(3, 50)], after: null },
  ]);
  assert.deepEqual(drawn.requests, { stable: [10, 4], candidate: [null, 0] });
  assert.deepEqual(drawn.failed, { stable: [10, 0], candidate: [null, null] });
  assert.deepEqual(drawn.p95, { stable: [40, null], candidate: [null, 40] });
  assert.equal(drawn.times[1] - drawn.times[0], 60);
  assert.deepEqual(drawn.marks, [{ at: drawn.times[0], text: "10 %" }, { at: drawn.times[0] + 3, text: "50 %" }]);
  assert.equal(drawn.faulty, null);
});

test("answers that were read are drawn where there are any", () => {
  const predictions = { candidate: { answers: 50, failed: 1 }, stable: { answers: 0, failed: 0 } };
  const minute = { minute: "2026-01-01T00:00:00Z", candidate: null, stable: null, predictions };
  assert.deepEqual(plotted([{ value: [minute] }]).faulty, { stable: [null], candidate: [2] });
});

test("a plot tells the last minute that is known, and zeros have an axis", () => {
  assert.deepEqual([latest([1, 2, null]), latest([0, undefined]), latest([null]), latest([])], [2, 0, null, null]);
  assert.deepEqual([rangeOf(null, null), rangeOf(0, 0), rangeOf(0, 10)], [[0, 1], [0, 1], [0, 11]]);
});
