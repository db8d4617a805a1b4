// What each check of the gate asks and allows, read from the policy that a rollout was frozen with.

const margin = ({ ratio, points }) => `${ratio} x stable + ${points}`;
const tolerated = (part) => (part?.tolerance ? margin(part.tolerance) : "");
const part = (value) => (value && typeof value === "object" ? value : null);

// name -> [what it asks, what it allows (from the frozen gate policy), what follows].
const CHECKS = {
  errors: ["fails more than stable", (gate) => tolerated(part(gate.errors)), "rollback"],
  majority: [
    "fails more in most minutes",
    (gate) => tolerated(part(gate.errors)),
    "rollback",
  ],
  slo: ["fails too much", (gate) => part(gate.errors)?.slo || "", "rollback"],
  rejected: ["refuses more requests", (gate) => tolerated(part(gate.rejected)), "hold"],
  latency: [
    "is slower than stable",
    (gate) => (part(gate.latency) ? `${gate.latency.tolerance} x stable` : ""),
    "rollback",
  ],
  latency_slo: [
    "is too slow",
    (gate) => (part(gate.latency)?.slo ? `P95 ${gate.latency.slo}` : ""),
    "rollback",
  ],
  split: [
    "gets requests otherwise than its weight says",
    (gate) => (part(gate.split) ? `${gate.split.tolerance} elsewhere` : ""),
    "hold",
  ],
  creep: [
    "fails more than what was promoted before",
    () => "",
    (gate) => (gate.creep === "hold" ? "hold" : "report"),
  ],
  probes: ["answers probes worse", () => "", "rollback"],
  answers: ["answers differently", () => "", (gate, quality) => DIFFERENCE[quality?.difference]],
  faults: ["answers what no release should", () => "", "rollback"],
  constant: ["predicts one and the same", () => "", "rollback"],
  losses: ["is worse by the labels", () => "", "hold"],
  bodies: ["gives live answers that break the contract", () => "", "rollback"],
  outputs: ["has other live outputs", () => "", "hold"],
  odd: ["has more odd live outputs", () => "", "hold"],
};
const DIFFERENCE = { hold: "hold", rollback: "rollback", expected: "report" };

/** The checks that have a row of their own here; every other one is the policy's. */
export const NAMES = Object.keys(CHECKS);

/**
 * Say what a check is.
 *
 * @param {string} name - As in a verdict's numbers.
 * @param {object|null} gate - The frozen gate policy; null: not known.
 * @param {object|null} quality - The frozen policy of predictions.
 * @returns {{asks: string, allows: string, odds: number|null, then: string}} `odds` at which it acts
 *   (1 / its part of the budget; null: not known), `then` rollback, hold or report ("" unknown).
 */
export function check(name, gate, quality = null) {
  const [asks, allows, then] = CHECKS[name] ?? ["is worse by the policy's own query", null, ""];
  if (!gate) return { asks, allows: "", odds: null, then: "" };
  const own = (part(gate.logs)?.checks ?? []).find((each) => each.name === name);
  const alpha = own ? own.alpha : gate.budget?.[name];
  const follows = own ? own.on_harm : typeof then === "function" ? then(gate, quality) : then;
  return {
    asks,
    allows: own ? tolerated(own) : allows ? allows(gate) : "",
    odds: typeof alpha === "number" && alpha > 0 ? 1 / alpha : null,
    then: (gate.observe_only ?? []).includes(name) ? "report" : (follows ?? ""),
  };
}
