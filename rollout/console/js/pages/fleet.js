// All services, those that need a person first.

import { html, useMemo, useState } from "../html.js";
import { counted, ms, odds, short } from "../format.js";
import { Countdown } from "../parts/countdown.js";
import { Empty, Heading, Missing } from "../parts/basics.js";
import { Glyph, moodOf } from "../parts/sentence.js";
import { SplitBar } from "../parts/split_bar.js";
import { useNow, usePoll } from "../polling.js";
import { toService } from "../routes.js";

const RANK = { person: 0, fault: 1, back: 2, moving: 3, still: 4 };
const MOST = 1000;

export default function Fleet({ api }) {
  const { data, error, again } = usePoll(api, `rollouts?limit=${MOST}`, { moving: moves });
  const [filter, set] = useState("");
  const now = useNow(api);
  const rows = useMemo(() => sorted(data?.value ?? []), [data]);
  const shown = rows.filter((view) => matches(view, filter));
  return html`<div class="bar">
      <${Heading}>Services<//>
      ${data && html`<p class="counts" role="status">${countsOf(rows)}</p>`}
      ${rows.length > 5 &&
      html`<label class="filter"
        ><span class="sr">Filter by name, phase or sentence</span>
        <input type="search" placeholder="Filter" value=${filter} onInput=${(event) => set(event.currentTarget.value)} />
      </label>`}
    </div>
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && rows.length === 0 && html`<${Empty}>No service is configured. A service is a folder with a <code>rollout.yaml</code> in the bundle.<//>`}
    ${rows.length > 0 && shown.length === 0 && html`<${Empty}>No service matches “${filter}”.<//>`}
    <ul class="fleet">
      ${shown.map((view) => html`<${Row} key=${view.service} view=${view} now=${now} />`)}
    </ul>`;
}

const moves = (data) => data.value.some((view) => ["back", "moving"].includes(moodOf(view)));

function sorted(views) {
  const rank = (view) => RANK[moodOf(view)];
  return [...views].sort((one, two) => rank(one) - rank(two) || one.service.localeCompare(two.service));
}

function matches(view, filter) {
  const text = [view.service, phaseText(view), view.says, view.rollout?.version].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function countsOf(rows) {
  const of = (mood) => rows.filter((view) => moodOf(view) === mood).length;
  const parts = [
    [of("person"), "needs a person", "need a person"],
    [of("fault"), "has a fault", "have a fault"],
    [of("moving") + of("back"), "moves", "move"],
  ];
  const told = parts.filter(([number]) => number).map(([number, one, many]) => `${number} ${number === 1 ? one : many}`);
  return [counted(rows.length, "service"), ...told].join(", ");
}

export function phaseText(view) {
  const { rollout } = view;
  if (!rollout) return view.fault ? "FAULT" : view.waiting ? "WAITS" : "NONE";
  if (rollout.hold) return `HELD ${rollout.hold.reason}`;
  const staged = ["SHIFTING", "BAKING"].includes(rollout.phase);
  const phase = staged ? `${rollout.phase} ${rollout.stage + 1}/${rollout.stages.length}` : rollout.phase;
  return rollout.suspended ? `${phase} (suspended)` : phase.replace("_", " ");
}

function Row({ view, now }) {
  const { rollout, next } = view;
  const near = view.pass ?? view.harm;
  const since = ms(rollout?.phaseSince);
  return html`<li class=${`row ${moodOf(view)}`}>
    <${Glyph} view=${view} />
    <a class="service" href=${toService(view.service)}>${view.service}</a>
    <span class="version">${rollout ? `v${rollout.version}` : ""}</span>
    <span class="phase">${phaseText(view)}</span>
    <span class="since">${since === null ? "" : short((now - since) / 1000)}</span>
    <span class="traffic"><${SplitBar} rollout=${rollout} small /></span>
    <span class="evidence">${near ? `${view.pass ? "pass" : "harm"} ${odds(near.odds)} of ${odds(near.of)}` : ""}</span>
    <span class="next">${view.fault ? view.fault : next ? html`${next.person ? html`<b>you: </b>` : ""}${next.what} <${Countdown} at=${next.at} now=${now} />` : view.says}</span>
  </li>`;
}
