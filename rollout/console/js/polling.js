// Hooks that keep a page up to date: often while something moves, seldom else, never while hidden.

import { useCallback, useEffect, useRef, useState } from "./html.js";

export const MOVING_MS = 3_000;
export const STILL_MS = 15_000;
export const LONGEST_MS = 60_000;
const JITTER = 0.2;

/**
 * How long to wait before the next question, in ms.
 *
 * `failures` in a row double it, `retryAfter` (seconds) is what the app asked for, and `chance` (0
 * to 1) spreads browsers that began together.
 */
export function pause({ moving, failures, retryAfter = 0, chance = 0.5 }) {
  const usual = moving ? MOVING_MS : STILL_MS;
  const longer = failures ? Math.min(LONGEST_MS, MOVING_MS * 2 ** (failures - 1)) : usual;
  return Math.max(longer, retryAfter * 1000) * (1 + JITTER * (2 * chance - 1));
}

const asIs = (get, path) => get(path);

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
    document.addEventListener("visibilitychange", shown);
    look();
    return () => {
      end.abort();
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
  useEffect(() => api.subscribe(() => set((n) => n + 1)), [api]);
  return api;
}
