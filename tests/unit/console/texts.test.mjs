// Texts side by side, forecasts, and who is waited for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { oddsOfLn, percent, span, words } from "../../../rollout/console/js/reading/figures.js";
import { sent, stageTable } from "../../../rollout/console/js/reading/forecast.js";
import { shortened, sideBySide } from "../../../rollout/console/js/reading/texts.js";
import { barred, demands, endsBy, waiting, waitsFor } from "../../../rollout/console/js/reading/waits.js";

const shown = (rows) =>
  rows.map(({ left, right, same }) => (same ? `=${left}` : `${left ?? ""}|${right ?? ""}`));

test("a changed line stands beside what came in its place", () => {
  const rows = sideBySide("a: 1\nb: 2\nc: 3\n", "a: 1\nb: 4\nc: 3\nd: 5\n");
  assert.deepEqual(shown(rows), ["=a: 1", "b: 2|b: 4", "=c: 3", "|d: 5"]);
  assert.deepEqual(rows.map((row) => row.rightAt), [1, 2, 3, 4]);
});

test("whatever two texts are, each side can be read back", () => {
  let seed = 7;
  const next = (most) => (seed = (seed * 48271) % 2147483647) % most;
  for (let round = 0; round < 300; round += 1) {
    const text = () => Array.from({ length: next(12) }, () => `l${next(4)}`).join("\n");
    const [left, right] = [text(), text()];
    const rows = sideBySide(left, right);
    const side = (name) => rows.map((row) => row[name]).filter((line) => line !== null).join("\n");
    assert.equal(side("left"), left);
    assert.equal(side("right"), right);
    assert.ok(rows.every((row) => !row.same || row.left === row.right));
  }
});

test("equal texts have no row that differs, and are left out", () => {
  assert.deepEqual(shortened(sideBySide("a\nb", "a\nb\n")), [{ skipped: 2 }]);
});

test("what stayed is left out, but for the lines beside a change", () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const rows = shortened(sideBySide(lines.join("\n"), [...lines.slice(0, 10), "new", ...lines.slice(10)].join("\n")), 2);
  assert.deepEqual(rows.map((row) => row.skipped ?? row.right), [8, "line 8", "line 9", "new", "line 10", "line 11", 8]);
});

test("figures read as people say them", () => {
  assert.deepEqual([0, 59, 3661, 90061, null].map(span), ["0 s", "59 s", "1 h 1 min", "1 d 1 h", "never"]);
  assert.deepEqual([0, 0.0034, 0.2804, null].map(percent), ["0.0 %", "0.34 %", "28.0 %", "–"]);
  assert.deepEqual([Math.log(71), -1, 50].map(oddsOfLn), ["71:1", "0.4:1", "over 1,000,000:1"]);
  assert.equal(words("plannedMinutes"), "planned minutes");
});

const STAGE = {
  weight: 10,
  requestsPerMinute: 60,
  minutes: { minutes: 1, failures: null },
  chance: 0.98,
  evidenceFrom: "probes",
  lastsMinutes: 3,
  findsFailuresFrom: 0.0041,
  findsSlowdownFrom: null,
};

test("a forecast says how long, by what, and what it could find", () => {
  const { rows, note } = stageTable([STAGE, { ...STAGE, weight: 0, mirror: 50 }]);
  assert.deepEqual(rows[0], [
    ...["10 %", "3 min", "evidence on failures, for ever", "probes", "60", "98 %"],
    "failures from 0.41 %",
  ]);
  assert.equal(rows[1][0], "mirror 50 %");
  assert.equal(note, "all together 6 min");
  assert.equal(stageTable([STAGE, { ...STAGE, lastsMinutes: null }]).note, "all together never");
});

test("what is sent besides clients' requests is said", () => {
  assert.deepEqual(sent({ probes: null, golden: null }), []);
  assert.deepEqual(
    sent({ probes: { inputs: 40, minutes: null }, golden: { rows: 1200, minutes: 2, knownTo: [0.88, 0.92] } }),
    [
      "Probes: 40 inputs to both sides, never all in time.",
      "Golden set: 1,200 rows, sent in about 2 min; 90 % of them right would say 88.0 % to 92.0 %.",
    ],
  );
});

const held = (service, reason, expires) => ({
  service,
  next: { person: true },
  rollout: { phase: "BAKING", hold: { reason, expires } },
});

test("approvals come first, then what ends first; the others are left out", () => {
  const services = [
    held("b", "gate", "2026-01-05"),
    { service: "calm", next: null, rollout: null },
    held("a", "approval", "2026-01-07"),
    held("c", "gate", "2026-01-04"),
    { service: "listed", needsPerson: false, next: { person: true } },
  ];
  assert.deepEqual(waiting(services).map((each) => each.service), ["a", "c", "b"]);
  assert.equal(waitsFor(services[2]), "an approval");
  assert.equal(endsBy(services[0]).then, "without a decision it rolls back");
});

test("who may not give an order is told why", () => {
  const order = { verb: "advance", needs: ["expected", "second-person"], role: "Approver" };
  const me = { may: ["advance"], roles: ["Approver"], proven: true, app: false };
  assert.equal(barred(order, me), "");
  assert.match(barred(order, { ...me, may: [] }), /needs the role Approver, you have Approver/);
  assert.match(barred(order, { ...me, proven: false }), /must be proven/);
  assert.match(barred(order, { ...me, app: true }), /no second person/);
  assert.equal(barred(order, null), "");
  assert.deepEqual(demands({ ...order, needs: [] }), []);
  assert.deepEqual(demands(order), ["A person must give it who is signed in."]);
  assert.match(demands(order, "ann", { actor: "ben" }).join(" "), /not ann, who started it\.$/);
  assert.match(demands(order, "ann", { actor: "ann" })[1], /your name/);
});
