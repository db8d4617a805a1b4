// Whether the app may be relied on now: health, faults, suspensions, who I am, what nobody verified.

import { html } from "../html.js";
import { counted } from "../format.js";
import { Empty, Heading, Missing, Time } from "../parts/basics.js";
import { useOnce, usePoll } from "../polling.js";
import { toService } from "../routes.js";
import { name } from "../session.js";

const SIGNS = { ok: "✓", warn: "!", bad: "✕", unknown: "?" };
const WORDS = { ok: "fine", warn: "look at it", bad: "broken", unknown: "not known" };
const WORST = ["bad", "warn", "unknown", "ok"];

export default function Readiness({ api }) {
  const ready = usePoll(api, "readiness");
  const suspended = usePoll(api, "suspensions");
  const me = useOnce(api, "whoami");
  return html`<${Heading}>Readiness<//>
    <${Missing} ...${ready} />
    ${ready.data && html`<${Rows} ...${ready.data} />`}
    <section aria-labelledby="suspended">
      <h2 id="suspended">Suspended</h2>
      <${Missing} ...${suspended} />
      ${suspended.data && html`<${Suspended} api=${api} all=${suspended.data.value} />`}
    </section>
    <section aria-labelledby="me">
      <h2 id="me">Who you are</h2>
      <${Missing} ...${me} />
      ${me.data && html`<${Me} ...${me.data} />`}
    </section>
    ${ready.data && html`<${Unverified} rows=${ready.data.unverified} />`}`;
}

function Rows({ ready, says, rows }) {
  const sorted = [...rows].sort((one, other) => WORST.indexOf(one.state) - WORST.indexOf(other.state));
  return html`<p class=${`lead ${ready ? "good" : "bad"}`} role="status">
      <strong>${ready ? "Ready" : "Not ready"}.</strong> ${says === "ready" ? null : says}
    </p>
    <ul class="checks">
      ${sorted.map(
        ({ name, state, text }) => html`<li data-state=${state} key=${name}>
          <span class="sign" aria-hidden="true">${SIGNS[state] ?? SIGNS.unknown}</span>
          <strong>${name}</strong> <span class="state">${WORDS[state] ?? state}</span>
          <p>${text}</p>
        </li>`,
      )}
    </ul>`;
}

function Suspended({ api, all }) {
  if (all.length === 0) return html`<p class="dim">Nothing is: every service may start and move on.</p>`;
  const now = api.now();
  return html`<ul class="checks">
    ${all.map(
      ({ service, by, reason, since, until }) => html`<li data-state="warn" key=${service ?? ""}>
        <span class="sign" aria-hidden="true">!</span>
        <strong>${service ? html`<a href=${toService(service)}>${service}</a>` : "every service"}</strong>
        <p>
          ${reason} <span class="dim">by ${by}, since <${Time} at=${since} now=${now} />${
            until ? html`, until <${Time} at=${until} now=${now} />` : ", until somebody ends it"
          }. Ways back stay open.</span>${" "}
          ${
            service
              ? html`<a href=${toService(service, "do", "unsuspend")}>End it …</a>`
              : html`<code>rollout unsuspend --all --reason …</code> ends it.`
          }
        </p>
      </li>`,
    )}
  </ul>`;
}

const Me = ({ actor, proven, app, signIn, roles, may }) => html`<dl class="facts">
  <div>
    <dt>name</dt>
    <dd>
      ${signIn ? actor : name() || "nobody"}${" "}
      <span class="dim">${proven ? `proven by sign-in${app ? ", an app" : ""}` : "claimed: nobody has proven it"}</span>
    </dd>
  </div>
  <div><dt>roles</dt><dd>${signIn ? roles.join(", ") || "none: ask an owner of the enterprise application" : "none: the function key decides"}</dd></div>
  <div><dt>may order</dt><dd>${may.join(", ") || "nothing"}</dd></div>
</dl>`;

function Unverified({ rows }) {
  const areas = [...new Set(rows.map(({ area }) => area))];
  return html`<section aria-labelledby="unverified">
    <h2 id="unverified">Never verified on Azure</h2>
    <p>${counted(rows.length, "assumption")} that only documentation backs, and what would follow if one is wrong.</p>
    ${areas.map((area) => {
      const ofIt = rows.filter((each) => each.area === area);
      return html`<details key=${area}>
        <summary>${area} <span class="dim">${ofIt.length}</span></summary>
        <ul class="points">
          ${ofIt.map(({ text, ifWrong }) => html`<li key=${text}>${text}. <span class="dim">If not: ${ifWrong}.</span></li>`)}
        </ul>
      </details>`;
    })}
  </section>`;
}
