// What the app's views amount to. Pure: views in, text and orders of rows out.

import { counted } from "./format.js";

/** What kind of moment this is: person, fault, back, moving or still. It decides order and colour. */
export function moodOf(view) {
  if (view.needsPerson ?? view.next?.person) return "person";
  if (view.fault) return "fault";
  const phase = view.rollout?.phase;
  if (phase === "ROLLING_BACK" || phase === "DISCARDING") return "back";
  return view.next ? "moving" : "still";
}

const RANK = { person: 0, fault: 1, back: 2, moving: 3, still: 4 };

/** Those that need somebody first, then by name. */
export function sorted(views) {
  const rank = (view) => RANK[moodOf(view)];
  return [...views].sort((one, two) => rank(one) - rank(two) || one.service.localeCompare(two.service));
}

/** Whether every word of the filter stands somewhere in what a row says. */
export function matches(view, filter) {
  const version = view.rollout ? `v${view.rollout.version}` : "";
  const text = [view.service, phaseText(view), view.says, version].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** `5 services, 1 needs a person, 2 move`. */
export function countsOf(views) {
  const of = (...moods) => views.filter((view) => moods.includes(moodOf(view))).length;
  const parts = [
    [of("person"), "needs a person", "need a person"],
    [of("fault"), "has a fault", "have a fault"],
    [of("moving", "back"), "moves", "move"],
  ];
  const told = parts
    .filter(([number]) => number > 0)
    .map(([number, one, many]) => `${number} ${number === 1 ? one : many}`);
  return [counted(views.length, "service"), ...told].join(", ");
}

/** The phase with its stage, or the hold. */
export function phaseText(view) {
  const { rollout } = view;
  if (!rollout) return view.fault ? "FAULT" : view.waiting ? "WAITS" : "NONE";
  if (rollout.hold) return `HELD ${rollout.hold.reason}`;
  const phase = rollout.phase.replace("_", " ");
  const staged = rollout.phase === "SHIFTING" || rollout.phase === "BAKING";
  const shown = staged ? `${phase} ${rollout.stage + 1}/${rollout.stages.length}` : phase;
  return rollout.suspended ? `${shown} (suspended)` : shown;
}

export const ENDED = new Set(["SUCCEEDED", "ROLLED_BACK", "FAILED", "SUPERSEDED", "LOST"]);

/** The line that moves all traffic back without the app; "" where there is nothing to go back to. */
export function azLine(view) {
  const { rollout, endpoint } = view;
  if (!endpoint || !rollout?.stable || ENDED.has(rollout.phase)) return "";
  const part = (name) => endpoint.match(new RegExp(`/${name}/([^/]+)`, "i"))?.[1] ?? "";
  const others = new Set([rollout.candidate, ...Object.keys(rollout.traffic.seen ?? {})]);
  others.delete(rollout.stable);
  const traffic = [`${rollout.stable}=100`, ...[...others].map((name) => `${name}=0`)].join(" ");
  return [
    "az ml online-endpoint update",
    `--name ${part("onlineEndpoints")}`,
    `--resource-group ${part("resourceGroups")}`,
    `--workspace-name ${part("workspaces")}`,
    `--subscription ${part("subscriptions")}`,
    `--traffic "${traffic}"`,
  ].join(" ");
}

const FIRST = ["resume", "advance", "rollback", "retry", "pause"];
const LATER = ["rollback", "advance", "resume", "pause", "retry", "cancel", "override", "unsuspend", "suspend"];

/** Whether an order goes on without the proof that the gate asks for: nobody is led to that. */
export const skipsEvidence = (order) => Boolean(order.needs?.includes("skip_evidence"));

/** A view's `allowed`, the next step first; only where a person must decide is one `main`. */
export function orders(view) {
  const allowed = view.allowed ?? [];
  const main = view.next?.person ? FIRST.find((verb) => allowed.some((each) => each.verb === verb && !skipsEvidence(each))) : undefined;
  const rank = ({ verb }) => (verb === main ? -1 : (LATER.indexOf(verb) + 1 || LATER.length + 1));
  return [...allowed].sort((one, two) => rank(one) - rank(two)).map((order) => ({ order, main: order.verb === main }));
}

/**
 * What the minutes draw: times in s, a list for each side of each quantity (null: not known), and
 * the marks where the candidate's weight changed. `pages` are answers of `GET minutes`, oldest first.
 * `faulty` is null where no answers were read.
 */
export function plotted(pages) {
  // A minute that was not complete comes again.
  const known = new Map(pages.flatMap(({ value }) => value.map((minute) => [minute.minute, minute])));
  const minutes = [...known.values()].sort((one, two) => Date.parse(one.minute) - Date.parse(two.minute));
  const lines = (part, of) => {
    const side = (name) => minutes.map((minute) => (part(minute)?.[name] ? (of(part(minute)[name]) ?? null) : null));
    return { stable: side("stable"), candidate: side("candidate") };
  };
  const sides = (minute) => minute;
  const read = (minute) => minute.predictions;
  return {
    times: minutes.map(({ minute }) => Date.parse(minute) / 1000),
    requests: lines(sides, ({ requests }) => requests),
    failed: lines(sides, ({ requests, failed }) => share(failed, requests)),
    p95: lines(sides, ({ p95Millis }) => p95Millis),
    faulty: minutes.some(read) ? lines(read, ({ answers, failed }) => share(failed, answers)) : null,
    marks: raises(pages.flatMap(({ marks }) => marks ?? [])),
  };
}

/** The last number of a line that is known; null where none is. */
export const latest = (values) => values.findLast((value) => value != null) ?? null;

/** What an axis shows: from 0 to a little above the highest; a line of zeros lies on the ground of 0 to 1. */
export const rangeOf = (low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1];

const share = (part, whole) => (whole > 0 ? (100 * part) / whole : null);

/** Where the weight became another one; what happened at the same weight would only hide the lines. */
function raises(marks) {
  const weighed = marks.filter(({ weight }) => weight != null).sort((one, two) => Date.parse(one.at) - Date.parse(two.at));
  return weighed
    .filter(({ weight }, at) => weight !== weighed[at - 1]?.weight)
    .map(({ at, weight }) => ({ at: Date.parse(at) / 1000, text: `${weight} %` }));
}
