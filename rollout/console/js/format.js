// Times, odds and shares as people read them. Pure: text and numbers in, text out.

const UNITS = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];

/** A duration in one unit, rounded down: `42m`, `3h`, `2d`. */
export function short(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [size, unit] of UNITS) if (whole >= size) return `${Math.floor(whole / size)}${unit}`;
  return "0s";
}

/** A duration as a clock shows it: `6:12`, `1:06:12`; from a day on as `short`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= 86400) return short(whole);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A view's moment (ISO 8601) in ms; null where there is none. */
export function ms(moment) {
  const found = moment ? Date.parse(moment) : NaN;
  return Number.isNaN(found) ? null : found;
}

/** A moment in the reader's own zone: `14:03`, with the day where it is not today's. */
export function local(moment, now) {
  const at = new Date(moment);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

/** Odds as `0.4:1` or `71:1`; more digits would say nothing. */
export function odds(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")}:1`;
}

/** How far odds have come, 0 to 1: even odds are nothing, `of` is all; they grow by factors. */
export function reached(value, of) {
  return value > 1 && of > 1 ? Math.min(1, Math.log(value) / Math.log(of)) : 0;
}

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

/** `1 service`, `2 services`. */
export const counted = (number, one, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** The last part of an ARM id. */
export const lastPart = (id) => (id ?? "").split("/").at(-1);
