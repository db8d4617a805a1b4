// All services, those that need a person first.

import { html, useMemo, useState } from "../html.js";
import { ms, odds, short } from "../format.js";
import { Countdown } from "../parts/countdown.js";
import { Empty, Heading, Missing } from "../parts/basics.js";
import { Glyph, moodOf } from "../parts/sentence.js";
import { SplitBar } from "../parts/split_bar.js";
import { allPages, useNow, usePoll } from "../polling.js";
import { toService } from "../routes.js";
import { countsOf, matches, phaseText, sorted } from "../views.js";

const PAGE = 1000;
const FILTER_FROM = 6;
const COLUMNS = ["Service", "Version", "Phase", "Traffic", "Since", "Evidence", "Next"];

export default function Fleet({ api }) {
  const { data, error, again } = usePoll(api, `rollouts?limit=${PAGE}`, { moving, ask: allPages });
  const [filter, set] = useState("");
  const now = useNow(api);
  const rows = useMemo(() => sorted((data ?? []).flatMap(({ value }) => value)), [data]);
  const shown = rows.filter((view) => matches(view, filter));
  return html`<div class="bar">
      <${Heading}>Services<//>
      ${data && html`<p class="counts" role="status">${countsOf(rows)}</p>`}
      ${rows.length >= FILTER_FROM &&
      html`<label class="filter"
        ><span class="sr">Filter by name, phase or sentence</span>
        <input
          type="search"
          placeholder="Filter"
          value=${filter}
          onInput=${(event) => set(event.currentTarget.value)}
        />
      </label>`}
    </div>
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && rows.length === 0 && html`<${NoServices} />`}
    ${rows.length > 0 && shown.length === 0 && html`<${Empty}>No service matches “${filter}”.<//>`}
    ${shown.length > 0 && html`<${Table} views=${shown} now=${now} />`}`;
}

const moving = (pages) =>
  pages.some(({ value }) => value.some((view) => ["back", "moving"].includes(moodOf(view))));

const NoServices = () => html`<${Empty}
  >No service is configured: a service is a folder with a <code>rollout.yaml</code> in the published
  bundle.<//
>`;

// The roles are written out because a phone shows rows as cards, and some browsers then take a
// table for none.
function Table({ views, now }) {
  return html`<table class="fleet" role="table" aria-label="Services">
    <thead role="rowgroup">
      <tr role="row">
        ${COLUMNS.map((name) => html`<th key=${name} role="columnheader" scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${views.map((view) => html`<${Row} key=${view.service} view=${view} now=${now} />`)}
    </tbody>
  </table>`;
}

function Cell({ name, title, children }) {
  const none = children === "" || children === null;
  return html`<td role="cell" class=${`${name}${none ? " empty-cell" : ""}`} title=${title}>${none ? "–" : children}</td>`;
}

function Row({ view, now }) {
  const { rollout } = view;
  const near = view.pass ?? view.harm;
  const since = ms(rollout?.phaseSince);
  const version = rollout?.version ?? view.waiting?.version;
  return html`<tr role="row" class=${moodOf(view)}>
    <td role="cell" class="name">
      <span class="cell"><${Glyph} view=${view} /><a href=${toService(view.service)}>${view.service}</a></span>
    </td>
    <${Cell} name="number" title=${version}>${version ? `v${version}` : ""}<//>
    <${Cell} name="phase">${phaseText(view)}<//>
    <${Cell} name="traffic">${rollout?.traffic.seen ? html`<${SplitBar} rollout=${rollout} small />` : ""}<//>
    <${Cell} name="since">${since === null ? "" : short((now - since) / 1000)}<//>
    <${Cell} name="evidence">${near ? `${view.pass ? "pass" : "harm"} ${odds(near.odds)} of ${odds(near.of)}` : ""}<//>
    <${Cell} name="next"><${Next} view=${view} now=${now} /><//>
  </tr>`;
}

function Next({ view, now }) {
  const { fault, next } = view;
  if (fault) return fault;
  if (!next) return view.says;
  return html`${next.person && html`<b>you: </b>`}${next.what} <${Countdown} at=${next.at} now=${now} />`;
}
