// Orders: a button that says what it does, and a form that asks before it is done.

import { html, useEffect, useId, useMemo, useRef, useState } from "../html.js";
import { orderKey } from "../api.js";
import { orders } from "../views.js";
import { splitText } from "./split_bar.js";

const WORDS = {
  advance: "Advance",
  pause: "Pause",
  resume: "Resume",
  rollback: "Roll back",
  retry: "Retry",
  cancel: "Withdraw",
  suspend: "Suspend",
  unsuspend: "End the suspension",
  override: "Override",
};
const BACKWARDS = new Set(["rollback", "cancel"]);
const OF_THE_SERVICE = new Set(["retry", "suspend", "unsuspend", "override"]);
const TO_THE_STAGE = new Set(["advance", "resume"]);
const REASON_CHARACTERS = 1000;

export const wordOf = (verb) => WORDS[verb] ?? verb;

/** Whether the caller's roles have this order; what is unknown may be tried, and is refused there. */
export const mayOrder = (api, verb) => !api.who?.may || api.who.may.includes(verb);

/**
 * What an order is bound to: what was on the screen when it was opened. One that moves forward is
 * bound to the stage, so that no later one is skipped; one that goes back to the rollout alone,
 * because whoever wants back wants it from the next stage too; one about the service to nothing.
 */
export function expectedOf(view, verb) {
  const { rollout } = view;
  if (!rollout || OF_THE_SERVICE.has(verb)) return undefined;
  const bound = { rollout: rollout.id };
  return TO_THE_STAGE.has(verb) ? { ...bound, phase: rollout.phase, stage: rollout.stage } : bound;
}

/** A view's orders, the next step first, with the dialog of the one that was pressed. */
export function Orders({ api, view, onDone }) {
  const [open, set] = useState(null);
  // The dialog stays while the orders below it change: whoever types a reason is not interrupted.
  return html`<div class="steps">
      ${orders(view).map(
        ({ order, main }) =>
          html`<${Choice} key=${order.verb} api=${api} order=${order} main=${main} onOpen=${() => set({ view, order })} />`,
      )}
    </div>
    ${open && html`<${OrderDialog} api=${api} ...${open} current=${view} onDone=${onDone} onClose=${() => set(null)} />`}`;
}

/** One order as a button with its dialog; `fixed` are fields of the body, such as `{version}`. */
export function OrderButton({ api, view, order, onDone, main = false, fixed = {} }) {
  const [open, set] = useState(null);
  return html`<${Choice} api=${api} order=${order} main=${main} onOpen=${() => set({ view, order })} />
    ${open &&
    html`<${OrderDialog} api=${api} ...${open} current=${view} fixed=${fixed} onDone=${onDone} onClose=${() => set(null)} />`}`;
}

function Choice({ api, order, main, onOpen }) {
  const mine = mayOrder(api, order.verb);
  const looks = main ? "main" : order.verb === "rollback" ? "danger" : "quiet";
  return html`<div class="order">
    <button type="button" class=${looks} disabled=${!mine} onClick=${onOpen}>${wordOf(order.verb)}</button>
    <span class="means"
      >${order.means}${order.needs.includes("second-person") && html` <b>By somebody who did not start it.</b>`}${
        !mine && html` <b>Needs the role ${order.role}.</b>`
      }</span
    >
  </div>`;
}

function OrderDialog({ onClose, ...rest }) {
  const dialog = useRef(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    // An order that was carried out often takes its button with it.
    return () => (before?.isConnected ? before : document.querySelector("h1"))?.focus();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${title} onClose=${onClose}>
    <h2 id=${title}>${wordOf(rest.order.verb)} ${rest.view.service}?</h2>
    <${OrderForm} ...${rest} onCancel=${() => dialog.current.close()} />
  </dialog>`;
}

/**
 * Asks for what an order must carry, gives it, and shows the answer.
 *
 * The order is bound to the `view` that it was opened with (`current` is the view of now), and has
 * one `Idempotency-Key`: a second press after a lost answer does nothing twice.
 */
export function OrderForm({ api, view, order, current = view, fixed = {}, onDone = () => {}, onCancel }) {
  const once = useMemo(orderKey, []);
  const [state, set] = useState({ sending: false, error: null, answer: null });
  const answered = useRef(null);
  useEffect(() => answered.current?.focus(), [state.answer]);
  const { verb, means, needs } = order;
  const about = boundTo(view, verb);

  async function give(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { ...fixed, reason: String(form.get("reason")).trim() };
    const expected = expectedOf(view, verb);
    if (expected) body.expected = expected;
    if (needs.includes("skip_evidence")) body.skip_evidence = true;
    if (form.get("until")) body.until = new Date(String(form.get("until"))).toISOString();
    if (form.has("version")) body.version = String(form.get("version")).trim();
    set({ sending: true, error: null, answer: null });
    try {
      const answer = await api.post(`rollouts/${encodeURIComponent(view.service)}/${verb}`, body, once);
      set({ sending: false, error: null, answer });
      onDone(answer);
    } catch (error) {
      set({ sending: false, error, answer: null });
    }
  }

  if (state.answer)
    return html`<div role="status" class="answer">
      <p tabIndex="-1" ref=${answered}>${state.answer.order?.text ?? state.answer.text}</p>
      ${onCancel && html`<button type="button" class="main" onClick=${onCancel}>Close</button>`}
    </div>`;

  return html`<form class="order-form" onSubmit=${give}>
    <p class="does">${means}</p>
    ${about && html`<p class="dim">${about}</p>`}
    ${movedOn(view, current, verb) &&
    html`<p class="bad" role="status">
      It has moved on since you opened this, and the app will refuse an order about what is past. Look again.
    </p>`}
    ${needs.includes("skip_evidence") &&
    html`<label class="check"
      ><input type="checkbox" name="skip" required /> Skip the evidence: the gate has not let this stage
      pass, and clients go on without that proof.</label
    >`}
    ${needs.includes("version") && html`<label>Version <input name="version" required maxlength="60" /></label>`}
    ${verb === "suspend" &&
    html`<label
      >Until <input name="until" type="datetime-local" />
      <span class="hint">Left out: until somebody ends it.</span>
    </label>`}
    <label
      >Reason
      <textarea
        name="reason"
        required
        rows="2"
        maxlength=${REASON_CHARACTERS}
        placeholder="for whoever reads the history"
      ></textarea>
    </label>
    ${state.error && html`<p class="bad" role="alert">${toldOf(state.error)}</p>`}
    <div class="buttons">
      <button class=${BACKWARDS.has(verb) ? "danger" : "main"} disabled=${state.sending}>
        ${state.sending ? "Sending …" : wordOf(verb)}
      </button>
      ${onCancel && html`<button type="button" class="quiet" onClick=${onCancel}>Leave it</button>`}
    </div>
  </form>`;
}

/** What the order is about, in words: the version, the stage it is bound to, and the split. */
function boundTo({ rollout }, verb) {
  if (!rollout || OF_THE_SERVICE.has(verb)) return null;
  const about = `About version ${rollout.version}`;
  const stage = TO_THE_STAGE.has(verb) ? `, ${rollout.phase} at stage ${rollout.stage + 1} of ${rollout.stages.length}` : "";
  const split = splitText(rollout);
  return `${about}${stage}${split ? `; the split is ${split}` : ""}.`;
}

const movedOn = (view, current, verb) =>
  JSON.stringify(expectedOf(view, verb)) !== JSON.stringify(expectedOf(current, verb));

function toldOf(error) {
  if (!error.passing) return error.message;
  return `${error.message} Whether the order arrived is not known. Press again: it is not carried out twice.`;
}
