// What surrounds every page: where one can go, who acts, and whether the app answers.

import { html, useEffect, useRef } from "../html.js";
import { local, short } from "../format.js";
import { pause } from "../pace.js";
import { useNow } from "../polling.js";
import * as session from "../session.js";

const ASK_AGAIN_MS = 5_000;
const PLACES = [
  ["fleet", "#/", "Services"],
  ["approvals", "#/approvals", "Approvals"],
  ["readiness", "#/readiness", "Readiness"],
];

export function Shell({ api, place, children }) {
  const main = useRef(null);
  const skip = (event) => {
    event.preventDefault();
    main.current.focus();
  };
  return html`<a class="skip" href="#main" onClick=${skip}>To the content</a>
    <header class="top">
      <a class="brand" href="#/"><span class="mark" aria-hidden="true"></span>Rollouts</a>
      <nav aria-label="Main">
        ${PLACES.map(
          ([name, href, text]) =>
            html`<a href=${href} aria-current=${name === place ? "page" : undefined}>${text}</a>`,
        )}
      </nav>
      <${Who} api=${api} />
    </header>
    <${Silence} api=${api} />
    <main id="main" tabIndex="-1" ref=${main}>${children}</main>`;
}

function Who({ api }) {
  const who = api.who ?? {};
  const name = api.signIn ? who.actor : `claimed ${session.name() || "nobody"}`;
  return html`<div class="who">
    <span class="badge" title=${api.signIn ? "signed in" : "Nobody has proven this name: orders are marked as claimed."}
      >${api.signIn ? name : `acts as ${name}`}</span
    >
    <button type="button" class="link" onClick=${api.leave}>${api.signIn ? "Sign out" : "Forget key"}</button>
  </div>`;
}

/** Says that the picture is old, and asks the app until it answers again. */
function Silence({ api }) {
  const now = useNow(api);
  const silent = api.silentSince > 0;
  useEffect(() => {
    if (!silent) return undefined;
    let timer = 0;
    let failures = 0;
    // An app that is gone is not burdened by a question; one in trouble is.
    const wait = () => {
      failures += 1;
      const slower = pause({ failures, chance: Math.random() });
      timer = setTimeout(look, api.refusing ? Math.max(ASK_AGAIN_MS, slower) : ASK_AGAIN_MS);
    };
    const look = () => {
      if (!document.hidden) api.reach();
      wait();
    };
    wait();
    return () => clearTimeout(timer);
  }, [silent]);
  if (!silent) return html`<div role="status"></div>`;
  const since = local(api.silentSince, now);
  const seen = api.lastSeen ? `What you see was last seen at ${local(api.lastSeen, now)}` : "Nothing was seen yet";
  return html`<div class="silence" role="status">
    <strong>${api.refusing ? `The app has refused to answer since ${since}.` : `The app has not answered since ${since}.`}</strong> ${seen}
    <span aria-hidden="true"> (${short((Date.now() - (api.lastSeen || api.silentSince)) / 1000)} ago)</span>.
    Asking again by itself.
  </div>`;
}
