// Every version that was offered, what became of it, and why.

import { html, useEffect, useRef, useState } from "../html.js";
import { Empty, Missing, Problem, Time } from "../parts/basics.js";
import { OrderButton } from "../parts/order.js";
import { ServiceHead } from "../parts/service_head.js";
import { usePoll } from "../polling.js";
import { ENDED, orderFor, versions } from "../reading/versions.js";
import { toService } from "../routes.js";

const PAGE = 100;
const moving = (view) => Boolean(view.waiting) || view.received.length > 0 || !ended(view);
const ended = (view) => !view.rollout || ENDED.has(view.rollout.phase);

export default function Versions({ api, params }) {
  const { service, version = "" } = params;
  const path = `rollouts/${encodeURIComponent(service)}`;
  const view = usePoll(api, path, { moving });
  return html`<${ServiceHead} service=${service} tab="versions" />
    <${Missing} ...${view} />
    ${view.data && html`<${List} key=${service} ...${{ api, service, path, wanted: version }} view=${view.data} onDone=${view.again} />`}`;
}

function List({ api, service, path, view, wanted, onDone }) {
  const [sought, seek] = useState("");
  const further = useFurther(api, path, view);
  const all = versions(view, [...view.offers, ...further.offers]);
  const shown = all.filter((each) => each.version.toLowerCase().includes(sought.trim().toLowerCase()));
  const missing = wanted && !further.after && !all.some((each) => each.version === wanted);
  if (all.length === 0)
    return html`<${Empty}>No version was offered yet. One is when a model is registered, or with${" "}
      <code>rollout start ${service} --version …</code><//>`;
  return html`<div class="tools no-print">
      <label>Why did version <input type="search" value=${sought} placeholder="18" onInput=${(event) => seek(event.currentTarget.value)} /> not start?</label>
    </div>
    ${missing && html`<${NeverOffered} service=${service} version=${wanted} />`}
    <ul class="versions">
      ${shown.map(
        (each) => html`<${Version}
          key=${`${each.model}:${each.version}`}
          ...${{ api, service, view, each, onDone }}
          target=${each.version === wanted}
        />`,
      )}
    </ul>
    ${shown.length === 0 && sought && html`<${NeverOffered} service=${service} version=${sought} />`}
    ${further.error && html`<${Problem} error=${further.error} again=${further.more} />`}
    ${further.after && html`<p class="more"><button type="button" disabled=${further.busy} onClick=${further.more}>More versions</button></p>`}`;
}

const NeverOffered = ({ service, version }) => html`<p class="notice" role="status">
  Version ${version} was never offered to ${service}, as far as these go. Was it registered under the
  model of its policy, and in this workspace? <code>rollout start ${service} --version ${version}</code>${" "}
  offers it by hand.
</p>`;

function Version({ api, service, view, each, target, onDone }) {
  const place = useRef(null);
  useEffect(() => {
    if (target) place.current.scrollIntoView({ block: "center" });
  }, [target]);
  const order = orderFor(each, view);
  const now = api.now();
  return html`<li class=${`version ${each.state} ${target ? "target" : ""}`} ref=${place}>
    <h2>
      <a href=${toService(service, "versions", each.version)}>${each.version}</a>
      <span class="state">${[each.state, each.means].filter(Boolean).join(": ")}</span>
    </h2>
    <p class="why">${each.why}</p>
    <dl class="facts">
      ${each.decidedAt && html`<div><dt>decided</dt><dd><${Time} at=${each.decidedAt} now=${now} /></dd></div>`}
      ${each.offeredAt && html`<div><dt>offered</dt><dd><${Time} at=${each.offeredAt} now=${now} /></dd></div>`}
      ${each.by && html`<div><dt>by</dt><dd>${each.by}</dd></div>`}
      ${each.reason && html`<div><dt>reason</dt><dd>${each.reason}</dd></div>`}
      ${each.createdAt && html`<div><dt>registered</dt><dd><${Time} at=${each.createdAt} now=${now} /></dd></div>`}
      <div><dt>model</dt><dd>${each.model}</dd></div>
    </dl>
    ${each.rollout && html`<p><a href=${toService(service, "timeline", each.rollout)}>Its rollout</a></p>`}
    ${order && html`<${OrderButton} ...${{ api, view, order, onDone }} fixed=${{ version: each.version }} />`}
  </li>`;
}

/** Further pages of offers; the first one came with the view. */
function useFurther(api, path, view) {
  const [state, set] = useState({ offers: [], after: undefined, error: null, busy: false });
  const after = state.after === undefined ? view.offersAfter : state.after;
  async function more() {
    set((was) => ({ ...was, busy: true, error: null }));
    try {
      const found = await api.get(`${path}/offers?${new URLSearchParams({ after, limit: PAGE })}`);
      set((was) => ({ offers: [...was.offers, ...found.value], after: found.after, error: null, busy: false }));
    } catch (error) {
      set((was) => ({ ...was, error, busy: false }));
    }
  }
  return { ...state, after, more };
}
