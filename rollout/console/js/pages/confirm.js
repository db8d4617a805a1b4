// What a link in a message opens: what the order would do now, and a button. Opening it does nothing.

import { html, useRef } from "../html.js";
import { Missing } from "../parts/basics.js";
import { OrderForm, mayOrder, wordOf } from "../parts/order.js";
import { Sentence } from "../parts/sentence.js";
import { ServiceHead } from "../parts/service_head.js";
import { SplitBar } from "../parts/split_bar.js";
import { usePoll } from "../polling.js";
import { toService } from "../routes.js";

/** `query` may name the `rollout`, `phase` and `stage` that the message was about. */
export default function Confirm({ api, params, query }) {
  const { service, verb } = params;
  const path = `rollouts/${encodeURIComponent(service)}`;
  const { data, error, again } = usePoll(api, path, { moving: (view) => Boolean(view.next) });
  const bound = useRef(null);
  const past = useRef(undefined);
  // Judged as the page opens: what this very order then moves on is not the message's age.
  if (data && past.current === undefined) past.current = passed(data, query);
  const order = data?.allowed.find((each) => each.verb === verb);
  if (order && !bound.current) bound.current = { view: data, order };
  return html`<${ServiceHead} service=${service} tab="confirm" />
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && html`<div class="confirm">
      <${Sentence} view=${data} />
      ${data.rollout && html`<${SplitBar} rollout=${data.rollout} />`}
      <section class="panel">
        <h2>${wordOf(verb)} ${service}?</h2>
        <${Body} api=${api} verb=${verb} view=${data} bound=${bound.current} past=${past.current} onDone=${again} />
      </section>
      <p><a href=${toService(service)}>Look at ${service} first</a></p>
    </div>`}`;
}

function Body({ api, verb, view, bound, past, onDone }) {
  if (past) return html`<p>${past}</p>`;
  if (!bound) return html`<p>This order is not possible now.</p>`;
  if (!mayOrder(api, verb))
    return html`<p>This needs the role ${bound.order.role}, which ${api.who.actor} does not have.</p>`;
  return html`<${OrderForm} api=${api} ...${bound} current=${view} onDone=${onDone} />`;
}

/** Why the message that led here is out of date; null where it is not. */
function passed({ rollout }, { rollout: id, stage }) {
  if (id && rollout?.id !== id) return "The message was about an earlier rollout, which has ended.";
  if (id && stage !== undefined && String(rollout.stage) !== stage)
    return "The rollout has moved on to another stage since the message was sent.";
  return null;
}
