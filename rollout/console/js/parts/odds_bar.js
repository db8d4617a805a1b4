// How near the gate is to either end.

import { html } from "../html.js";
import { odds, percent, reached } from "../format.js";

const TELLS = {
  harm: "Odds that the candidate is worse than the policy tolerates. At the end of the bar it goes back.",
  pass: "Odds that it stays within the limits. At the end of the bar the stage is passed.",
};

/** `near` is a view's `harm` or `pass` (null: nothing); `kind` says which. */
export function OddsBar({ near, kind }) {
  if (!near) return null;
  const share = reached(near.odds, near.of);
  const probes = near.fromProbes > 0 ? `, ${percent(near.fromProbes)} from probes` : "";
  const told = `${odds(near.odds)} of ${odds(near.of)}`;
  return html`<div class=${`odds ${kind}`} title=${TELLS[kind]}>
    <span class="label">${kind}</span>
    <span class="meter" role="meter" aria-label=${`${kind}, ${near.what}`} aria-valuemin="0" aria-valuemax="1"
      aria-valuenow=${share.toFixed(2)} aria-valuetext=${told}>
      <span class="filled" style=${{ width: `${100 * share}%` }}></span>
    </span>
    <span class="value">${told}${probes}</span>
    <span class="what">${near.what}</span>
  </div>`;
}
