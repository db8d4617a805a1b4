// The stations of a rollout: behind, here, or to come.

import { html } from "../html.js";

const MARKS = { done: "●", here: "◉", ahead: "○" };
const SAID = { done: "done", here: "here now", ahead: "to come" };

/** Where a rollout is on its track; -1 where it left it, on the way back. */
export function stationOf(rollout) {
  const stages = rollout.stages.length;
  const found = {
    CREATING: 0,
    VALIDATING: 1,
    SHIFTING: 2 + rollout.stage,
    BAKING: 2 + rollout.stage,
    PROMOTED: 2 + stages,
    RETIRING: 2 + stages,
    SUCCEEDED: 4 + stages,
  }[rollout.phase];
  return found ?? -1;
}

/** A stage's name: its weight, or its copies before any weight, and whether a person approves it. */
export function stageName(stage) {
  const name = stage.mirror && !stage.weight ? `copies ${stage.mirror} %` : `${stage.weight} %`;
  return stage.approval ? `${name} on approval` : name;
}

/** `inside` is shown below the station where the rollout is. */
export function StageTrack({ rollout, inside = null }) {
  const here = stationOf(rollout);
  if (here < 0) return null;
  const names = ["create", "validate", ...rollout.stages.map(stageName), "keep", "done"];
  return html`<ol class="track" aria-label="Stages">
    ${names.map((name, at) => {
      const state = at < here ? "done" : at === here ? "here" : "ahead";
      return html`<li key=${at} class=${state} aria-current=${state === "here" ? "step" : undefined}>
        <span class="mark" aria-hidden="true">${MARKS[state]}</span> ${name}
        <span class="sr">, ${SAID[state]}</span>
        ${state === "here" && inside && html`<span class="inside">${inside}</span>`}
      </li>`;
    })}
  </ol>`;
}
