// Reads queries in KQL, one JSON string a line, and answers each with a line of JSON:
//   {"findings": [{"code", "severity", "line", "column", "text"}], "columns": {name: type} or null, "open": boolean,
//    "unknown": [name]}
// Lines and columns count from 1. `columns` is what the query returns; null: it has findings or is no query. `open`: it
// may return more. `unknown` are tables that are not in tables.json; they are taken to have any column. Ends with 3 where
// the language service is not installed.

'use strict';

const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { runInThisContext } = require('node:vm');

const PACKAGE = '@kusto/language-service-next';
const NOT_INSTALLED = 3;
const NO_SUCH_TABLE = 'KS204';
// Azure Monitor adds these to the language: the table behind one is that of another workspace, app or cluster.
const ELSEWHERE = /\b(?:workspace|app|resource|adx|arg)\s*\(\s*(?:"[^"]*"|'[^']*')\s*\)\s*\./g;
// Every table of a Log Analytics workspace has these.
const ANY_TABLE = 'TimeGenerated: datetime, TenantId: string, Type: string, _ResourceId: string';

function load() {
  let folder;
  try {
    folder = dirname(require.resolve(`${PACKAGE}/package.json`));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.exit(NOT_INSTALLED);
  }
  // Scripts for a browser, where each puts its name into the global scope.
  for (const name of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    runInThisContext(readFileSync(join(folder, name), 'utf8'), { filename: name });
  }
  return globalThis.Kusto.Language;
}

const language = load();
const { tables } = JSON.parse(readFileSync(join(__dirname, 'tables.json'), 'utf8'));

const listed = (list) => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

const table = (name, columns) => language.Symbols.TableSymbol.From(`(${columns})`).WithName(name);

const KNOWN = Object.entries(tables).map(([name, columns]) => table(name, columns));

function globals(opened) {
  const open = opened.map((name) => table(name, ANY_TABLE).WithIsOpen(true));
  const database = new language.Symbols.DatabaseSymbol.ctor('workspace', [...KNOWN, ...open]);
  return language.GlobalState.Default.WithDatabase(database);
}

const KNOWN_ONLY = globals([]);

function place(text, start) {
  const before = text.slice(0, start).split('\n');
  return { line: before.length, column: before.at(-1).length + 1 };
}

function analyse(written) {
  const text = written.replace(ELSEWHERE, (found) => found.replace(/[^\n]/g, ' '));
  // A name that is no plain word is written ['so'].
  const named = (each) => text.slice(each.Start, each.Start + each.Length).replace(/^\[["']|["']\]$/g, '');
  let code = language.KustoCode.ParseAndAnalyze(text, KNOWN_ONLY);
  const lost = listed(code.GetDiagnostics()).filter((each) => each.Code === NO_SUCH_TABLE);
  const unknown = [...new Set(lost.map(named))];
  if (unknown.length) code = language.KustoCode.ParseAndAnalyze(text, globals(unknown));
  const findings = listed(code.GetDiagnostics()).map((each) => ({
    code: each.Code,
    severity: each.Severity,
    ...place(text, each.Start),
    text: each.Message,
  }));
  const result = !findings.length && code.Kind === 'Query' ? code.ResultType : null;
  const columns = result?.Columns ?? null;
  return {
    findings,
    columns: columns && Object.fromEntries(listed(columns).map((each) => [each.Name, each.Type.Name])),
    open: Boolean(result?.IsOpen),
    unknown,
  };
}

for (const line of readFileSync(0, 'utf8').split('\n')) {
  if (line) process.stdout.write(`${JSON.stringify(analyse(JSON.parse(line)))}\n`);
}
