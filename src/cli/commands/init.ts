import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import { command, type CommandContext } from '../command.ts';
import { labelled } from '../lines.ts';
import type { Found } from '../survey.ts';

interface Initialised {
  /** The file that was written. */
  file: string;
  settings: { name: string; model: string; sample?: string; hooks?: string };
  /** Everything in the folder that could have been the model. */
  candidates: string[];
}

const FILE = 'mlfn.yaml';
const SCHEMA = 'node_modules/mlfn/docs/mlfn.schema.json';

/** Candidates named in the result; all of them are in --json. */
const SHOWN = 5;

export const init = command({
  name: 'init',
  summary: 'Write an mlfn.yaml for the model in this folder',
  details:
    'Finds models by their content, executing nothing, and asks with defaults; --yes, or no terminal, takes the defaults. ' +
    'After it, plain `mlfn deploy`, `mlfn invoke` and `mlfn rollback` work in this folder.',
  arguments: [],
  options: {
    force: { kind: 'flag', summary: 'Write over an mlfn.yaml that is there' },
  },
  examples: [
    ['init', 'asks'],
    ['init --yes', 'takes the first model found and its defaults'],
  ],
  homeless: true,
  async run(ctx, input): Promise<Initialised> {
    const file = path.join(ctx.cwd, FILE);
    await mayWrite(ctx, file, input.force);
    const [{ survey }, { checkName, defaultName, splitArtifact, absoluteArtifact }, { fileText }] = await Promise.all([
      import('../survey.ts'),
      import('../../config/index.ts'),
      import('../../config/text.ts'),
    ]);
    const found = await survey(ctx);
    const model = await chooseModel(ctx, found);
    const name = await ctx.ask({
      kind: 'text',
      message: 'Name of the function',
      initial: defaultName(splitArtifact(absoluteArtifact(ctx.cwd, model)).file),
      check: (value) => complaint(() => checkName(value, 'name')),
    });
    const { sample, hooks } = found;
    const settings = { name, model, ...(sample === null ? {} : { sample }), ...(hooks === null ? {} : { hooks }) };
    const schema = existsSync(path.join(ctx.cwd, SCHEMA)) ? SCHEMA : null;
    writeFileSync(file, fileText(settings, schema));
    return { file, settings, candidates: found.models };
  },
  text: ({ file, settings, candidates }, { paint }) => [
    ...labelled(paint.green.bold, 'wrote', file),
    ...labelled(paint.bold, 'model', settings.model + amongst(candidates)),
    ...labelled(paint.bold, 'sample', settings.sample ?? 'none: releases are only checked for health. Add `sample: FILE` to compare answers.'),
    ...labelled(paint.bold, 'next', 'mlfn deploy'),
  ],
});

async function mayWrite(ctx: CommandContext, file: string, force: boolean): Promise<void> {
  if (force || !existsSync(file)) return;
  // --yes agrees to defaults, and the default is to keep what somebody wrote.
  const sure = !ctx.yes && (await ctx.ask({ kind: 'confirm', message: `${file} is there. Write over it?`, initial: false }));
  if (sure) return;
  throw new MlfnError('CONFIG_EXISTS', `${file} is there already.`, {
    hint: 'Edit it, or write over it with mlfn init --force.',
  });
}

async function chooseModel(ctx: CommandContext, found: Found): Promise<string> {
  const [first, ...others] = found.models;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    return ctx.ask({ kind: 'select', message: 'Which model?', initial: first, choices: found.models.map((value) => ({ value })) });
  }
  const typed = await ctx.ask({ kind: 'text', message: 'Model file, or module.py:function', initial: '' });
  if (typed !== '') return typed;
  throw new MlfnError('CONFIG_NO_MODEL', `No model was found in ${ctx.cwd}.`, {
    hint: 'Run it in the folder of the model, or deploy by path: mlfn deploy PATH.',
  });
}

function complaint(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as MlfnError).hint ?? (error as Error).message;
  }
}

function amongst(candidates: string[]): string {
  if (candidates.length < 2) return '';
  const more = candidates.length > SHOWN ? `, and ${candidates.length - SHOWN} more` : '';
  return `  (of ${candidates.slice(0, SHOWN).join(', ')}${more})`;
}
