// Every version that was offered, and one sentence on why it is where it is.

const RETRYABLE = new Set(["rejected", "quarantined"]);
const MEANS = {
  received: "not decided yet",
  waiting: "until its turn comes",
  rollout: "had its trial",
  superseded: "a newer one took its place",
  live: "serves already",
  rejected: "refused",
  quarantined: "failed before",
};
/** The states that have words here. */
export const STATES = Object.keys(MEANS);

const SOURCES = { event: "Event Grid", start: "started by hand", retry: "offered again" };

/** Final phases: a rollout in one of them moves no more. */
export const ENDED = new Set(["SUCCEEDED", "ROLLED_BACK", "FAILED", "SUPERSEDED", "LOST"]);

/**
 * The versions of a service, the latest decided first.
 *
 * @param {object} view - The service's view.
 * @param {object[]} offers - Its offer records, of all pages that were read.
 * @returns {{version, model, state, means, why, decidedAt, offeredAt, createdAt, by, reason, rollout,
 *   retry}[]} `retry`: it may be offered again, as far as its state says.
 */
export function versions(view, offers) {
  const rollout = view.rollout;
  const found = new Map();
  for (const record of offers)
    found.set(key(record), row(record, why(record, view), isLive(record, view)));
  for (const offer of view.received ?? []) {
    const text = `version ${offer.version} was offered, and is decided on in the next pass`;
    found.set(key(offer), row({ ...offer, state: "received" }, text));
  }
  if (view.waiting) {
    const waits = { ...found.get(key(view.waiting)), ...view.waiting, state: "waiting" };
    found.set(key(waits), row(waits, why(waits, view)));
  }
  if (rollout && !found.has(key(rollout))) {
    const record = { version: rollout.version, model: rollout.model, state: "rollout" };
    found.set(key(rollout), row({ ...record, rollout: rollout.id }, view.says, !ENDED.has(rollout.phase)));
  }
  return [...found.values()].sort(
    (one, other) => ORDER(one) - ORDER(other) || text(other).localeCompare(text(one)),
  );
}

const ORDER = ({ state }) => (state === "received" || state === "waiting" ? 0 : 1);
const text = (each) => each.decidedAt ?? each.offeredAt ?? "";
const key = ({ model, version }) => `${model}:${version}`;

const isLive = ({ state, rollout }, view) =>
  state === "rollout" && rollout === view.rollout?.id && !ENDED.has(view.rollout.phase);

function row(record, why, live = false) {
  return {
    version: record.version,
    model: record.model,
    state: record.state,
    means: live ? "on trial" : (MEANS[record.state] ?? ""),
    why,
    decidedAt: record.decidedAt ?? null,
    offeredAt: record.offeredAt ?? null,
    createdAt: record.createdAt ?? null,
    by: record.by || SOURCES[record.source] || "",
    reason: record.reason || "",
    rollout: record.rollout || "",
    retry: RETRYABLE.has(record.state),
  };
}

function why(record, view) {
  const rollout = view.rollout;
  if (record.state === "waiting") {
    const version = rollout && !ENDED.has(rollout.phase) ? rollout.version : null;
    const waits = version ? `waits for version ${version}: ${view.says}.` : `waits: ${view.says}.`;
    return `${waits} It starts when that ends.`;
  }
  if (record.state === "rollout" && record.rollout === rollout?.id) return view.says;
  return record.text || view.says;
}

/**
 * The order that withdraws a version or offers it again; null where the view allows none.
 *
 * It names the version, so nobody is asked for it.
 */
export function orderFor({ version, state, retry }, view) {
  const verb = state === "waiting" || state === "received" ? "cancel" : retry ? "retry" : "";
  const order = (view.allowed ?? []).find((each) => each.verb === verb);
  if (!order) return null;
  const means = verb === "retry" ? `offers version ${version} again` : `withdraws version ${version}`;
  return { ...order, means, needs: order.needs.filter((need) => need !== "version") };
}

/** The rollouts that offers name, the latest first: {id, version}[]. */
export function rollouts(view, offers) {
  const found = new Map();
  if (view.rollout) found.set(view.rollout.id, view.rollout.version);
  for (const each of offers) if (each.rollout) found.set(each.rollout, each.version);
  return [...found]
    .map(([id, version]) => ({ id, version }))
    .sort((one, other) => other.id.localeCompare(one.id));
}
