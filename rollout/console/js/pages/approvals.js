// Services that wait for a person: what an order would do and skip, and who may not give it.

import { html } from "../html.js";
import { counted } from "../format.js";
import { Empty, Heading, Missing, Time } from "../parts/basics.js";
import { allPages, usePoll } from "../polling.js";
import { barred, demands, endsBy, isApproval, waiting, waitsFor } from "../reading/waits.js";
import { toService } from "../routes.js";
import { skipsEvidence } from "../views.js";

const LIST = "rollouts?limit=1000";

const FIRST = ["advance", "resume", "rollback"];

export default function Approvals({ api }) {
  const list = usePoll(api, LIST, { moving: (pages) => waitingIn(pages).length > 0, ask: allPages });
  const all = waitingIn(list.data ?? []);
  const approvals = all.filter(isApproval).length;
  return html`<${Heading}>Approvals<//>
    <${Missing} ...${list} />
    ${list.data && all.length === 0 && html`<${Empty}>Nobody is waited for. <a href="#/">All services</a><//>`}
    ${all.length > 0 &&
    html`<p class="lead" role="status">
      ${counted(all.length, "service waits", "services wait")} for a person, ${
        all.length === 1 ? (approvals ? "for an approval" : "not for an approval") : `${approvals || "none"} of them for an approval`
      }.
    </p>`}
    <ul class="waits">
      ${all.map((each) => html`<${Waiting} key=${each.service} api=${api} service=${each} />`)}
    </ul>`;
}

const waitingIn = (pages) => waiting(pages.flatMap(({ value }) => value));

function Waiting({ api, service }) {
  const hold = service.rollout?.hold;
  const ends = endsBy(service);
  const starter = service.rollout?.starter ?? "";
  const now = api.now();
  const orders = (service.allowed ?? []).filter(({ verb }) => FIRST.includes(verb));
  orders.sort((one, other) => FIRST.indexOf(one.verb) - FIRST.indexOf(other.verb));
  return html`<li class=${`panel ${isApproval(service) ? "approval" : ""}`}>
    <h2>
      <a href=${toService(service.service)}>${service.service}</a>
      <span class="state">${waitsFor(service)}</span>
    </h2>
    <p>${service.says}</p>
    ${hold?.text && !service.says.includes(hold.text) && html`<p>${hold.text}</p>`}
    <dl class="facts">
      ${hold && html`<div><dt>since</dt><dd><${Time} at=${hold.since} now=${now} ago /></dd></div>`}
      ${hold && html`<div><dt>by</dt><dd>${hold.by}</dd></div>`}
      ${service.next && html`<div><dt>you decide</dt><dd>${service.next.what}</dd></div>`}
      ${ends && html`<div><dt>until</dt><dd><${Time} at=${ends.at} now=${now} />${ends.then && ` (${ends.then})`}</dd></div>`}
    </dl>
    <ul class="orders">
      ${orders.map((order) => html`<${Order} key=${order.verb} ...${{ api, starter, order }} service=${service.service} />`)}
    </ul>
    ${orders.length === 0 && html`<p class="dim">No order is allowed now.</p>`}
  </li>`;
}

/** A link to the page that asks once more: a look at this one changes nothing. */
function Order({ api, service, starter, order }) {
  const why = barred(order, api.who);
  const address = toService(service, "do", order.verb);
  const look = order.verb === "advance" && !skipsEvidence(order) && starter !== api.who?.actor ? "main" : "quiet";
  return html`<li>
    ${why
      ? html`<span class="button off" aria-disabled="true">${order.verb}</span>`
      : html`<a class=${`button ${look}`} href=${address} aria-label=${`${order.verb} ${service}`}>${order.verb} …</a>`}
    <p>
      ${order.means}
      ${[...demands(order, starter, api.who), why].filter(Boolean).map((text) => html`<br /><span class="dim">${text}</span>`)}
    </p>
  </li>`;
}
