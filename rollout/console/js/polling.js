// Hooks that keep a page up to date: often while something moves, seldom else, never while hidden.

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { pause } from "./pace.js";

const MOST_PAGES = 50;

const asIs = (get, path) => get(path);

/** An `ask` for what comes in pages: all of them, in order. Those that have not changed are not sent
 * again. */
export async function allPages(get, path) {
  const pages = [];
  let after = "";
  do {
    const more = `${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}`;
    const page = await get(after ? path + more : path);
    pages.push(page);
    after = page.after;
  } while (after && pages.length < MOST_PAGES);
  return pages;
}

/**
 * Ask for a path again and again while the page is visible.
 *
 * `path` null asks nothing. `moving` is a function of the data; `ask(get, path)` may put the data
 * together from several answers, and must be the same function each time. Returns `{data, error, at, again}`:
 * the last data (kept while the app is silent), the last error (null once it answers), when the data
 * was seen (ms, this browser's clock), and a function that asks at once.
 */
export function usePoll(api, path, { moving = () => false, ask = asIs } = {}) {
  const [state, set] = useState({ path, data: null, error: null, at: 0 });
  const asked = useRef(() => {});
  const how = useRef(moving);
  how.current = moving;

  useEffect(() => {
    if (path === null) return undefined;
    const end = new AbortController();
    let timer = 0;
    let failures = 0;
    let asking = false;

    async function look() {
      clearTimeout(timer);
      if (asking || document.hidden) return;
      asking = true;
      let data = null;
      let retryAfter = 0;
      try {
        data = await ask((part) => api.get(part, { signal: end.signal }), path);
        failures = 0;
        set({ path, data, error: null, at: Date.now() });
      } catch (error) {
        if (end.signal.aborted) return;
        failures += 1;
        retryAfter = error.retryAfter ?? 0;
        set((before) => ({ ...(before.path === path ? before : { data: null, at: 0 }), path, error }));
      } finally {
        asking = false;
      }
      if (end.signal.aborted || api.gate !== "open") return;
      const wait = pause({ moving: data && how.current(data), failures, retryAfter, chance: Math.random() });
      timer = setTimeout(look, wait);
    }

    const shown = () => (document.hidden ? clearTimeout(timer) : look());
    asked.current = look;
    // Whoever hears the app first lets the others know: nobody waits for the end of a long pause.
    const told = api.subscribe(() => failures > 0 && !api.silentSince && look());
    document.addEventListener("visibilitychange", shown);
    look();
    return () => {
      end.abort();
      told();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [api, path, ask]);

  const again = useCallback(() => asked.current(), []);
  const fresh = state.path === path ? state : { data: null, error: null, at: 0 };
  return { data: fresh.data, error: fresh.error, at: fresh.at, again };
}

/** Ask once (and when `again` is called), for what changes seldom. Returns as `usePoll`. */
export function useOnce(api, path) {
  const [state, set] = useState({ path, data: null, error: null, at: 0 });
  const [turn, next] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const end = new AbortController();
    api.get(path, { signal: end.signal }).then(
      (data) => set({ path, data, error: null, at: Date.now() }),
      (error) => end.signal.aborted || set((was) => ({ ...was, path, error })),
    );
    return () => end.abort();
  }, [api, path, turn]);
  const fresh = state.path === path ? state : { data: null, error: null, at: 0 };
  return { data: fresh.data, error: fresh.error, at: fresh.at, again: () => next((n) => n + 1) };
}

/** The app's time in ms, anew each second while the page is visible. */
export function useNow(api) {
  const [now, set] = useState(api.now());
  useEffect(() => {
    const timer = setInterval(() => document.hidden || set(api.now()), 1000);
    return () => clearInterval(timer);
  }, [api]);
  return now;
}

/** Draw again whenever the api's own fields change. */
export function useApi(api) {
  const [, set] = useState(0);
  // Before anything else can happen: an answer that came before the subscription would be missed.
  useLayoutEffect(() => api.subscribe(() => set((n) => n + 1)), [api]);
  return api;
}
