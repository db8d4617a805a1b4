// What a rollout that started now would be like: how long each stage takes, and what it could find.

import { html } from "../html.js";
import { Empty, Missing } from "../parts/basics.js";
import { DataTable } from "../parts/data_table.js";
import { ServiceHead } from "../parts/service_head.js";
import { useOnce } from "../polling.js";
import { count, percent, span } from "../reading/figures.js";
import { stages, total } from "../reading/forecast.js";

export default function Plan({ api, params }) {
  const { service } = params;
  const asked = useOnce(api, `rollouts/${encodeURIComponent(service)}/plan`);
  return html`<${ServiceHead} service=${service} tab="plan" />
    <${Missing} ...${asked} />
    ${asked.data && html`<${Forecast} ...${{ service, plan: asked.data }} />`}`;
}

function Forecast({ service, plan }) {
  const rows = stages(plan.stages ?? []);
  if (rows.length === 0)
    return html`<${Empty}>${plan.says ?? "Nothing can be foreseen yet."} A rollout starts all the same.<//>`;
  const lasts = total(plan.stages);
  const table = {
    title: "Stage by stage",
    columns: ["stage", "lasts", "waits for", "evidence from", "requests", "chance to pass", "finds"],
    rows: rows.map((each) => [
      ...[each.title, each.lasts, each.waits, each.evidence, each.requests, each.chance, each.finds],
    ]),
  };
  return html`<p class=${`lead ${plan.satisfiable === false ? "bad" : ""}`}>
      ${plan.says ?? `A rollout that started now would bake for ${lasts === null ? "ever" : `about ${span(lasts)}`}.`}
    </p>
    <${Known} ...${plan} />
    <${DataTable} table=${table} />
    <${Sentences} title="What to change" texts=${plan.warnings} />
    <${Sentences} title="In words" texts=${plan.sentences} />
    <p class="dim">
      Nothing is decided by this. To try other limits: <code>rollout plan ${service}</code>
    </p>`;
}

const Known = ({ requestsPerMinute, stableShare, historyHours }) =>
  requestsPerMinute === undefined
    ? null
    : html`<dl class="facts">
        <div><dt>stable gets</dt><dd>${count(requestsPerMinute)} requests a minute</dd></div>
        <div><dt>of them fail</dt><dd>${percent(stableShare)}</dd></div>
        <div><dt>known of it</dt><dd>${count(historyHours)} h</dd></div>
      </dl>`;

const Sentences = ({ title, texts }) =>
  texts?.length > 0 &&
  html`<section>
    <h2>${title}</h2>
    <ul class="points">${texts.map((text) => html`<li key=${text}>${text}</li>`)}</ul>
  </section>`;
