// How often the app is asked.

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
  return Math.max(longer * (1 + JITTER * (2 * chance - 1)), retryAfter * 1000);
}
