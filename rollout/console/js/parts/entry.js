// One entry of a timeline: what happened, who and why, its numbers, and what is held back of it.

import { html, useEffect, useRef, useState } from "../html.js";
import * as history from "../reading/history.js";
import { tables, unfolds } from "../reading/verdicts.js";
import { toService } from "../routes.js";
import { Problem } from "./basics.js";
import { DataTable } from "./data_table.js";

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

/**
 * @param {boolean} target - The address means this entry: it opens, and is scrolled to.
 * @param {boolean} unfolded - All entries are open.
 */
export function Entry({ api, path, service, entry, frozen, latest, target, unfolded }) {
  const place = useRef(null);
  useEffect(() => {
    if (!target) return;
    place.current.scrollIntoView({ block: "center" });
    place.current.focus({ preventScroll: true });
  }, [target]);
  const at = new Date(entry.at);
  const who = history.who(entry);
  const link = toService(service, "timeline", history.anchor(entry, latest));
  return html`<li
    class=${`entry ${history.tone(entry)} ${target ? "target" : ""}`}
    ref=${place}
    tabIndex=${target ? -1 : undefined}
  >
    <p class="when">
      <time dateTime=${entry.at} title=${at.toISOString()}>${at.toLocaleTimeString([], CLOCK)}</time>
      <a href=${link} aria-label=${`Link to entry ${entry.sequence}`}>#${entry.sequence}</a>
    </p>
    <div class="what">
      <h3>${history.title(entry)} <span class="dim">stage ${entry.stage + 1}</span></h3>
      <p>${history.sentence(entry)}</p>
      ${who && html`<p class="dim">by ${who}</p>`}
      ${unfolds(entry) && html`<${Unfolding} ...${{ api, path, entry, frozen, latest }} open=${target || unfolded} />`}
    </div>
  </li>`;
}

/** The tables are made once they are looked at: a long history has many. */
function Unfolding({ api, path, entry, frozen, latest, open }) {
  const [seen, set] = useState(open);
  const box = useRef(null);
  useEffect(() => {
    box.current.open = open;
    if (open) set(true);
  }, [open]);
  const toggled = (event) => event.currentTarget.open && set(true);
  return html`<details ref=${box} onToggle=${toggled}>
    <summary>${entry.data.numbers ? "Numbers" : "Details"}</summary>
    ${seen && html`<${Numbers} ...${{ entry, frozen }} />`}
    ${seen && entry.bodies.length > 0 && html`<${Bodies} ...${{ api, path, entry, latest }} />`}
  </details>`;
}

const Numbers = ({ entry, frozen }) =>
  tables(entry.data, frozen).map((table) => {
    const shown = html`<${DataTable} key=${table.title} table=${table} />`;
    if (!table.folded) return shown;
    return html`<details key=${table.title}><summary>${table.title}</summary>${shown}</details>`;
  });

/** A container's log or a deployment's body: fetched when asked for, because it may hold secrets. */
function Bodies({ api, path, entry, latest }) {
  const [state, set] = useState({ data: null, error: null, busy: false });
  const names = entry.bodies.join(", ");
  async function ask() {
    set({ data: null, error: null, busy: true });
    try {
      const { data } = await api.get(`${path}/bodies/${entry.sequence}`);
      set({ data, error: null, busy: false });
    } catch (error) {
      set({ data: null, error, busy: false });
    }
  }
  if (!latest)
    return html`<p class="dim">Held back: ${names}. The app shows it for the latest rollout only.</p>`;
  if (state.data)
    return Object.entries(state.data).map(
      ([name, value]) => html`<figure class="body" key=${name}>
        <figcaption>${name}</figcaption>
        <pre tabIndex="0">${typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
      </figure>`,
    );
  return html`<p class="no-print">
      <button type="button" class="quiet" disabled=${state.busy} onClick=${ask}>Show ${names}</button>
      <span class="hint"> Held back, because it may hold secrets.</span>
    </p>
    ${state.error && html`<${Problem} error=${state.error} again=${ask} />`}`;
}
