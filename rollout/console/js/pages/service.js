// One service: the card that somebody reads at three in the morning.

import { html, useState } from "../html.js";
import { clock, ms, short } from "../format.js";
import { Missing, Time } from "../parts/basics.js";
import { Countdown } from "../parts/countdown.js";
import { Minutes } from "../parts/minutes.js";
import { OddsBar } from "../parts/odds_bar.js";
import { Orders } from "../parts/order.js";
import { Sentence } from "../parts/sentence.js";
import { ServiceHead } from "../parts/service_head.js";
import { SplitBar } from "../parts/split_bar.js";
import { StageTrack } from "../parts/stage_track.js";
import { useNow, usePoll } from "../polling.js";
import { toService } from "../routes.js";
import { azLine, ENDED, phaseText } from "../views.js";

const DECISIONS = 6;
const COPIED_MS = 2000;

export default function Service({ api, params }) {
  const path = `rollouts/${encodeURIComponent(params.service)}`;
  const { data, error, again } = usePoll(api, path, { moving: (view) => Boolean(view.next) });
  const now = useNow(api);
  return html`<${ServiceHead} service=${params.service} tab="card">
      ${data?.rollout && html`<${Sides} view=${data} now=${now} />`}
    <//>
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && html`<${Card} api=${api} view=${data} now=${now} again=${again} />`}`;
}

function Sides({ view, now }) {
  const { rollout } = view;
  const from = rollout.stable ? `${rollout.stable} → ${rollout.candidate}` : rollout.candidate;
  const by = { event: "by the event of its registration", start: "by hand", retry: "by a retry" };
  return html`<p class="sides">
    <b>${phaseText(view)}</b> · ${from} (version ${rollout.version}) · began <${Time} at=${rollout.startedAt} now=${now} ago />
    ${` ${by[rollout.startedBy] ?? ""}`}
  </p>`;
}

function Card({ api, view, now, again }) {
  const { rollout } = view;
  const line = azLine(view);
  return html`<div class="card">
    <div class="wide"><${Sentence} view=${view} />
      ${view.fault && view.fault !== view.says && html`<p class="bad">${view.fault}</p>`}
    </div>
    ${rollout && html`<${Traffic} view=${view} now=${now} />`}
    <div class="aside">
      <${Steps} api=${api} view=${view} now=${now} again=${again} />
      ${line && html`<${WithoutTheApp} line=${line} stable=${rollout.stable} open=${api.silentSince > 0} />`}
    </div>
    ${rollout && html`<${Way} view=${view} now=${now} />`}
    ${rollout &&
    html`<section class="panel wide" aria-label="Minutes">
      <h2>Both sides by the minute</h2>
      <${Minutes} api=${api} service=${view.service} moves=${!ENDED.has(rollout.phase)} />
    </section>`}
    <${Decisions} view=${view} now=${now} />
  </div>`;
}

function Traffic({ view, now }) {
  const { traffic } = view.rollout;
  const seen = ms(traffic.seenAt);
  const age = seen === null ? "not seen yet" : `seen ${short((now - seen) / 1000)} ago`;
  const wanted = Object.entries(traffic.wanted ?? {}).filter(([name, share]) => (traffic.seen?.[name] ?? 0) !== share);
  return html`<section class="panel left" aria-label="Traffic">
    <h2>Traffic now <span class="dim age">${age}</span></h2>
    <${SplitBar} rollout=${view.rollout} />
    ${seen !== null &&
    wanted.length > 0 &&
    html`<p class="dim">Asked for: ${wanted.map(([name, share]) => `${name} ${share} %`).join(", ")}.</p>`}
  </section>`;
}

function Steps({ api, view, now, again }) {
  const { next } = view;
  const hold = view.rollout?.hold;
  return html`<section class=${hold ? "panel held" : "panel"} aria-label="Next">
    <h2>${next?.person ? "Yours to decide" : "Next"}</h2>
    ${hold && html`<p>Held by ${hold.by} (${hold.reason}) since <${Time} at=${hold.since} now=${now} ago />.</p>`}
    ${next
      ? html`<p class="next-step">${next.what}<${When} next=${next} hold=${hold} now=${now} /></p>`
      : html`<p class="dim">Nothing comes next by itself.</p>`}
    <${Orders} api=${api} view=${view} onDone=${again} />
  </section>`;
}

function When({ next, hold, now }) {
  if (!(ms(next.at) > now)) return null;
  const until = html`<${Countdown} at=${next.at} now=${now} />`;
  return hold || next.person ? html`; without you the hold ends in ${until}` : html`, in ${until} at the earliest`;
}

function WithoutTheApp({ line, stable, open }) {
  const [copied, set] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(line);
    set(true);
    setTimeout(() => set(false), COPIED_MS);
  }
  return html`<details class="panel" open=${open}>
    <summary>Back to ${stable} without this app</summary>
    <div class="az"><code>${line}</code></div>
    ${navigator.clipboard && html`<button type="button" class="quiet" onClick=${copy}>${copied ? "Copied" : "Copy"}</button>`}
  </details>`;
}

function Way({ view, now }) {
  const { rollout } = view;
  const track = html`<${StageTrack} rollout=${rollout} inside=${baked(rollout, now)} />`;
  const near = (view.harm || view.pass) && !ENDED.has(rollout.phase);
  return html`<section class="panel left" aria-label="Stages and evidence">
    <h2>Stages</h2>
    ${track}
    ${rollout.cause && html`<p><b>${rollout.cause}</b>${rollout.causeText ? `: ${rollout.causeText}` : ""}</p>`}
    ${near && html`<${OddsBar} near=${view.harm} kind="harm" /><${OddsBar} near=${view.pass} kind="pass" />`}
    ${rollout.evidence?.unreadableMetrics > 0 &&
    html`<p class="bad">The metrics could not be read ${rollout.evidence.unreadableMetrics} times in a row.</p>`}
  </section>`;
}

function baked(rollout, now) {
  const began = ms(rollout.evidence?.windowStart);
  if (rollout.phase !== "BAKING" || began === null) return null;
  return `baked ${clock((now - began) / 1000)} of ${clock(rollout.stages[rollout.stage].bakeSeconds)}`;
}

function Decisions({ view, now }) {
  // What people were told repeats what was decided.
  const decided = (view.history ?? []).filter(({ kind }) => kind !== "Notice" && kind !== "AttentionNeeded");
  const last = decided.slice(-DECISIONS).reverse();
  if (last.length === 0) return null;
  return html`<section class="panel wide" aria-label="Last decisions">
    <h2>Last decisions</h2>
    <ol class="decisions">
      ${last.map(
        (entry) => html`<li key=${entry.sequence}>
          <${Time} at=${entry.at} now=${now} /><span>${entry.text}${entry.actor && html` <span class="dim">by ${entry.actor}</span>`}</span>
        </li>`,
      )}
    </ol>
    <p><a href=${toService(view.service, "timeline")}>The whole timeline</a></p>
  </section>`;
}
