// Everything that was decided in a rollout, newest first; verdicts unfold to their numbers.

import { Fragment, html, useEffect, useRef, useState } from "../html.js";
import { Empty, Missing, Problem } from "../parts/basics.js";
import { Entry } from "../parts/entry.js";
import { ServiceHead } from "../parts/service_head.js";
import { useOnce, usePoll } from "../polling.js";
import * as history from "../reading/history.js";
import { ENDED, rollouts } from "../reading/versions.js";
import { toService } from "../routes.js";

const PAGE = 100;
const PAGES_TO_A_LINK = 20;
/** A link to an old entry loads the pages down to it, and no more than these. */

const DAY = { weekday: "short", day: "numeric", month: "long", year: "numeric" };
const dayOf = (at) => new Date(at).toLocaleDateString([], DAY);
const moving = (view) => Boolean(view.rollout) && !ENDED.has(view.rollout.phase);

export default function Timeline({ api, params }) {
  const { service } = params;
  const wanted = history.place(params.seq);
  const path = `rollouts/${encodeURIComponent(service)}`;
  const view = usePoll(api, path, { moving });
  const rollout = wanted.rollout || view.data?.rollout?.id || "";
  return html`<${ServiceHead} service=${service} tab="timeline" />
    <${Missing} ...${view} />
    ${view.data && !rollout && html`<${Empty}>No version was rolled out yet.<//>`}
    ${view.data &&
    rollout &&
    html`<${Rollout} key=${rollout} ...${{ api, service, path, rollout, wanted }} view=${view.data} />`}`;
}

/** One rollout's entries: those of the view, where it is the latest, and older pages on demand. */
function Rollout({ api, service, path, view, rollout, wanted }) {
  const latest = view.rollout?.id === rollout;
  const { pages, ended, older, error, busy } = useOlder(api, path, rollout);
  const entries = history.merged(latest ? view.history : [], pages);
  const start = useOnce(api, history.lacksStart(entries) ? page(path, rollout, 2, 1) : null);
  const frozen = history.frozen([...(start.data?.value ?? []), ...entries]);
  const [kind, choose] = useState("all");
  const [open, unfold] = useState(false);
  const least = entries.at(-1)?.sequence ?? null;
  const more = !ended && (least === null || least > 1);
  const found = entries.some(({ sequence }) => sequence === wanted.sequence);
  const lost = wanted.sequence !== null && !found && !more;

  useEffect(() => {
    const first = !latest && pages.length === 0;
    const below = wanted.sequence !== null && wanted.sequence < least && pages.length < PAGES_TO_A_LINK * PAGE;
    if (more && !busy && !error && (first || below)) older(least);
  }, [least, busy, error]);

  const shown = entries.filter(history.KINDS[kind][1]);
  return html`<${Bar} ...${{ service, view, rollout, entries, kind, choose, open, unfold }} />
    ${lost && html`<p class="notice" role="status">This rollout has no entry ${wanted.sequence}.</p>`}
    ${history.days(shown, dayOf).map(
      ({ day, entries: ofDay }) => html`<${Fragment} key=${day}>
        <h2 class="day">${day}</h2>
        <ol class="timeline">
          ${ofDay.map(
            (entry) => html`<${Entry}
              key=${entry.sequence}
              ...${{ api, path, service, entry, frozen, latest, unfolded: open }}
              target=${entry.sequence === wanted.sequence}
            />`,
          )}
        </ol>
      <//>`,
    )}
    ${entries.length === 0 && ended && html`<${Empty}>No rollout of this service has this number.<//>`}
    ${entries.length > 0 && shown.length === 0 && html`<${Empty}>Nothing of that kind so far.<//>`}
    ${error && html`<${Problem} error=${error} again=${() => older(least)} />`}
    ${!error && more && html`<p class="more">
      <button type="button" disabled=${busy} onClick=${() => older(least)}>
        ${busy ? "Asking the app …" : "Older entries"}
      </button>
    </p>`}`;
}

const page = (path, rollout, before, limit) => {
  const query = new URLSearchParams({ rollout, limit });
  if (before !== null) query.set("before", before);
  return `${path}/history?${query}`;
};

/** Older pages: `older(sequence)` adds the one below that number; null: the latest. */
function useOlder(api, path, rollout) {
  const [state, set] = useState({ pages: [], ended: false, error: null, busy: false });
  const here = useRef(true);
  useEffect(() => () => (here.current = false), []);
  async function older(before) {
    set((was) => ({ ...was, busy: true, error: null }));
    try {
      const found = await api.get(page(path, rollout, before, PAGE));
      const pages = (was) => [...was.pages, ...found.value];
      if (here.current)
        set((was) => ({ pages: pages(was), ended: found.before === null, error: null, busy: false }));
    } catch (error) {
      if (here.current) set((was) => ({ ...was, error, busy: false }));
    }
  }
  return { ...state, older };
}

function Bar({ service, view, rollout, entries, kind, choose, open, unfold }) {
  const all = rollouts(view, view.offers ?? []);
  const go = (event) => (location.hash = toService(service, "timeline", event.currentTarget.value));
  const print = () => {
    unfold(true);
    // The entries unfold first.
    setTimeout(() => window.print(), 0);
  };
  return html`<div class="tools no-print">
    ${all.length > 1 &&
    html`<label>Rollout
      <select value=${rollout} onChange=${go}>
        ${all.map(({ id, version }) => html`<option value=${id}>version ${version}, ${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}</option>`)}
      </select></label
    >`}
    <label>Show
      <select value=${kind} onChange=${(event) => choose(event.currentTarget.value)}>
        ${Object.entries(history.KINDS).map(([name, [text]]) => html`<option value=${name}>${text}</option>`)}
      </select></label
    >
    <span class="actions">
      <button type="button" class="quiet" aria-pressed=${open} onClick=${() => unfold(!open)}>Unfold all</button>
      <button type="button" class="quiet" onClick=${() => save(service, rollout, entries)}>Export JSON</button>
      <button type="button" class="quiet" onClick=${print}>Print</button>
    </span>
  </div>`;
}

/** Give the entries that are loaded to the browser as a file. */
function save(service, rollout, entries) {
  const text = history.exported(service, rollout, entries);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), {
    href: address,
    download: history.fileName(service, rollout),
  });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
