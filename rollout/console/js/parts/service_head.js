// The top of every page about one service: its name and the ways to its other pages.

import { html } from "../html.js";
import { toService } from "../routes.js";
import { Heading } from "./basics.js";

const TABS = [
  ["card", "Now", []],
  ["timeline", "Timeline", ["timeline"]],
  ["versions", "Versions", ["versions"]],
  ["plan", "Plan", ["plan"]],
  ["policy", "Policy", ["policy"]],
];

/** `tab` is the one that is open: card, timeline, versions, plan or policy. */
export function ServiceHead({ service, tab, children }) {
  return html`<header class="service-head">
    <nav aria-label="Path" class="crumbs"><a href="#/">All services</a></nav>
    <${Heading}>${service}<//>
    ${children}
    <nav aria-label=${`Pages about ${service}`} class="tabs">
      ${TABS.map(
        ([name, text, rest]) => html`<a
          href=${toService(service, ...rest)}
          aria-current=${name === tab ? "page" : undefined}
          >${text}</a
        >`,
      )}
    </nav>
  </header>`;
}
