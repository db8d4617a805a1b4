import { html } from "../html.js";
import { clock, ms } from "../format.js";

/** The time left until a moment, as a clock; null where there is none or it has passed. */
export function left(at, now) {
  const moment = ms(at);
  return moment !== null && moment > now ? clock((moment - now) / 1000) : null;
}

/** `6:12`; `now` is the app's time in ms. Not read aloud each second. */
export function Countdown({ at, now }) {
  const shown = left(at, now);
  return shown && html`<span class="countdown" role="timer" aria-live="off">${shown}</span>`;
}
