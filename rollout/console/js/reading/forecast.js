// A forecast as a table: how long each stage takes, what its evidence is, and what it could find.

import { NONE, count, percent, span } from "./figures.js";

const MINUTE = 60;

/**
 * The stages of a forecast.
 *
 * @param {object[]} stages - As `rollout plan -o json` gives them.
 * @returns {{title, lasts, evidence, chance, finds, requests, waits}[]} Plain texts.
 */
export const stages = (stages) =>
  stages.map((stage) => ({
    title: weight(stage),
    lasts: span(seconds(stage)),
    waits: longest(stage),
    requests: `${count(stage.requestsPerMinute)} a minute`,
    evidence: stage.evidenceFrom ?? NONE,
    chance: typeof stage.chance === "number" ? `${Math.round(100 * stage.chance)} %` : NONE,
    finds: found(stage),
  }));

const weight = (stage) =>
  stage.weight || !stage.mirror ? `${stage.weight} %` : `mirror ${stage.mirror} %`;

function seconds(stage) {
  if (stage.expectedSeconds !== undefined) return stage.expectedSeconds;
  return stage.lastsMinutes === null ? null : stage.lastsMinutes * MINUTE;
}

function longest(stage) {
  const needs = Object.entries(stage.minutes ?? {});
  if (needs.length === 0) return NONE;
  const [name, minutes] = needs.reduce((most, each) => (size(each) > size(most) ? each : most));
  return minutes === null ? `${name}, which never come` : name;
}

const size = ([, minutes]) => minutes ?? Infinity;

function found(stage) {
  const rise = stage.findsFailuresFrom;
  const slower = stage.findsSlowdownFrom;
  const said = [
    rise === null || rise === undefined ? "no rise of failures" : `failures from ${percent(rise)}`,
  ];
  if (slower) said.push(`slower from ${slower.toFixed(2)} ×`);
  return said.join("; ");
}

/** How long all stages take together, in seconds; null: one of them never ends. */
export function total(stages) {
  const each = stages.map(seconds);
  return each.includes(null) ? null : each.reduce((sum, one) => sum + one, 0);
}
