// Calls to the app: JSON with entity tags, orders, and what is known of the app's silence.

import * as session from "./session.js";

/** `/api/`, wherever that is: this file is `ui/js/api.js` below it. */
const ROOT = new URL("../../", import.meta.url);
const TIMEOUT_MS = 30_000;
const VIEWS_KEPT = 50;
const SILENT = new Set([0, 429, 500, 502, 503, 504]);

/** What went wrong. `status` is 0 where no answer came; `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.detail ?? (status ? `The app answered ${status}.` : "The app does not answer."));
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** Whether asking again may help by itself. */
  get passing() {
    return SILENT.has(this.status);
  }
}

/**
 * Everything the pages share. Fields change, and `subscribe` tells when:
 *
 * - `gate`: "asking" (how to enter is not known yet), "key", "sign-in", "open", or "dead" (no answer
 *   from the start);
 * - `who`: what `GET whoami` said; `signIn`: whether the platform signs callers in;
 * - `silentSince`, `lastSeen`: moments in ms (0: not silent; never); `refusing`: it does answer, but
 *   with 429 or a fault of its own;
 * - `skew`: the app's clock minus this browser's, in ms.
 */
export function makeApi() {
  const listeners = new Set();
  const views = new Map();
  let notBefore = 0;
  let troubled = "";

  const api = {
    gate: "asking",
    who: null,
    signIn: false,
    refused: "",
    silentSince: 0,
    refusing: false,
    lastSeen: 0,
    skew: 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: () => Date.now() + api.skew,
    get,
    post,
    enter,
    leave,
    reach,
  };

  function tell(changes) {
    Object.assign(api, changes);
    for (const listener of [...listeners]) listener();
  }

  async function ask(path, { method = "GET", headers = {}, body, signal } = {}) {
    const all = { Accept: "application/json", ...headers };
    if (session.key()) all["x-functions-key"] = session.key();
    const given = AbortSignal.timeout(TIMEOUT_MS);
    let answer;
    try {
      answer = await fetch(new URL(path, ROOT), {
        method,
        headers: all,
        body,
        cache: "no-store",
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, given]) : given,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw silent(new ApiError(0), "");
    }
    const date = Date.parse(answer.headers.get("Date") ?? "");
    // The header has whole seconds, so less than that is no difference.
    if (date && Math.abs(date - api.now()) > 1500) api.skew = date + 500 - Date.now();
    if (answer.ok || answer.status === 304) {
      heard(path);
      return answer;
    }
    const error = new ApiError(
      answer.status,
      await problemIn(answer),
      Number(answer.headers.get("Retry-After")) || 0,
    );
    notBefore = Date.now() + 1000 * error.retryAfter;
    if (error.status === 401 && api.gate === "open") tell({ gate: api.signIn ? "sign-in" : "key" });
    throw error.passing ? silent(error, method === "GET" ? path : "") : (heard(path), error);
  }

  /** Ask whether the app is back, unless it said when to come again. */
  async function reach() {
    if (Date.now() < notBefore) return;
    await ask(troubled || "health", {}).catch(() => {});
  }

  /** `path` is what was answered with a fault; "" where nothing was answered at all. */
  function silent(error, path) {
    troubled = path;
    const refusing = Boolean(error.status);
    if (!api.silentSince || api.refusing !== refusing)
      tell({ silentSince: api.silentSince || Date.now(), refusing });
    return error;
  }

  /** An app whose storage is away still says that it lives: only what failed ends the silence, or
   * every page would ask again each time something else is answered. */
  function heard(path) {
    api.lastSeen = Date.now();
    if (!api.silentSince || (troubled && troubled !== path)) return;
    troubled = "";
    tell({ silentSince: 0, refusing: false });
  }

  /**
   * GET a path below `/api/`, such as `rollouts/fraud-detection`.
   *
   * A view that has a tag is kept, and asked about with it: the same object is returned while it is
   * the same. Throws `ApiError`.
   */
  async function get(path, { signal } = {}) {
    const known = views.get(path);
    const headers = known ? { "If-None-Match": known.tag } : {};
    const answer = await ask(path, { headers, signal });
    if (answer.status === 304) return known.data;
    const data = await read(answer, signal);
    const tag = answer.headers.get("ETag");
    views.delete(path);
    if (tag) views.set(path, { tag, data });
    if (views.size > VIEWS_KEPT) views.delete(views.keys().next().value);
    return data;
  }

  /**
   * POST JSON. `once` is the order's own key: whoever sends it again sends the same, and nothing is
   * done twice. Throws `ApiError`.
   */
  async function post(path, body, once) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": once };
    const named = api.signIn || !session.name() ? body : { ...body, actor: session.name() };
    const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(named) });
    return read(answer);
  }

  /** An answer's JSON. One that breaks off, or that somebody else gave, is no answer. */
  async function read(answer, signal) {
    try {
      return await answer.json();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw silent(new ApiError(0), "");
    }
  }

  /** Find out how one enters, and enter where that needs nothing (any more). */
  async function enter() {
    try {
      const health = await ask("health", {}).then((answer) => read(answer), unready);
      api.signIn = Boolean(health.signIn);
      const who = await ask("whoami", {}).then((answer) => read(answer));
      tell({ who, gate: who.signIn && !who.proven ? "sign-in" : "open", refused: "" });
    } catch (error) {
      if (error.status !== 401) return tell({ gate: "dead", refused: error.message });
      const refused = session.key() ? "This key opens nothing here." : "";
      if (!api.signIn) session.keep("", session.name());
      tell({ gate: api.signIn ? "sign-in" : "key", refused });
    }
  }

  /** Forget the key (or sign out), and what was seen with it. */
  function leave() {
    session.keep();
    views.clear();
    if (api.signIn) location.assign(session.SIGN_OUT);
    else tell({ gate: "key", who: null, refused: "" });
  }

  return api;
}

/** An app that says it is not ready answers all the same, and says how one signs in. */
function unready(error) {
  if (error.status === 503 && "signIn" in error.problem) return error.problem;
  throw error;
}

async function problemIn(answer) {
  try {
    return (await answer.json()) ?? {};
  } catch {
    return {};
  }
}

/** A key for one order (`Idempotency-Key`). */
export function orderKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}
