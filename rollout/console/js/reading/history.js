// A rollout's history as a timeline: newest first, each entry with a title, who gave it and why.

const TITLES = {
  OfferDecided: "Version decided",
  RolloutStarted: "Rollout started",
  Planned: "Planned",
  PhaseChanged: "Phase changed",
  Held: "Held",
  HoldLifted: "Hold lifted",
  Commanded: "Order",
  Suspended: "Suspended",
  Unsuspended: "No longer suspended",
  Unwatched: "The app was down",
  AlertReceived: "Alert",
  Repaired: "Row repaired",
  AttentionNeeded: "Somebody must act",
  Notice: "Notice",
};
/** The kinds of entries that have a title here. */
export const TITLED = Object.keys(TITLES);

const BACK = new Set(["ROLLING_BACK", "ROLLED_BACK", "FAILED", "LOST", "DISCARDING"]);
// What a rollout was frozen with stands in the first entry, and again where it was learnt later.
const FROZEN = new Set(["RolloutStarted", "Planned"]);
const ROLLOUT = /^\d{8}T\d+Z-\w+/;

/** Join a page of entries to those that are there: no entry twice, the newest first. */
export function merged(entries, page) {
  const found = new Map();
  for (const each of [...entries, ...page]) found.set(each.sequence, each);
  return [...found.values()].sort((one, other) => other.sequence - one.sequence);
}

/** What an entry is called: a change of phase by both phases; an unknown kind keeps its own name. */
export function title({ kind, phase, data }) {
  if (kind !== "PhaseChanged") return TITLES[kind] ?? kind;
  return data?.from && data.from !== phase ? `${data.from} → ${phase}` : phase;
}

/** Its sentence, without what the title says already. */
export function sentence({ kind, phase, text, data }) {
  const both = `${data?.from} -> ${phase}: `;
  return kind === "PhaseChanged" && text.startsWith(both) ? text.slice(both.length) : text;
}

/** Who gave it, where the sentence does not name them. */
export const who = ({ actor, text }) => (actor && !text.includes(actor) ? actor : "");

/** What a reader may look at alone; each names the kinds of its entries. */
export const KINDS = {
  all: ["Everything", () => true],
  verdicts: ["Verdicts", (entry) => Boolean(entry.data?.numbers)],
  orders: ["Orders and alerts", ({ kind, actor }) => kind === "AlertReceived" || kind === "Commanded" || Boolean(actor)],
  people: ["For people", ({ kind }) => ["AttentionNeeded", "Notice", "Held", "Suspended"].includes(kind)],
};

/** How it is marked: `asks` a person, goes `back`, `won`, was `ordered`, or "" (nothing special). */
export function tone(entry) {
  if (["AttentionNeeded", "Held", "Suspended"].includes(entry.kind)) return "asks";
  if (entry.kind === "PhaseChanged" && BACK.has(entry.phase)) return "back";
  if (entry.kind === "PhaseChanged" && ["PROMOTED", "SUCCEEDED"].includes(entry.phase)) return "won";
  return entry.kind === "Commanded" ? "ordered" : "";
}

/** The policy that a rollout was frozen with, as far as these entries have it. */
export function frozen(entries) {
  const found = { gate: null, quality: null };
  for (const { kind, data } of [...entries].sort((one, other) => one.sequence - other.sequence)) {
    if (!FROZEN.has(kind) || !data) continue;
    found.gate = data.gate ?? found.gate;
    found.quality = data.quality ?? found.quality;
  }
  return found;
}

/** Whether they still lack the first entry, and so the policy. */
export const lacksStart = (entries) =>
  entries.length > 0 && !entries.some((each) => each.sequence === 1);

/**
 * Read the last part of a timeline's address: a row's number, a rollout, or `<rollout>.<number>`.
 *
 * @returns {{rollout: string, sequence: number|null}} "" means the latest rollout.
 */
export function place(text = "") {
  const rollout = ROLLOUT.exec(text)?.[0] ?? "";
  const rest = rollout ? text.slice(rollout.length + 1) : text;
  return { rollout, sequence: /^[1-9]\d{0,7}$/.test(rest) ? Number(rest) : null };
}

/** The last part of an entry's address; `latest`: it is of the latest rollout. */
export const anchor = (entry, latest) =>
  latest ? String(entry.sequence) : `${entry.rollout}.${entry.sequence}`;

/** The days of a timeline, newest first, each with its entries; `dayOf` names a moment's day. */
export function days(entries, dayOf = (at) => at.slice(0, 10)) {
  const found = [];
  for (const entry of entries) {
    const day = dayOf(entry.at);
    if (found.at(-1)?.day !== day) found.push({ day, entries: [] });
    found.at(-1).entries.push(entry);
  }
  return found;
}

/** What is exported: the entries in the order in which they happened. */
export function exported(service, rollout, entries) {
  const history = [...entries].sort((one, other) => one.sequence - other.sequence);
  return JSON.stringify({ service, rollout, complete: !lacksStart(entries), history }, null, 2);
}

/** A file's name for the export, of harmless characters. */
export const fileName = (service, rollout) =>
  `${service}-${rollout}`.replace(/[^\w.-]+/g, "-").concat(".json");
