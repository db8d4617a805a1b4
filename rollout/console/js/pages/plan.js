// What a rollout that started now would be like: how long each stage takes, and what it could find.

import { html } from "../html.js";
import { Empty, Missing, Time } from "../parts/basics.js";
import { DataTable } from "../parts/data_table.js";
import { ServiceHead } from "../parts/service_head.js";
import { useOnce } from "../polling.js";
import { count, percent, span } from "../reading/figures.js";
import { sent, stageTable } from "../reading/forecast.js";

export default function Plan({ api, params }) {
  const { service } = params;
  const asked = useOnce(api, `rollouts/${encodeURIComponent(service)}/plan`);
  return html`<${ServiceHead} service=${service} tab="plan" />
    <${Missing} ...${asked} />
    ${asked.data && html`<${Forecast} ...${{ api, service, plan: asked.data }} />`}`;
}

function Forecast({ api, service, plan }) {
  if (plan.stages.length === 0)
    return html`<${Empty}>${plan.says} A rollout starts all the same.<//>`;
  return html`<p class=${`lead ${plan.satisfiable ? "" : "bad"}`}>${plan.says}</p>
    <${Known} api=${api} ...${plan} />
    <${DataTable} table=${stageTable(plan.stages)} />
    <${Sentences} title="Sent by the app itself" texts=${sent(plan)} />
    <${Sentences} title="What to know, and what to change" texts=${plan.warnings} />
    <p class="dim">
      Nothing is decided by this. To try other limits: <code>rollout plan ${service}</code>
    </p>`;
}

const FROM = { metrics: "read from Azure Monitor", rollout: "learnt as the last rollout began" };

const Known = ({ api, requestsPerMinute, stableShare, historyHours, maxBakeMinutes, knownAt, knownFrom }) =>
  html`<dl class="facts">
    <div><dt>stable gets</dt><dd>${count(requestsPerMinute)} requests a minute</dd></div>
    <div><dt>of them fail</dt><dd>${percent(stableShare)}</dd></div>
    <div>
      <dt>known of it</dt>
      <dd>${count(historyHours)} h, ${FROM[knownFrom] ?? ""} ${knownAt && html`<${Time} at=${knownAt} now=${api.now()} ago />`}</dd>
    </div>
    <div><dt>a stage bakes at most</dt><dd>${span(maxBakeMinutes * 60)}</dd></div>
  </dl>`;

const Sentences = ({ title, texts }) =>
  texts?.length > 0 &&
  html`<section>
    <h2>${title}</h2>
    <ul class="points">${texts.map((text) => html`<li key=${text}>${text}</li>`)}</ul>
  </section>`;
