// One service: the card that somebody reads at three in the morning.

import { html } from "../html.js";
import { Missing } from "../parts/basics.js";
import { OrderButton } from "../parts/order.js";
import { Sentence } from "../parts/sentence.js";
import { ServiceHead } from "../parts/service_head.js";
import { SplitBar } from "../parts/split_bar.js";
import { usePoll } from "../polling.js";

export default function Service({ api, params }) {
  const { data, error, again } = usePoll(api, `rollouts/${encodeURIComponent(params.service)}`, { moving: (view) => Boolean(view.next) });
  return html`<${ServiceHead} service=${params.service} tab="card" />
    <${Missing} data=${data} error=${error} again=${again} />
    ${data && html`<${Sentence} view=${data} />
    <${SplitBar} rollout=${data.rollout} />
    ${data.allowed.map((order) => html`<${OrderButton} key=${order.verb} api=${api} view=${data} order=${order} onDone=${again} />`)}`}`;
}
