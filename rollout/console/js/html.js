// What every page and part is written with: `html` templates, and Preact's hooks.

import htm from "../vendor/htm.js";
import { h } from "../vendor/preact.js";

export { Fragment, render } from "../vendor/preact.js";
export * from "../vendor/hooks.js";

export const html = htm.bind(h);
