// Small parts that every page uses: moments, waiting, problems, empty places.

import { html, useEffect, useRef } from "../html.js";
import { local, ms, short } from "../format.js";

/** A moment: `14:03`, and with `ago` also how long ago; `now` is the app's time in ms. */
export function Time({ at, now, ago = false }) {
  const moment = ms(at);
  if (moment === null) return html`<span class="dim">–</span>`;
  const shown = local(moment, now);
  return html`<time dateTime=${at} title=${new Date(moment).toLocaleString()}>${shown}${
    ago ? html`<span class="dim">, ${short((now - moment) / 1000)} ago</span>` : null
  }</time>`;
}

/** What stands on a page until its data is there. */
export function Loading({ what = "Asking the app" }) {
  return html`<p class="loading" role="status">${what} …</p>`;
}

/** A place with nothing in it, and why that is so. */
export function Empty({ children }) {
  return html`<p class="empty">${children}</p>`;
}

/**
 * An `ApiError` as the app tells it: what is wrong, what to do, and its faults one by one. With
 * `again` there is a button that tries once more.
 */
export function Problem({ error, again }) {
  const faults = error.problem?.faults ?? [];
  return html`<section class="problem" role="alert">
    <h2>${titleOf(error)}</h2>
    <p>${error.message}</p>
    ${faults.length > 0 && html`<ul>${faults.map(({ place, text }) => html`<li><code>${place}</code> ${text}</li>`)}</ul>`}
    ${again && html`<button type="button" class="quiet" onClick=${again}>Try again</button>`}
  </section>`;
}

function titleOf({ status, problem }) {
  const known = { 0: "No answer", 401: "Who are you?", 403: "Not yours to do", 404: "Not found" };
  return known[status] ?? problem?.title ?? `The app answered ${status}`;
}

/**
 * What stands instead of a page's content: the problem, or that it is being asked for. Once there is
 * data, the last picture stays: while the app is silent, `Silence` says so; where it answers, but no
 * longer with this, the problem stands above the picture, which is old from then on.
 */
export function Missing({ data, error, again }) {
  if (data && (!error || error.passing)) return null;
  return error ? html`<${Problem} error=${error} again=${again} />` : html`<${Loading} />`;
}

/** The page's heading. It takes the focus when the address changes, so that a screen reader begins
 * there. */
export function Heading({ children }) {
  const heading = useRef(null);
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement === null)
      heading.current?.focus({ preventScroll: true });
  }, []);
  return html`<h1 tabIndex="-1" ref=${heading}>${children}</h1>`;
}
