// Two texts side by side, line by line: what stayed, what went and what came.

const MOST_CELLS = 4_000_000; // beyond it, the parts that differ are shown as replaced as a whole

/**
 * Compare two texts.
 *
 * @returns {{left: string|null, right: string|null, same: boolean, leftAt: number, rightAt: number}[]}
 *   One row a line; null: that side has no such line. Numbers count from 1, 0: none.
 */
export function sideBySide(left, right) {
  const [old, fresh] = [lines(left), lines(right)];
  let first = 0;
  while (first < old.length && first < fresh.length && old[first] === fresh[first]) first += 1;
  let last = 0;
  while (
    last < old.length - first &&
    last < fresh.length - first &&
    old[old.length - 1 - last] === fresh[fresh.length - 1 - last]
  ) {
    last += 1;
  }
  const [ends, freshEnds] = [old.length - last, fresh.length - last];
  const steps = [
    ...old.slice(0, first).map((line) => ["=", line]),
    ...changes(old.slice(first, ends), fresh.slice(first, freshEnds)),
    ...old.slice(ends).map((line) => ["=", line]),
  ];
  return rows(steps);
}

const lines = (text) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** The shortest way from one list to the other, by the longest common subsequence. */
function changes(old, fresh) {
  const all = [...old.map((line) => ["-", line]), ...fresh.map((line) => ["+", line])];
  if (old.length === 0 || fresh.length === 0 || old.length * fresh.length > MOST_CELLS) return all;
  const width = fresh.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let at = old.length - 1; at >= 0; at -= 1) {
    for (let to = fresh.length - 1; to >= 0; to -= 1) {
      longest[at * width + to] =
        old[at] === fresh[to]
          ? longest[(at + 1) * width + to + 1] + 1
          : Math.max(longest[(at + 1) * width + to], longest[at * width + to + 1]);
    }
  }
  const steps = [];
  let [at, to] = [0, 0];
  while (at < old.length && to < fresh.length) {
    if (old[at] === fresh[to]) {
      steps.push(["=", old[at]]);
      at += 1;
      to += 1;
    } else if (longest[(at + 1) * width + to] >= longest[at * width + to + 1]) {
      steps.push(["-", old[at]]);
      at += 1;
    } else {
      steps.push(["+", fresh[to]]);
      to += 1;
    }
  }
  return [
    ...steps,
    ...old.slice(at).map((line) => ["-", line]),
    ...fresh.slice(to).map((line) => ["+", line]),
  ];
}

/** Put lines that went beside those that came in their place. */
function rows(steps) {
  const found = [];
  let [leftAt, rightAt] = [0, 0];
  let [gone, come] = [[], []];
  const flush = () => {
    for (let at = 0; at < Math.max(gone.length, come.length); at += 1) {
      const [left, right] = [gone[at] ?? null, come[at] ?? null];
      if (left !== null) leftAt += 1;
      if (right !== null) rightAt += 1;
      const [numbered, beside] = [left === null ? 0 : leftAt, right === null ? 0 : rightAt];
      found.push({ left, right, same: false, leftAt: numbered, rightAt: beside });
    }
    [gone, come] = [[], []];
  };
  for (const [step, line] of steps) {
    if (step === "-") gone.push(line);
    else if (step === "+") come.push(line);
    else {
      flush();
      leftAt += 1;
      rightAt += 1;
      found.push({ left: line, right: line, same: true, leftAt, rightAt });
    }
  }
  flush();
  return found;
}

/**
 * Leave out what stayed, but for `around` lines beside each change.
 *
 * @returns {(object|{skipped: number})[]}
 */
export function shortened(rows, around = 3) {
  const near = new Set();
  rows.forEach((row, at) => {
    if (row.same) return;
    for (let one = at - around; one <= at + around; one += 1) near.add(one);
  });
  const found = [];
  rows.forEach((row, at) => {
    if (near.has(at)) found.push(row);
    else if (found.at(-1)?.skipped) found.at(-1).skipped += 1;
    else found.push({ skipped: 1 });
  });
  return found;
}
