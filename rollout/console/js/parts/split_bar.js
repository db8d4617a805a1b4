// How requests are split. Sides differ by pattern, label and place, and only then by colour.

import { html } from "../html.js";

/** `[{name, share, side}]`, stable first; `side` is stable, candidate or other. Empty: not seen. */
export function sharesOf(rollout) {
  const seen = rollout?.traffic?.seen ?? {};
  const order = { stable: 0, candidate: 1, other: 2 };
  return Object.entries(seen)
    .map(([name, share]) => ({ name, share, side: sideOf(name, rollout) }))
    .filter(({ share, side }) => share > 0 || side !== "other")
    .sort((one, two) => order[one.side] - order[two.side] || two.share - one.share);
}

/** Once a rollout has succeeded, its candidate is what the next one calls stable. */
export function sideOf(name, rollout) {
  if (rollout.phase === "SUCCEEDED") return name === rollout.candidate ? "stable" : "other";
  if (name === rollout.stable) return "stable";
  return name === rollout.candidate ? "candidate" : "other";
}

/** The split in words: `blue-6 50 % | green-7 50 %`. */
export const splitText = (rollout) =>
  sharesOf(rollout)
    .map(({ name, share }) => `${name} ${share} %`)
    .join(" | ");

/** The bar with its legend; with `small` the bar and short labels alone, for a list. */
export function SplitBar({ rollout, small = false }) {
  const shares = sharesOf(rollout);
  if (shares.length === 0) return html`<span class="dim">${small ? "–" : "No split was seen yet."}</span>`;
  const copies = Object.entries(rollout.traffic.mirrorSeen ?? {}).filter(([, share]) => share > 0);
  return html`<div class=${small ? "split small" : "split"}>
    <div class="split-bar" role="img" aria-label=${`Traffic: ${splitText(rollout)}`}>
      ${shares.filter(({ share }) => share > 0).map(
        ({ name, share, side }) => html`<span key=${name} class=${`fill ${side}`} style=${{ width: `${share}%` }}></span>`,
      )}
    </div>
    <ul class="legend" aria-hidden=${small ? "true" : undefined}>
      ${shares.map(
        ({ name, share, side }) => html`<li key=${name}>
          <span class=${`swatch fill ${side}`} aria-hidden="true"></span>
          <span class="name">${name}</span> <b>${share} %</b>
          ${!small && html` <span class="dim">${side === "other" ? "not of this rollout" : side}</span>`}
        </li>`,
      )}
      ${copies.map(([name, share]) => html`<li key=${`copy ${name}`}><span class="name">${name}</span> <b>${share} % copies</b></li>`)}
    </ul>
  </div>`;
}
