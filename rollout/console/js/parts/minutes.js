// The plots of a rollout: both sides by the minute.

import { html, useMemo } from "../html.js";
import { allPages, usePoll } from "../polling.js";
import { plotted } from "../views.js";
import { Empty, Problem } from "./basics.js";
import { Plot } from "./plot.js";

/** `moves`: whether new minutes come. */
export function Minutes({ api, service, moves }) {
  const path = `rollouts/${encodeURIComponent(service)}/minutes`;
  const { data, error } = usePoll(api, path, { moving: () => false, ask: allPages });
  const drawn = useMemo(() => (data ? plotted(data) : null), [data]);
  if (!drawn) {
    if (error?.status === 404) return html`<${Empty}>No plots yet: no minute was judged.<//>`;
    return error && !error.passing ? html`<${Problem} error=${error} />` : html`<p class="loading">Asking for the minutes …</p>`;
  }
  if (drawn.times.length < 2) return html`<${Empty}>${moves ? "No plots yet: the first minutes are on their way." : "No minute was judged."}<//>`;
  const { times, marks, requests, failed, p95, faulty } = drawn;
  return html`<div class="plots">
    <${Plot} title="Requests a minute" times=${times} marks=${marks} ...${requests} format=${whole} />
    <${Plot} title="Failed, % of requests" times=${times} marks=${marks} ...${failed} format=${fine} />
    <${Plot} title="P95, ms" times=${times} marks=${marks} ...${p95} format=${whole} />
    ${faulty && html`<${Plot} title="Faulty answers, % of those read" times=${times} marks=${marks} ...${faulty} format=${fine} />`}
  </div>`;
}

const whole = (number) => Math.round(number).toLocaleString("en");
const fine = (number) => String(Number(number.toPrecision(2)));
