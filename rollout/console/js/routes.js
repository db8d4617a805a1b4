// Hash routes. A page is chosen by the address alone, so that every page can be linked to.

/**
 * Each: the pattern, the page's name, and the part of the navigation it belongs to. `:name` is one
 * part of the address, `:name?` may be missing.
 */
export const ROUTES = [
  ["", "fleet", "fleet"],
  ["approvals", "approvals", "approvals"],
  ["readiness", "readiness", "readiness"],
  ["s/:service", "service", "card"],
  ["s/:service/timeline/:seq?", "timeline", "timeline"],
  ["s/:service/versions/:version?", "versions", "versions"],
  ["s/:service/plan", "plan", "plan"],
  ["s/:service/policy", "policy", "policy"],
  ["s/:service/do/:verb", "confirm", "card"],
];

/**
 * `#/s/fraud/do/rollback?rollout=a` -> `{page, tab, params: {service, verb}, query}`; null where no
 * page is meant.
 */
export function routeOf(hash) {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean);
  for (const [pattern, page, tab] of ROUTES) {
    const params = matched(pattern.split("/").filter(Boolean), parts);
    if (params) return { page, tab, params, query: Object.fromEntries(new URLSearchParams(query)) };
  }
  return null;
}

function matched(pattern, parts) {
  if (parts.length > pattern.length) return null;
  const params = {};
  for (const [at, word] of pattern.entries()) {
    const part = parts[at];
    if (part === undefined) {
      if (!word.endsWith("?")) return null;
    } else if (word.startsWith(":")) {
      try {
        params[word.slice(1).replace("?", "")] = decodeURIComponent(part);
      } catch {
        return null;
      }
    } else if (word !== part) return null;
  }
  return params;
}

/** The address of a service's page: `toService("fraud", "timeline", 12)`. */
export const toService = (service, ...rest) =>
  `#/${["s", service, ...rest].map(encodeURIComponent).join("/")}`;
