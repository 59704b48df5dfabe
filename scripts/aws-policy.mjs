// Writes docs/aws-policy.json, what a deployer needs, from src/providers/aws/permissions.ts; with --check only says whether it is current.
import path from 'node:path';
import { buildSync } from 'esbuild';
import { writeOrCheck } from './generated.mjs';

const entry = path.join(import.meta.dirname, '../src/providers/aws/permissions.ts');
const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', write: false });
const { deployerPolicy } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
const policy = deployerPolicy({ partition: 'aws', account: '*', region: '*' });
writeOrCheck('docs/aws-policy.json', `${JSON.stringify(policy, null, 2)}\n`);
