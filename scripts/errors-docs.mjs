// Writes docs/errors.md from the tables in src/errors/; with --check only says whether it is current.
import path from 'node:path';
import { buildSync } from 'esbuild';
import { writeOrCheck } from './generated.mjs';

const src = path.join(import.meta.dirname, '../src');

/** @param table ERROR_CODES  @param exits EXIT of src/cli/exit.ts */
function errorsPage(table, exits) {
  const kinds = Object.keys(exits).filter((kind) => kind !== 'ok' && kind !== 'bug');
  const codes = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  const used = kinds.filter((kind) => codes.some(([, entry]) => entry.kind === kind));
  return `# Errors

<!-- Generated from src/errors/ by scripts/errors-docs.mjs. -->

Every error has a code, a message that names the wrong value, and a hint with the next act. It goes to standard error;
with \`--json\` it is the one JSON document on standard output instead:

    {"error": {"code": "CLI_USAGE", "kind": "usage", "message": "...", "hint": "...", "details": {}}}

The exit code comes from the kind:

| kind | exit code |
| --- | --- |
| no error | ${exits.ok} |
| bug of mlfn | ${exits.bug} |
${kinds.map((kind) => `| ${kind} | ${exits[kind]} |`).join('\n')}

\`mlfn invoke\` also ends with ${exits.usage} when the endpoint answers 4xx and with ${exits.remote} when it answers 5xx;
\`mlfn inspect\` with ${exits.model} when a file is not safe to load, \`mlfn build\` with ${exits.limit} when a package is
too large, \`mlfn doctor\` with ${exits.config} when something keeps mlfn from working.
${used.map((kind) => section(kind, codes.filter(([, entry]) => entry.kind === kind))).join('')}`;
}

function section(kind, codes) {
  const entries = codes.map(([code, { meaning, mend }]) => `### ${code}\n\n${meaning}\n\n*What to do:* ${mend}\n`);
  return `\n## ${kind}\n\n${entries.join('\n')}`;
}

async function load(file) {
  const { outputFiles } = buildSync({ entryPoints: [path.join(src, file)], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const [{ ERROR_CODES }, { EXIT }] = await Promise.all([load('errors.ts'), load('cli/exit.ts')]);
writeOrCheck('docs/errors.md', errorsPage(ERROR_CODES, EXIT));
