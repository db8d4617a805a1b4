// Figures as people read them. Pure: the same words as the command line and the gate's reasons use.

const LARGEST_ODDS = 1e6; // larger ones are not told apart, as in the gate's own sentences
const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const EXACT = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 6 });
const WHOLE = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** What stands where there is no value. */
export const NONE = "–";

const known = (value) => typeof value === "number" && Number.isFinite(value);

/** A count: `1,234`, `150.2`. */
export const count = (value) => (known(value) ? NUMBER.format(value) : NONE);

/** Odds, given as a number: `71:1`, `0.4:1`, `over 1,000,000:1`. */
export function odds(value) {
  if (typeof value !== "number" || Number.isNaN(value)) return NONE;
  if (value >= LARGEST_ODDS) return `over ${WHOLE.format(LARGEST_ODDS)}:1`;
  return value >= 10 ? `${WHOLE.format(value)}:1` : `${value.toFixed(1)}:1`;
}

/** Odds, given as their natural logarithm, which is how verdicts store them. */
export const oddsOfLn = (ln) => (known(ln) ? odds(Math.exp(Math.min(ln, 700))) : NONE);

/** A share from 0 to 1 as percent; two digits below one percent, where they matter. */
export function percent(share) {
  if (!known(share)) return NONE;
  const points = 100 * share;
  return `${points.toFixed(points !== 0 && Math.abs(points) < 10 ? 2 : 1)} %`;
}

/** A duration in its two largest units: `2 h 5 min`; `never` for null, as forecasts say it. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "never";
  let rest = Math.max(0, Math.round(seconds));
  const said = [];
  for (const [size, unit] of UNITS) {
    const many = Math.floor(rest / size);
    rest -= many * size;
    if (many > 0) said.push(`${many} ${unit}`);
    else if (said.length > 0) break;
    if (said.length === 2) break;
  }
  return said.join(" ") || "0 s";
}

/** A split: `blue-6 90 %, green-7 10 %`. */
export const split = (weights) =>
  Object.entries(weights ?? {})
    .map(([name, weight]) => `${name} ${weight} %`)
    .join(", ") || NONE;

/** Any JSON value in one line. */
export function plain(value) {
  if (value === null || value === undefined || value === "") return NONE;
  if (typeof value === "number") return EXACT.format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `plannedMinutes` and `take_from` as words. */
export const words = (name) =>
  name
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
