// Begins the console: finds out how to enter, then shows the page that the address names.

import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useState } from "./html.js";
import { makeApi } from "./api.js";
import { Gate } from "./parts/gate.js";
import { Empty, Heading, Loading } from "./parts/basics.js";
import { Shell } from "./parts/shell.js";
import { useApi } from "./polling.js";
import { routeOf } from "./routes.js";
import { backFromSignIn } from "./session.js";
import Confirm from "./pages/confirm.js";
import Fleet from "./pages/fleet.js";
import Service from "./pages/service.js";

/** Page -> its component. The rest are loaded when they are first opened: whoever is woken at night
 * waits for the two that matter, and no longer. */
const loaded = { confirm: Confirm, fleet: Fleet, service: Service };
const LATER = {
  approvals: () => import("./pages/approvals.js"),
  plan: () => import("./pages/plan.js"),
  policy: () => import("./pages/policy.js"),
  readiness: () => import("./pages/readiness.js"),
  timeline: () => import("./pages/timeline.js"),
  versions: () => import("./pages/versions.js"),
};
const TITLES = {
  approvals: () => "Approvals",
  confirm: ({ service, verb }) => `${verb} ${service}?`,
  fleet: () => "Services",
  plan: ({ service }) => `${service}: plan`,
  policy: ({ service }) => `${service}: policy`,
  readiness: () => "Readiness",
  service: ({ service }) => service,
  timeline: ({ service }) => `${service}: timeline`,
  versions: ({ service }) => `${service}: versions`,
};

function Console({ api }) {
  useApi(api);
  const [hash, set] = useState(location.hash);
  // Before the browser does anything else: a link followed until then would be missed.
  useLayoutEffect(() => {
    const moved = () => {
      // The page that had the focus goes, and the new heading takes it.
      document.activeElement?.blur?.();
      window.scrollTo(0, 0);
      set(location.hash);
    };
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);

  const route = routeOf(hash);
  const open = api.gate === "open";
  document.title = `${open && route ? TITLES[route.page](route.params) : "Rollouts"} · rollouts`;
  if (!open) return html`<${Gate} api=${api} />`;
  return html`<${Shell} api=${api} place=${route?.tab}>
    <${Guard} key=${routeKey(route)} api=${api} route=${route} />
  <//>`;
}

/** What makes a page another one: a place on the same page, such as a line of a timeline, does not;
 * another message about the same service does. */
const routeKey = (route) =>
  route ? [route.page, route.params.service, route.params.verb, JSON.stringify(route.query)].join(" ") : "none";

/** Shows the page; where its code fails, says so instead of an empty screen. */
function Guard({ api, route }) {
  const [error] = useErrorBoundary((seen) => console.error(seen));
  if (error)
    return html`<${Heading}>This page failed<//>
      <p>${String(error.message ?? error)}</p>
      <p>The app is not touched by that. Reload, or use <code>rollout get SERVICE</code>.</p>`;
  if (!route)
    return html`<${Heading}>No such page<//>
      <${Empty}>This address names no page. <a href="#/">All services</a><//>`;
  return html`<${Page} api=${api} route=${route} />`;
}

function Page({ api, route }) {
  const { page, params, query } = route;
  const [failed, fail] = useState(false);
  const [, drawAgain] = useState(0);
  useEffect(() => {
    if (loaded[page]) return;
    LATER[page]().then(
      (module) => {
        loaded[page] = module.default;
        drawAgain(1);
      },
      () => fail(true),
    );
  }, [page]);
  // A browser does not fetch a module again that it failed to get.
  if (failed)
    return html`<${Heading}>This page did not arrive<//>
      <p>The app did not send it. <button type="button" class="quiet" onClick=${() => location.reload()}>Reload</button></p>`;
  const Found = loaded[page];
  return Found ? html`<${Found} api=${api} params=${params} query=${query} />` : html`<${Loading} what="Loading the page" />`;
}

backFromSignIn();
const api = makeApi();
render(html`<${Console} api=${api} />`, document.getElementById("app"));
api.enter();
