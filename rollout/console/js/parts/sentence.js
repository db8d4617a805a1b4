import { html } from "../html.js";

/** What kind of moment this is: person, fault, back, moving or still. One word decides the colour and the glyph. */
export function moodOf(view) {
  if (view.needsPerson ?? view.next?.person) return "person";
  if (view.fault) return "fault";
  const phase = view.rollout?.phase;
  if (phase === "ROLLING_BACK" || phase === "DISCARDING") return "back";
  return view.next ? "moving" : "still";
}

const GLYPHS = { person: "!", fault: "×", back: "↩", moving: "›", still: "·" };
const SAID = { person: "needs a person", fault: "has a fault", back: "goes back", moving: "moves", still: "at rest" };

export function Glyph({ view }) {
  const mood = moodOf(view);
  return html`<span class=${`glyph ${mood}`} title=${SAID[mood]}><span aria-hidden="true">${GLYPHS[mood]}</span><span class="sr">${SAID[mood]}</span></span>`;
}

/** The one sentence about a service; a screen reader is told when it changes. */
export function Sentence({ view }) {
  return html`<p class=${`sentence ${moodOf(view)}`} aria-live="polite"><${Glyph} view=${view} /> ${view.says}</p>`;
}
