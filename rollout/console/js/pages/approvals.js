import { html } from "../html.js";
import { Empty, Heading } from "../parts/basics.js";

export default function Approvals() {
  return html`<${Heading}>Approvals<//><${Empty}>This page is not written yet.<//>`;
}
