// Tables of plain cells. Wide ones scroll by themselves, so that a phone's page does not.

import { html } from "../html.js";

/**
 * One table.
 *
 * @param {{title, columns, rows, figures?, note?}} table - As `reading/verdicts.js` makes them.
 */
export function DataTable({ table }) {
  const { title, columns, rows, figures = [], note } = table;
  const side = (at) => (figures.includes(at) ? "figure" : undefined);
  return html`<div class="table" role="group" aria-label=${title} tabIndex="0">
    <table>
      <caption>${title}${note && html` <span class="dim">${note}</span>`}</caption>
      <thead>
        <tr>${columns.map((name, at) => html`<th scope="col" class=${side(at)}>${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) => html`<tr>
            <th scope="row">${first}</th>
            ${rest.map((cell, at) => html`<td class=${side(at + 1)}>${cell}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
