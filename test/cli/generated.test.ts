import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

it.each(['errors-docs.mjs', 'config-schema.mjs', 'aws-policy.mjs', 'gcp-role.mjs'])('what scripts/%s writes is current', (script) => {
  const file = path.join(import.meta.dirname, '../../scripts', script);
  expect(execFileSync(process.execPath, [file, '--check'], { encoding: 'utf8' })).toBe('');
});
