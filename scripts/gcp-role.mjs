// Writes docs/gcp-role.yaml, what a deployer needs, from src/providers/gcp/preflight/permissions.ts; with --check only says whether it is current.
import path from 'node:path';
import { buildSync } from 'esbuild';
import { stringify } from 'yaml';
import { writeOrCheck } from './generated.mjs';

const entry = path.join(import.meta.dirname, '../src/providers/gcp/preflight/permissions.ts');
const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', write: false });
const { deployerRole } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
writeOrCheck('docs/gcp-role.yaml', stringify(deployerRole()));
