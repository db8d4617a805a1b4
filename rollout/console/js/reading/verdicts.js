// A verdict's numbers as tables: what each side did, where each check stands, what is still needed.

import { counted } from "../format.js";
import { check } from "./checks.js";
import { NONE, count, odds, oddsOfLn, percent, plain, span, split, words } from "./figures.js";
import { stageTable } from "./forecast.js";

/**
 * A table of plain cells.
 *
 * @typedef {{title: string, columns: string[], rows: string[][], figures?: number[], note?: string,
 *   folded?: boolean}} Table - `figures` are the columns of numbers, which stand below one another;
 *   `folded`: long, and seldom read.
 */

const LATENCY_POINTS = ["P50", "P90", "P95"];
// Shown as tables of their own, or said by the entry's sentence already.
const TOLD = new Set(["verdict", "numbers", "judged", "window", "provisional", "golden", "contract"]);
const SPLITS = new Set(["wanted", "mirror"]);
// What numbers have beside these is shown as it is: nothing that is stored stays hidden.
const COUNTED = new Set([
  ...["stage", "minutes", "candidate", "stable", "stageCandidate", "stageStable", "harm"],
  ...["evidence", "latencyEvidence", "probes", "predictions", "fired", "pause"],
]);

/**
 * Every number that a history entry's data has.
 *
 * @param {object} data - The entry's `data`.
 * @param {{gate: object|null, quality: object|null}} frozen - The policy of its rollout.
 * @returns {Table[]} The most telling first.
 */
export function tables(data, frozen) {
  const numbers = data.numbers;
  return [
    ...(numbers ? ofNumbers(numbers, frozen) : []),
    ...(data.judged ? [ofMoment(data)] : []),
    ...(data.golden ? [ofGolden(data.golden)] : []),
    ...(data.contract ? [listed("Contract", data.contract)] : []),
    ...ofRest(data),
  ];
}

/** Whether an entry has anything to unfold. */
export const unfolds = (entry) =>
  Object.values(entry.data ?? {}).some((value) => !empty(value)) || entry.bodies.length > 0;

function ofNumbers(numbers, { gate, quality }) {
  const found = [ofRequests(numbers), ofHarm(numbers, gate, quality), ofProof(numbers, gate)];
  if (numbers.probes) found.push(ofProbes(numbers.probes));
  if (numbers.predictions) found.push(...ofPredictions(numbers.predictions));
  const rest = Object.fromEntries(Object.entries(numbers).filter(([name]) => !COUNTED.has(name)));
  if (Object.keys(rest).length > 0) found.push(listed("Also counted", rest));
  return found.filter((table) => table.rows.length > 0);
}

function ofRequests(numbers) {
  const sides = [
    ["candidate, this stage", numbers.stageCandidate],
    ["stable, this stage", numbers.stageStable],
    ["candidate, whole rollout", numbers.candidate],
    ["stable, whole rollout", numbers.stable],
  ].filter(([, totals]) => Array.isArray(totals));
  return {
    title: "Requests",
    columns: ["side", "requests", "failed", "share", "other 4xx"],
    figures: [1, 2, 3, 4],
    rows: sides.map(([name, [requests, failed, refused]]) => [
      name,
      count(requests),
      count(failed),
      requests > 0 ? percent(failed / requests) : NONE,
      count(refused),
    ]),
    note: `${counted(numbers.minutes, "minute")} with requests in this stage`,
  };
}

function ofHarm(numbers, gate, quality) {
  const standing = Object.entries(numbers.harm ?? {}).map(([name, ln]) => {
    const known = check(name, gate, quality);
    const far = known.odds === null ? null : ln / Math.log(known.odds);
    return { name, ln, far, ...known };
  });
  standing.sort((one, other) => (other.far ?? other.ln) - (one.far ?? one.ln));
  return {
    title: "Odds of harm",
    columns: ["check", "the candidate …", "allowed", "odds now", "acts at", "then"],
    figures: [3, 4],
    rows: standing.map((each) => [
      each.name,
      each.asks,
      each.allows || NONE,
      oddsOfLn(each.ln),
      each.odds === null ? NONE : odds(each.odds),
      after(each, numbers),
    ]),
    note: "nearest to its limit first; odds below 1:1 speak for the candidate",
  };
}

function after({ name, then }, { fired, pause }) {
  const since = fired?.[name] ? `reached ${fired[name].slice(11, 16)} UTC` : "";
  const left = pause?.[name] ? `first of two alarms, ${pause[name]} min left` : "";
  return [then, since, left].filter(Boolean).join("; ") || NONE;
}

function ofProof(numbers, gate) {
  const needed = gate?.budget?.advance ? odds(1 / gate.budget.advance) : NONE;
  const limit = gate?.errors?.limit;
  const failures = limit ? `fails less than ${limit.ratio} x stable + ${limit.points}` : "fails little";
  const slower = gate?.latency?.limit;
  const lines = [["failures", failures, numbers.evidence]];
  (numbers.latencyEvidence ?? []).forEach((ln, at) => {
    const point = LATENCY_POINTS[at] ?? `point ${at + 1}`;
    lines.push([point, slower ? `is faster than ${slower} x stable` : "is not slower", ln]);
  });
  const { predictions } = numbers;
  lines.push(["answers", "answers as stable does", predictions?.evidence]);
  lines.push(["labels", "is no worse by the labels", predictions?.lossesEvidence]);
  return {
    title: "Evidence to pass",
    columns: ["on", "the candidate …", "odds now", "needed"],
    figures: [2, 3],
    rows: lines
      .filter(([, , ln]) => typeof ln === "number")
      .map(([on, says, ln]) => [on, says, oddsOfLn(ln), needed]),
  };
}

function ofProbes(probes) {
  const [pairs, failed, , stableFailed] = probes.pairs;
  return {
    title: "Probes",
    columns: ["what", "number"],
    figures: [1],
    rows: [
      ["pairs sent", count(probes.sent)],
      ["pairs weighed, whole rollout", count(pairs)],
      ["failed on the candidate", count(failed)],
      ["failed on stable", count(stableFailed)],
      ["pairs weighed, this stage", count(probes.stagePairs)],
      ["odds that it passes, by probes alone", oddsOfLn(probes.evidence)],
      ["part of the evidence that is theirs", percent(probes.fromProbes)],
    ],
  };
}

function ofPredictions(found) {
  const rows = [];
  const of = (bad, all) => `${count(bad)} of ${count(all)}`;
  const both = (what, [all, bad, stableAll, stableBad]) => [what, of(bad, all), of(stableBad, stableAll)];
  if (found.answers) {
    const [compared, different] = found.answers;
    rows.push(["answers unlike stable's", of(different, compared), NONE]);
  }
  if (found.twice?.[0]) {
    const [asked, stable, candidate] = found.twice;
    rows.push(["where stable was asked twice, unlike before", of(candidate, asked), of(stable, asked)]);
  }
  if (found.faults) rows.push(both("faults", found.faults));
  if (found.losses?.[0]) {
    const [labelled, candidate, stable] = found.losses;
    const mean = (sum) => (sum / labelled).toFixed(4);
    rows.push([`mean loss of ${counted(labelled, "labelled input")}`, mean(candidate), mean(stable)]);
  }
  if (found.bodies) rows.push(both("live answers not as they must be", found.bodies));
  for (const [path, tally] of Object.entries(found.odd ?? {})) rows.push(both(`odd ${path}`, tally));
  const moved = Object.entries(found.variation ?? {});
  return [
    {
      title: "Predictions",
      columns: ["what", "candidate", "stable"],
      figures: [1, 2],
      rows,
      note: found.answers ? `${counted(found.answers.at(-1), "input")} in all` : undefined,
    },
    {
      title: "Live outputs",
      columns: ["output", "moved by (total variation)"],
      figures: [1],
      rows: moved.map(([path, distance]) => [path, percent(distance)]),
    },
  ];
}

function ofMoment({ judged, window, provisional }) {
  return {
    title: "When it was judged",
    columns: ["what", "value"],
    rows: [
      ["judged at", moment(judged.now)],
      ["window began", moment(window)],
      ["minutes count from", moment(judged.countsFrom)],
      ["baked", span(judged.bakedS)],
      ["at least", span(judged.leastS)],
      ["minutes not complete yet", count((provisional ?? []).length)],
    ],
  };
}

function ofGolden(golden) {
  const sides = ["candidate", "stable"].filter((side) => golden[side]);
  const rest = Object.entries(golden).filter(
    ([name, value]) => !sides.includes(name) && name !== "sums" && !empty(value),
  );
  const told = sides.flatMap((side) =>
    Object.entries(golden[side]).map(([name, value]) => [`${side}: ${words(name)}`, plain(value)]),
  );
  return {
    title: "Golden set",
    columns: ["what", "value"],
    rows: [...told, ...rest.map(([name, value]) => [words(name), plain(value)])],
  };
}

function ofRest(data) {
  const flat = {};
  const nested = [];
  for (const [name, value] of Object.entries(data)) {
    if (TOLD.has(name) || empty(value)) continue;
    if (SPLITS.has(name)) flat[words(name)] = split(value);
    else if (name === "plan" && value.stages) nested.push(...ofPlan(value));
    else if (typeof value === "object" && !Array.isArray(value)) nested.push({ ...listed(words(name), value), folded: true });
    else flat[words(name)] = value;
  }
  return [...(Object.keys(flat).length > 0 ? [listed("Facts", flat)] : []), ...nested];
}

function ofPlan({ stages, ...known }) {
  return [stageTable(stages), { ...listed("what the plan knew", known), folded: true }];
}

/** Any object as a table of names and values, nested names joined by dots. */
export function listed(title, document) {
  return { title, columns: ["what", "value"], rows: [...leaves(document, "")] };
}

function* leaves(value, path) {
  for (const [name, each] of Object.entries(value)) {
    const here = path ? `${path}.${name}` : name;
    if (each && typeof each === "object" && !Array.isArray(each)) {
      if (Object.keys(each).length === 0) yield [here, NONE];
      else yield* leaves(each, here);
    } else if (Array.isArray(each) && each.some((one) => one && typeof one === "object")) {
      for (const [at, one] of each.entries()) {
        if (one && typeof one === "object") yield* leaves(one, `${here}[${at + 1}]`);
        else yield [`${here}[${at + 1}]`, plain(one)];
      }
    } else {
      yield [here, Array.isArray(each) ? each.map(plain).join(", ") || NONE : plain(each)];
    }
  }
}

const empty = (value) =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

const moment = (text) => (text ? `${text.slice(0, 10)} ${text.slice(11, 19)} UTC` : NONE);
