// One quantity of both sides over the minutes, with marks where stages begin. Drawn by uPlot, which
// is loaded with the first plot.

import { html, useEffect, useRef } from "../html.js";
import { local } from "../format.js";
import { latest, rangeOf } from "../views.js";

let library = null;
const uplot = () => (library ??= import("../../vendor/uplot.js").then((module) => module.default));

const HEIGHT = 132;
const DASH = [5, 4];
/** Ticks of the time axis, in s: a minute is the finest that is known. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400].map((minutes) => 60 * minutes);

/**
 * Args:
 *   title: What is drawn, with its unit.
 *   times: Moments in s, ascending. `stable` and `candidate`: a number for each, null where unknown.
 *   marks: `[{at: seconds, text}]`.
 *   format: A number as text.
 */
export function Plot({ title, times, stable, candidate, marks = [], format = String }) {
  const place = useRef(null);
  const drawn = useRef(null);
  const at = (values) => {
    const value = latest(values);
    return value === null ? "–" : format(value);
  };

  useEffect(() => {
    let gone = false;
    let watching = null;
    uplot().then((UPlot) => {
      if (gone || !place.current) return;
      drawn.current = new UPlot(options(place.current, marks, format), [times, stable, candidate], place.current);
      watching = new ResizeObserver(() => {
        if (place.current) drawn.current?.setSize({ width: place.current.clientWidth, height: HEIGHT });
      });
      watching.observe(place.current);
    });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => drawn.current?.redraw(false);
    scheme.addEventListener("change", repaint);
    return () => {
      gone = true;
      watching?.disconnect();
      scheme.removeEventListener("change", repaint);
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [marks.map((mark) => mark.at).join()]);

  useEffect(() => drawn.current?.setData([times, stable, candidate]), [times, stable, candidate]);

  return html`<figure class="plot">
    <figcaption>
      <span class="title">${title}</span>
      <span class="latest"><span class="key stable">stable</span> ${at(stable)}${" "}<span class="key candidate">candidate</span> ${at(candidate)}</span>
    </figcaption>
    <div class="canvas" ref=${place} aria-hidden="true"></div>
  </figure>`;
}

function options(place, marks, format) {
  const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: () => colour("--dim"), font, grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    padding: [18, 20, 0, 0],
    scales: { y: { range: (_, low, high) => rangeOf(low, high) } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => local(tick * 1000, tick * 1000)), space: 60, size: 26, incrs: TICKS },
      { ...axis, values: (_, ticks) => ticks.map(format), size: 52, space: 28 },
    ],
    series: [
      {},
      // A minute between two that are not known has no line: without its point it would not be seen.
      { label: "stable", stroke: () => colour("--stable"), width: 2, points: { show: true, size: 4 } },
      { label: "candidate", stroke: () => colour("--candidate"), width: 2, dash: DASH, points: { show: true, size: 4 } },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks, colour)] },
  };
}

function drawMarks(plot, marks, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("--dim");
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  let free = Infinity;
  // From the right: of two labels that would overlap, the later one is what holds.
  for (const { at, text } of [...marks].reverse()) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x + ctx.measureText(text).width > free) continue;
    ctx.fillText(text, x, bbox.top - 5 * devicePixelRatio);
    free = x - 4 * devicePixelRatio;
  }
  ctx.restore();
}
