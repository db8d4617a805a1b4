import { html } from "../html.js";
import { Empty } from "../parts/basics.js";
import { ServiceHead } from "../parts/service_head.js";

export default function Plan({ params }) {
  return html`<${ServiceHead} service=${params.service} tab="plan" />
    <${Empty}>This page is not written yet.<//>`;
}
