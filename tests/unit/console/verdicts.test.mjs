// What a verdict's numbers are shown as.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NAMES, check } from "../../../rollout/console/js/reading/checks.js";
import { tables, unfolds } from "../../../rollout/console/js/reading/verdicts.js";

const GATE = {
  errors: { tolerance: { ratio: 1.2, points: "0.02%" }, limit: { ratio: 1.5, points: "1%" }, slo: "5%" },
  rejected: { tolerance: { ratio: 1.2, points: "1%" } },
  latency: false,
  split: { tolerance: "30%" },
  creep: "report",
  budget: { errors: 0.01, majority: 0.01, slo: 0.005, split: 0.005, advance: 0.05 },
  observe_only: ["majority"],
  logs: { checks: [{ name: "refunds", alpha: 0.001, on_harm: "hold", tolerance: { ratio: 2, points: "3%" } }] },
};
const FROZEN = { gate: GATE, quality: null };
const NUMBERS = {
  stage: 0,
  minutes: 1,
  candidate: [960, 12, 3],
  stable: [840, 0, 0],
  stageCandidate: [60, 12, 0],
  stageStable: [0, 0, 0],
  harm: { errors: 4.7, majority: -0.4, refunds: 0.1 },
  evidence: 8.7526,
  fired: { errors: "2026-01-05T10:11:00+00:00" },
};
const titled = (found, title) => found.find((table) => table.title === title);

test("both sides' requests stand beside each other, with the share that failed", () => {
  const found = titled(tables({ numbers: NUMBERS }, FROZEN), "Requests");
  assert.deepEqual(found.rows[0], ["candidate, this stage", "60", "12", "20.0 %", "0"]);
  assert.deepEqual(found.rows[1], ["stable, this stage", "0", "0", "–", "0"]);
  assert.equal(found.note, "1 minute with requests in this stage");
});

test("the check nearest to its limit comes first, with the odds at which it acts", () => {
  const { rows } = titled(tables({ numbers: NUMBERS }, FROZEN), "Odds of harm");
  assert.deepEqual(rows[0], [
    "errors",
    "fails more than stable",
    "1.2 x stable + 0.02%",
    "110:1",
    "100:1",
    "rollback; reached 10:11 UTC",
  ]);
  assert.deepEqual(rows.at(-1).slice(3), ["0.7:1", "100:1", "report"]);
  assert.deepEqual(rows[1].slice(0, 3), ["refunds", "is worse by the policy's own query", "2 x stable + 3%"]);
});

test("without the policy the odds are shown, and no limit is invented", () => {
  const { rows } = titled(tables({ numbers: NUMBERS }, { gate: null, quality: null }), "Odds of harm");
  assert.deepEqual(rows[0].slice(2), ["–", "110:1", "–", "reached 10:11 UTC"]);
});

test("what passes a stage is said with what is needed", () => {
  const { rows } = titled(tables({ numbers: NUMBERS }, FROZEN), "Evidence to pass");
  assert.deepEqual(rows, [["failures", "fails less than 1.5 x stable + 1%", "6,327:1", "20:1"]]);
});

test("what both sides predicted stands beside each other", () => {
  const predictions = {
    answers: [240, 49, 300],
    twice: [42, 0, 6],
    evidence: -30.7,
    faults: [240, 3, 240, 1],
    losses: [240, 24, 36],
    lossesEvidence: 1.69,
    bodies: [100, 2, 90, 0],
    odd: { score: [100, 5, 90, 1] },
    variation: { score: 0.123 },
  };
  const found = tables({ numbers: { ...NUMBERS, predictions } }, FROZEN);
  assert.deepEqual(titled(found, "Predictions").rows, [
    ["answers unlike stable's", "49 of 240", "–"],
    ["where stable was asked twice, unlike before", "6 of 42", "0 of 42"],
    ["faults", "3 of 240", "1 of 240"],
    ["mean loss of 240 labelled inputs", "0.1000", "0.1500"],
    ["live answers not as they must be", "2 of 100", "0 of 90"],
    ["odd score", "5 of 100", "1 of 90"],
  ]);
  assert.equal(titled(found, "Predictions").note, "300 inputs in all");
  assert.deepEqual(titled(found, "Live outputs").rows, [["score", "12.3 %"]]);
  const proof = titled(found, "Evidence to pass").rows;
  assert.deepEqual(proof.map(([on, , now]) => [on, now]).slice(1), [["answers", "0.0:1"], ["labels", "5.4:1"]]);
});

test("nothing that is stored stays hidden", () => {
  const data = {
    finding: "harm",
    wanted: { "blue-0": 90, "green-2": 10 },
    numbers: { ...NUMBERS, silentMinutes: 12.5 },
    plan: { stages: [{ weight: 10, minutes: { requests: null } }], warnings: ["few requests"] },
    gate: { budget: { errors: 0.005 }, checks: [{ name: "refunds" }] },
  };
  const all = JSON.stringify(tables(data, FROZEN));
  for (const part of ["12.5", '"finding","harm"', "green-2 10 %", '"10 %"', "few requests", "0.005", "checks[1].name"]) {
    assert.ok(all.includes(part), part);
  }
});

test("each check says what it asks and what follows", () => {
  for (const name of NAMES) {
    const found = check(name, { ...GATE, latency: { tolerance: 1.3, slo: "200ms" } }, { difference: "hold" });
    assert.ok(found.asks && found.then, name);
  }
  assert.equal(check("slo", GATE).odds, 200);
});

test("an entry without data has nothing to unfold", () => {
  assert.equal(unfolds({ data: {}, bodies: [] }), false);
  assert.equal(unfolds({ data: { reason: "" }, bodies: [] }), false);
  assert.equal(unfolds({ data: {}, bodies: ["log"] }), true);
});
