import { html } from "../html.js";
import { moodOf } from "../views.js";

export { moodOf } from "../views.js";

const GLYPHS = { person: "!", fault: "×", back: "↩", moving: "›", still: "·" };
const SAID = {
  person: "needs a person",
  fault: "has a fault",
  back: "goes back",
  moving: "moves",
  still: "at rest",
};

/** The kind of a service's moment as a sign; a screen reader hears the word. */
export function Glyph({ view }) {
  const mood = moodOf(view);
  return html`<span class=${`glyph ${mood}`} title=${SAID[mood]}
    ><span aria-hidden="true">${GLYPHS[mood]}</span><span class="sr">${SAID[mood]}: </span></span
  >`;
}

/** The one sentence about a service; a screen reader is told when it changes. */
export function Sentence({ view }) {
  return html`<p class=${`sentence ${moodOf(view)}`} aria-live="polite">
    <${Glyph} view=${view} /><span>${view.says}</span>
  </p>`;
}
