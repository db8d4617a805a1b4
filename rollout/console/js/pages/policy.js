import { html } from "../html.js";
import { Empty } from "../parts/basics.js";
import { ServiceHead } from "../parts/service_head.js";

export default function Policy({ params }) {
  return html`<${ServiceHead} service=${params.service} tab="policy" />
    <${Empty}>This page is not written yet.<//>`;
}
