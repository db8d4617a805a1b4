// `npm run vendor`: copies the console's libraries from node_modules into rollout/console/vendor.
//
// The console is served without a bundler and under a policy that allows no import map, so a
// library that imports another by name is made to import its neighbour, and uPlot, which has no
// small build as a module, gets an export. Nothing else is changed.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(project, "node_modules");
const to = process.argv[2] ?? join(project, "rollout", "console", "vendor");

const same = (text) => text;
const files = [
  ["preact.js", "preact", "dist/preact.mjs", same],
  ["hooks.js", "preact", "hooks/dist/hooks.mjs", (text) => text.replaceAll('from"preact"', 'from"./preact.js"')],
  ["htm.js", "htm", "dist/htm.mjs", same],
  ["uplot.js", "uplot", "dist/uPlot.iife.min.js", (text) => `${text}\nexport default uPlot;\n`],
  ["uplot.css", "uplot", "dist/uPlot.min.css", same],
];

function read(name, file) {
  try {
    return readFileSync(join(from, name, file), "utf8");
  } catch (error) {
    console.error(`${name}/${file} is not in node_modules (${error.code}): run npm ci, then this again`);
    process.exit(1);
  }
}

const described = (name) => JSON.parse(read(name, "package.json"));

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const [file, name, source, change] of files) {
  const { version, license } = described(name);
  // A map would be asked for by the browser's tools, and is not served.
  const text = change(read(name, source).replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, ""));
  if (/\bfrom *"[^."]/.test(text)) {
    console.error(`${name} ${version} imports a package by its name, which a browser cannot find`);
    process.exit(1);
  }
  writeFileSync(join(to, file), `/*! ${name} ${version}, ${license}: LICENSES.txt */\n${text}`);
}

const licences = [...new Set(files.map(([, name]) => name))].map((name) => {
  const { version, homepage, license } = described(name);
  return `${name} ${version} (${license}), ${homepage}\n\n${read(name, "LICENSE").trim()}\n`;
});
writeFileSync(join(to, "LICENSES.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
