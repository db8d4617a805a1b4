import { html } from "../html.js";
import { Empty, Heading } from "../parts/basics.js";

export default function Readiness() {
  return html`<${Heading}>Readiness<//><${Empty}>This page is not written yet.<//>`;
}
