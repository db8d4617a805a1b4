// Orders: a button that says what it does, and a form that asks before it is done.

import { html, useEffect, useId, useMemo, useRef, useState } from "../html.js";
import { orderKey } from "../api.js";
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
const REASON_CHARACTERS = 1000;

export const wordOf = (verb) => WORDS[verb] ?? verb;

/** Whether the caller's roles have this order; what is unknown may be tried, and is refused there. */
export const mayOrder = (api, verb) => !api.who?.may || api.who.may.includes(verb);

/** What an order is bound to: what was on the screen when it was opened. */
export function expectedOf(view) {
  const { rollout } = view;
  return rollout ? { rollout: rollout.id, phase: rollout.phase, stage: rollout.stage } : undefined;
}

/** A button for one of a view's `allowed`; it opens the dialog. `onDone` gets the app's answer. */
export function OrderButton({ api, view, order, onDone, main = false }) {
  const [open, set] = useState(null);
  const mine = mayOrder(api, order.verb);
  const dangerous = order.verb === "rollback" || order.verb === "cancel";
  return html`<div class="order">
    <button
      type="button"
      class=${main ? "main" : dangerous ? "danger" : "quiet"}
      disabled=${!mine}
      onClick=${() => set({ view, order })}
    >
      ${wordOf(order.verb)}
    </button>
    <span class="means">${order.means}${!mine && html` <b>Needs the role ${order.role}.</b>`}</span>
    ${open && html`<${OrderDialog} api=${api} ...${open} onDone=${onDone} onClose=${() => set(null)} />`}
  </div>`;
}

function OrderDialog({ api, view, order, onDone, onClose }) {
  const dialog = useRef(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${title} onClose=${onClose}>
    <h2 id=${title}>${wordOf(order.verb)} ${view.service}?</h2>
    <${OrderForm} api=${api} view=${view} order=${order} onDone=${onDone} onCancel=${() => dialog.current.close()} />
  </dialog>`;
}

/**
 * Asks for what an order must carry, gives it, and shows the answer.
 *
 * The order is bound to the `view` that it was opened with, and has one `Idempotency-Key`: a second
 * press after a lost answer does nothing twice.
 */
export function OrderForm({ api, view, order, onDone = () => {}, onCancel }) {
  const once = useMemo(orderKey, []);
  const [state, set] = useState({ sending: false, error: null, answer: null });
  const skips = order.needs.includes("skip_evidence");
  const namesVersion = order.needs.includes("version");

  async function give(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { reason: String(form.get("reason")).trim() };
    const expected = expectedOf(view);
    if (expected && order.verb !== "retry") body.expected = expected;
    if (skips) body.skip_evidence = true;
    if (namesVersion || form.get("version")) body.version = String(form.get("version")).trim();
    set({ sending: true, error: null, answer: null });
    try {
      const answer = await api.post(`rollouts/${encodeURIComponent(view.service)}/${order.verb}`, body, once);
      set({ sending: false, error: null, answer });
      onDone(answer);
    } catch (error) {
      set({ sending: false, error, answer: null });
    }
  }

  if (state.answer)
    return html`<div role="status" class="answer">
      <p>${state.answer.order?.text ?? state.answer.text}</p>
      ${onCancel && html`<button type="button" class="main" autofocus onClick=${onCancel}>Close</button>`}
    </div>`;

  const split = splitText(view.rollout ?? {});
  return html`<form class="order-form" onSubmit=${give}>
    <p class="does">${order.means}</p>
    ${split && html`<p class="dim">Now: ${split}</p>`}
    ${skips &&
    html`<label class="check"
      ><input type="checkbox" name="skip" required /> Skip the evidence: the gate has not let this stage
      pass, and clients go on without that proof.</label
    >`}
    ${namesVersion && html`<label>Version <input name="version" required maxlength="60" /></label>`}
    <label
      >Reason
      <textarea name="reason" required rows="2" maxlength=${REASON_CHARACTERS}
        placeholder="for whoever reads the history"></textarea>
    </label>
    ${state.error && html`<p class="bad" role="alert">${toldOf(state.error)}</p>`}
    <div class="buttons">
      <button class=${order.verb === "rollback" ? "danger" : "main"} disabled=${state.sending}>
        ${state.sending ? "Sending …" : wordOf(order.verb)}
      </button>
      ${onCancel && html`<button type="button" class="quiet" onClick=${onCancel}>Leave it</button>`}
    </div>
  </form>`;
}

function toldOf(error) {
  if (!error.passing) return error.message;
  return `${error.message} Whether the order arrived is not known. Press again: it is not carried out twice.`;
}
