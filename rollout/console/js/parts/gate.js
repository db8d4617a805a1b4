// What stands in front of the console: the key, the sign-in, or an app that does not answer.

import { html, useState } from "../html.js";
import * as session from "../session.js";
import { Heading } from "./basics.js";

export function Gate({ api }) {
  const Way = { asking: Asking, key: AskKey, "sign-in": AskSignIn, dead: Dead }[api.gate];
  return html`<main id="main" class="gate"><${Way} api=${api} /></main>`;
}

const Asking = () => html`<p class="loading" role="status">Asking the app …</p>`;

function AskKey({ api }) {
  const [asking, set] = useState(false);
  async function enter(event) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    session.keep(String(given.get("key")).trim(), String(given.get("name")).trim());
    set(true);
    await api.enter();
    set(false);
  }
  return html`<form class="panel" onSubmit=${enter}>
    <${Heading}>Rollouts<//>
    <p>
      This app knows its callers by a function key. It stays in this tab and is gone when the tab is
      closed. Where to find it: <code>.local/up/app.env</code> after <code>make up</code>,
      or${" "}<code>az functionapp keys list</code>.
    </p>
    ${api.refused && html`<p class="bad" role="alert">${api.refused}</p>`}
    <label>Function key <input name="key" type="password" autocomplete="off" required /></label>
    <label
      >Your name
      <input name="name" autocomplete="name" maxlength="100" required value=${session.name()} />
      <span class="hint">Stands in the history beside what you order, as claimed, not as proven.</span>
    </label>
    <button class="main" disabled=${asking}>Open the console</button>
  </form>`;
}

function AskSignIn({ api }) {
  return html`<section class="panel">
    <${Heading}>Rollouts<//>
    <p>Your organisation's sign-in says who you are, and your app roles say what you may order.</p>
    ${api.refused && html`<p class="bad" role="alert">${api.refused}</p>`}
    <p><a class="button main" href=${session.SIGN_IN} onClick=${session.leaveForSignIn}>Sign in</a></p>
  </section>`;
}

function Dead({ api }) {
  return html`<section class="panel" role="alert">
    <${Heading}>The app does not answer<//>
    <p>${api.refused}</p>
    <p>
      Traffic stays as it is meanwhile. To move it without the app:${" "}
      <code>rollout rollback SERVICE --direct --to DEPLOYMENT --reason …</code>
    </p>
    <button class="main" onClick=${api.enter}>Try again</button>
  </section>`;
}
