// What a link in a message opens: what the order would do now, and a button. Opening it does nothing.

import { html } from "../html.js";
import { Empty, Missing } from "../parts/basics.js";
import { OrderForm, wordOf } from "../parts/order.js";
import { Sentence } from "../parts/sentence.js";
import { ServiceHead } from "../parts/service_head.js";
import { useOnce } from "../polling.js";

export default function Confirm({ api, params }) {
  const { data, error, again } = useOnce(api, `rollouts/${encodeURIComponent(params.service)}`);
  const order = data?.allowed.find((each) => each.verb === params.verb);
  return html`<${ServiceHead} service=${params.service} tab="confirm" />
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && html`<${Sentence} view=${data} />`}
    ${order && html`<h2>${wordOf(order.verb)}?</h2><${OrderForm} api=${api} view=${data} order=${order} />`}
    ${data && !order && html`<${Empty}>“${params.verb}” is not possible now.<//>`}`;
}
