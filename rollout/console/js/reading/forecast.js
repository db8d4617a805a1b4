// A forecast as a table: how long each stage takes, what its evidence is, and what it could find.

import { counted } from "../format.js";
import { NONE, count, percent, span } from "./figures.js";

const MINUTE = 60;

/** The stages of a forecast as a table; `stages` are as `rollout plan -o json` gives them. */
export const stageTable = (stages) => ({
  title: "Stage by stage",
  columns: ["stage", "lasts", "waits for", "evidence", "requests/min", "chance", "finds"],
  figures: [4, 5],
  rows: stages.map((stage) => [
    weight(stage),
    span(seconds(stage)),
    longest(stage),
    stage.evidenceFrom ?? NONE,
    count(stage.requestsPerMinute),
    typeof stage.chance === "number" ? `${Math.round(100 * stage.chance)} %` : NONE,
    found(stage),
  ]),
  note: `all together ${span(total(stages))}`,
});

const NEEDS = { minutes: "enough minutes", requests: "enough requests", failures: "evidence on failures" };

const weight = (stage) =>
  stage.weight || !stage.mirror ? `${stage.weight} %` : `mirror ${stage.mirror} %`;

const seconds = ({ lastsMinutes }) => (lastsMinutes === null ? null : lastsMinutes * MINUTE);

function longest(stage) {
  const needs = Object.entries(stage.minutes ?? {});
  if (needs.length === 0) return NONE;
  const [need, minutes] = needs.reduce((most, each) => (size(each) > size(most) ? each : most));
  const name = NEEDS[need] ?? `evidence on ${need}`;
  return minutes === null ? `${name}, for ever` : name;
}

const size = ([, minutes]) => minutes ?? Infinity;

function found(stage) {
  const rise = stage.findsFailuresFrom;
  const slower = stage.findsSlowdownFrom;
  const said = [
    rise === null || rise === undefined ? "no rise of failures" : `failures from ${percent(rise)}`,
  ];
  if (slower) said.push(`slower from ${slower.toFixed(2)} x`);
  return said.join("; ");
}

/** What is sent besides clients' requests, and what it shows: sentences. */
export function sent({ probes, golden }) {
  const found = [];
  if (probes) {
    const lasts = probes.minutes === null ? "never all in time" : `about ${span(probes.minutes * MINUTE)}`;
    found.push(`Probes: ${counted(probes.inputs, "input")} to both sides, ${lasts}.`);
  }
  if (golden) {
    const { knownTo: known } = golden;
    const share = known ? `; 90 % of them right would say ${known.map(percent).join(" to ")}` : "";
    const lasts = span(golden.minutes * MINUTE);
    found.push(`Golden set: ${counted(golden.rows, "row")}, sent in about ${lasts}${share}.`);
  }
  return found;
}

/** How long all stages take together, in seconds; null: one of them never ends. */
function total(stages) {
  const each = stages.map(seconds);
  return each.includes(null) ? null : each.reduce((sum, one) => sum + one, 0);
}
