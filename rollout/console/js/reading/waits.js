// Who is waited for: services that ask for a decision, and what an order would do and skip.

const ENDS_BACK = "without a decision it rolls back";

/**
 * Services that wait for a person, the one whose time ends first at the top.
 *
 * @param {object[]} services - Summaries of the list.
 * @returns {object[]} The same summaries.
 */
export function waiting(services) {
  return services.filter(asksForAPerson).sort((one, other) => {
    const approvals = Number(isApproval(other)) - Number(isApproval(one));
    return approvals || ends(one).localeCompare(ends(other));
  });
}

const asksForAPerson = (service) =>
  service.needsPerson ?? Boolean(service.next?.person || service.rollout?.hold);
const ends = (service) => service.rollout?.hold?.expires ?? service.next?.at ?? "9";

/** Whether the policy asks for an approval, rather than a fault for a decision. */
export const isApproval = (service) => service.rollout?.hold?.reason === "approval";

/** Why it waits, in a few words. */
export function waitsFor(service) {
  const hold = service.rollout?.hold;
  if (isApproval(service)) return "an approval";
  return hold ? `held: ${hold.reason}` : "a decision";
}

/** How the hold ends by itself: a moment and what happens then; null where it does not. */
export function endsBy(service) {
  const at = service.rollout?.hold?.expires ?? null;
  return at === null ? null : { at, then: service.rollout.phase === "PROMOTED" ? "" : ENDS_BACK };
}

/**
 * What an order demands besides a reason, as sentences.
 *
 * @param {{needs: string[]}} order - One of a view's `allowed`.
 * @param {string} starter - Who started the rollout; "" where nobody did by hand.
 * @param {object|null} me - What `whoami` answered.
 */
export function demands(order, starter = "", me = null) {
  const needs = order.needs ?? [];
  const found = [];
  if (needs.includes("skip_evidence")) found.push("It skips evidence: the gate has not passed this.");
  if (needs.includes("second-person")) {
    const other = starter ? `, and not ${starter}, who started it` : "";
    found.push(`A person must give it who is signed in${other}.`);
    // Names can be had twice: the app compares what the directory says, so this bars nobody.
    if (starter && starter === me?.actor) found.push("That is your name: the app will ask for somebody else.");
  }
  return found;
}

/**
 * Whether this caller may give the order, as far as the caller's own answer says.
 *
 * @param {object|null} me - What `whoami` answered.
 * @returns {string} "" or why not.
 */
export function barred(order, me) {
  if (!me) return "";
  if (!(me.may ?? []).includes(order.verb)) {
    return `You may not ${order.verb}: it needs the role ${order.role}, you have ${
      me.roles?.join(", ") || "none"
    }.`;
  }
  const second = (order.needs ?? []).includes("second-person");
  if (second && !me.proven) return "Sign in: a second person must be proven.";
  if (second && me.app) return "An app is no second person.";
  return "";
}
