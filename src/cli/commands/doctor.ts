import { MlfnError } from '../../errors.ts';
import { command } from '../command.ts';
import type { Check, Diagnosis } from '../doctor/check.ts';
import { EXIT } from '../exit.ts';
import { labelled } from '../lines.ts';

interface Report {
  /** Nothing that was found keeps mlfn from working. */
  ready: boolean;
  checks: ({ name: string } & Diagnosis)[];
}

export const doctor = command({
  name: 'doctor',
  summary: 'Check what mlfn needs of this machine, and say how to mend it',
  arguments: [],
  options: {},
  examples: [
    ['doctor', 'Node, Python, uv, disk, daemon, credentials, network'],
    ['doctor --json', 'the same for a script; exit code 2 when something keeps mlfn from working'],
  ],
  homeless: true,
  async run(ctx): Promise<Report> {
    const { CHECKS, folderCheck, needFolder } = await import('../doctor/index.ts');
    const checks: Report['checks'] = [];
    for (const check of CHECKS) {
      ctx.signal.throwIfAborted();
      ctx.emit({ type: 'progress', text: `looking at ${check.name}` });
      const noFolder = checks.some(({ name, state }) => name === folderCheck.name && state === 'fail');
      if (noFolder && needFolder.includes(check)) continue;
      for (const diagnosis of await diagnose(check, ctx)) checks.push({ name: check.name, ...diagnosis });
    }
    return { ready: checks.every(({ state }) => state !== 'fail'), checks };
  },
  text: ({ ready, checks }, { paint }) => {
    const paints = { ok: paint.green, note: paint.dim, warn: paint.yellow, fail: paint.red };
    return [
      ...checks.flatMap(({ name, state, text, mend }) =>
        labelled(paints[state], state, `${name.padEnd(8)} ${text}`, mend === undefined ? undefined : `         ${mend}`),
      ),
      ready ? 'mlfn can work here.' : 'mlfn cannot work here until what failed is mended.',
    ];
  },
  exitCode: ({ ready }) => (ready ? EXIT.ok : EXIT.config),
});

async function diagnose(check: Check, ctx: Parameters<Check['run']>[0]): Promise<Diagnosis[]> {
  try {
    return await check.run(ctx);
  } catch (error) {
    if (!(error instanceof MlfnError) || ctx.signal.aborted) throw error;
    return [{ state: 'fail', text: error.message, ...(error.hint === undefined ? {} : { mend: error.hint }) }];
  }
}
