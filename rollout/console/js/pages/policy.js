// The policy that a rollout was frozen with beside the one that is published now.

import { html, useState } from "../html.js";
import { counted } from "../format.js";
import { Empty, Missing } from "../parts/basics.js";
import { DataTable } from "../parts/data_table.js";
import { ServiceHead } from "../parts/service_head.js";
import { useOnce } from "../polling.js";
import { plain } from "../reading/figures.js";
import { shortened, sideBySide } from "../reading/texts.js";
import { toService } from "../routes.js";

const DIGEST_SHOWN = 12;

export default function Policy({ api, params }) {
  const { service } = params;
  const asked = useOnce(api, `rollouts/${encodeURIComponent(service)}/policy`);
  return html`<${ServiceHead} service=${service} tab="policy" />
    <${Missing} ...${asked} />
    ${asked.data && html`<${Both} service=${service} ...${asked.data} />`}`;
}

function Both({ service, frozen, published, differences }) {
  const faults = published?.faults ?? null;
  const fresh = published && !faults ? published : null;
  if (!frozen && !published)
    return html`<${Empty}>There is no policy: nothing was rolled out, and nothing is published.<//>`;
  return html`<dl class="facts policies">
      <${Named} what="Frozen" policy=${frozen} none="nothing was rolled out yet">
        ${frozen?.rollout &&
        html`of <a href=${toService(service, "timeline", frozen.rollout)}>the latest rollout</a>; it
          counts until that ends`}
      <//>
      <${Named} what="Published" policy=${fresh} none=${faults ? "cannot be used" : "nothing"}>
        counts for the next rollout
      <//>
    </dl>
    ${faults && html`<${Faults} faults=${faults} />`}
    ${frozen && fresh && html`<${Differences} differences=${differences} same=${frozen.text === fresh.text} />`}
    <${Texts} left=${frozen?.text ?? ""} right=${fresh?.text ?? ""} both=${Boolean(frozen && fresh)} />`;
}

const Named = ({ what, policy, none, children }) => html`<div>
  <dt>${what}</dt>
  <dd>
    ${policy ? html`<code title=${policy.digest}>${policy.digest.slice(0, DIGEST_SHOWN)}</code> <span class="dim">${children}</span>` : none}
  </dd>
</div>`;

const Faults = ({ faults }) => html`<section class="problem">
  <h2>The published policy has ${counted(faults.length, "fault")}</h2>
  <p>Nothing new starts before they are mended: <code>rollout lint</code> finds them all. Publish again then.</p>
  <ul>
    ${faults.map(({ place, text }) => html`<li><code>${place}</code> ${text}</li>`)}
  </ul>
</section>`;

function Differences({ differences, same }) {
  if (differences.length === 0)
    return html`<p class="notice good">${
      same ? "Both are the same: the next rollout goes by the same policy." : "They say the same; only the way they are written differs."
    }</p>`;
  const table = {
    title: "What the next rollout goes by instead",
    columns: ["where", "frozen", "published"],
    rows: differences.map(({ path, frozen, published }) => [path, plain(frozen), plain(published)]),
  };
  return html`<${DataTable} table=${table} />`;
}

/** The texts: side by side where there is room, else line below line. */
function Texts({ left, right, both }) {
  const [whole, show] = useState(false);
  if (!both) return html`<${Text} text=${left || right} what=${left ? "Frozen policy" : "Published policy"} />`;
  const rows = sideBySide(left, right);
  if (rows.every((row) => row.same)) return html`<${Text} text=${left} what="Policy" />`;
  const lines = whole ? rows : shortened(rows);
  return html`<section aria-labelledby="texts">
    <h2 id="texts">The texts</h2>
    <p class="no-print">
      <button type="button" class="quiet" aria-pressed=${whole} onClick=${() => show(!whole)}>Whole text</button>
    </p>
    <div class="table" role="group" aria-label="Frozen and published text" tabIndex="0">
      <table class="texts">
        <thead><tr><th scope="col">frozen</th><th scope="col">published</th></tr></thead>
        <tbody>
          ${lines.map((line) =>
            line.skipped
              ? html`<tr class="skipped"><td colspan="2">${counted(line.skipped, "line")} alike</td></tr>`
              : html`<tr class=${line.same ? "same" : "changed"}>
                  <${Line} text=${line.left} at=${line.leftAt} sign=${line.same ? "" : "-"} what="went" />
                  <${Line} text=${line.right} at=${line.rightAt} sign=${line.same ? "" : "+"} what="came" />
                </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** A sign besides the colour says which line went and which came. */
const Line = ({ text, at, sign, what }) =>
  text === null
    ? html`<td class="none"></td>`
    : html`<td class=${sign ? what : ""}>
        <span class="line" aria-hidden="true">${at}</span><span class="sign">${sign}</span><code>${text}</code>
      </td>`;

const Text = ({ text, what }) => html`<figure class="body">
  <figcaption>${what}</figcaption>
  <pre tabIndex="0">${text}</pre>
</figure>`;
