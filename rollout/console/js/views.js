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

/** A view's `allowed`, the next step first; only where a person must decide is one `main`. */
export function orders(view) {
  const allowed = view.allowed ?? [];
  const main = view.next?.person ? FIRST.find((verb) => allowed.some((each) => each.verb === verb)) : undefined;
  const rank = ({ verb }) => (verb === main ? -1 : (LATER.indexOf(verb) + 1 || LATER.length + 1));
  return [...allowed].sort((one, two) => rank(one) - rank(two)).map((order) => ({ order, main: order.verb === main }));
}

/**
 * What the minutes draw: times in s, a list for each side of each quantity (null: not known), and
 * the marks. `pages` are answers of `GET minutes`, oldest first.
 */
export function plotted(pages) {
  const minutes = pages.flatMap((page) => page.value);
  const side = (name, of) => minutes.map((minute) => (minute[name] ? (of(minute[name]) ?? null) : null));
  const both = (of) => ({ stable: side("stable", of), candidate: side("candidate", of) });
  const marks = new Map(pages.flatMap((page) => page.marks ?? []).map((mark) => [mark.at + mark.text, mark]));
  return {
    times: minutes.map(({ minute }) => Date.parse(minute) / 1000),
    requests: both(({ requests }) => requests),
    failed: both(({ requests, failed }) => (requests > 0 ? (100 * failed) / requests : null)),
    p95: both(({ p95Millis }) => p95Millis),
    marks: [...marks.values()].map(({ at, text, weight }) => ({
      at: Date.parse(at) / 1000,
      text: weight == null ? text : `${weight} %`,
    })),
  };
}
