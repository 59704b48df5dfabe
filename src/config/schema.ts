/**
 * What mlfn.yaml may hold. The same field schemas check flags and MLFN_* variables, and docs/mlfn.schema.json is
 * generated from them, so an editor, a file and a flag agree.
 */
import * as z from 'zod';
import { TARGETS } from '../providers/index.ts';
import { SECTIONS } from '../providers/sections.ts';
import { dataSchema } from './data.ts';

// Each schema is asked once or twice: to compile code for it takes longer than all that it checks.
z.config({ jitless: true });

export const NAME_RULE = 'a lower-case letter, then up to 47 lower-case letters, digits or hyphens';
export const NAME = /^[a-z][a-z0-9-]{0,47}$/;

/** Ten seconds to a day. */
const RELOAD_RULE = 'a time such as 30s, 5m or 1h, `asked`, or off';
const RELOAD = /^(off|asked|[1-9]\d{1,3}s|[1-9]\d{0,2}m|([1-9]|1\d|2[0-4])h)$/;

const PACKAGES = ['auto', 'zip', 'image'] as const;
const ENGINES = ['auto', 'plain', 'onnx', 'native'] as const;

const text = (must: string) => z.string({ error: must }).min(1, { error: must });

const whole = (unit: string, min: number, max: number) => {
  const must = `a whole number${unit} from ${min} to ${max}`;
  return z.int({ error: must }).min(min, { error: must }).max(max, { error: must });
};

/** Memory and timeout reach as far as the widest target (AWS Lambda); a target's own limits are checked at deploy. */
export const fileSchema = z
  .strictObject(
    {
      name: z.string({ error: NAME_RULE }).regex(NAME, { error: NAME_RULE }).describe('Name of the function.'),
      model: text('the path of a model file, or module.py:function').describe(
        'The model file, or `module.py:function`, relative to this file.',
      ),
      target: z.enum(TARGETS, { error: `one of: ${TARGETS.join(', ')}` }).describe('Where it is deployed to.'),
      sample: text('the path of a JSON file').describe(
        'A JSON file with a body as a client would post it; every release is checked with it before it goes live.',
      ),
      code: text('the path of a folder').describe('Folder of the modules that the model or the hooks import.'),
      include: z
        .array(text('the path of a file or folder'), { error: 'a list of files and folders' })
        .describe('Files and folders that the code reads; they travel beside it.'),
      hooks: text('the path of a Python file').describe('A Python file with `preprocess` and/or `postprocess`.'),
      requirements: text('the path of a requirements file').describe('Requirements to lock the dependencies with.'),
      engine: z
        .enum(ENGINES, { error: `one of: ${ENGINES.join(', ')}` })
        .describe('What evaluates the model: `plain` (the standard library, for models that were compiled), `native` (its own libraries), or the best that answers alike.'),
      package: z
        .enum(PACKAGES, { error: `one of: ${PACKAGES.join(', ')}` })
        .describe('How it goes to a cloud: as zips, as a container image, or in the first of these that it fits.'),
      base: text('the name of an image').describe('What an image is built on: in a registry, or `oci:FOLDER[:TAG]` relative to this file.'),
      python: text('a Python version such as "3.12"').describe('Python version (`3.12`) or path of an interpreter.'),
      memory: whole(' of MB', 128, 10_240).describe('Memory of one worker, MB.'),
      timeout: whole(' of seconds', 1, 900).describe('Longest time one request may take, seconds.'),
      concurrency: whole('', 1, 1000).describe('Requests answered side by side: one worker each.'),
      reload: z
        .string({ error: RELOAD_RULE })
        .regex(RELOAD, { error: RELOAD_RULE })
        .describe('How often a worker looks for another model of the same release (`mlfn reload`); `asked`: only when it is told to.'),
      idle: whole(' of seconds', 1, 86_400).describe('Seconds without a call after which a worker ends.'),
      env: z
        .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string({ error: 'text' }), {
          error: 'a mapping of variable names to text',
        })
        .describe('Variables that the code sees. They are kept in the release: no place for secrets.'),
      data: dataSchema.describe('Objects that a request may name in place of rows.'),
      local: SECTIONS.local.describe('Settings of the local target.'),
      aws: SECTIONS.aws.describe('Settings of the aws target.'),
      gcp: SECTIONS.gcp.describe('Settings of the gcp target.'),
    },
    { error: 'a mapping of settings' },
  )
  .partial();

export type FileValues = z.infer<typeof fileSchema>;
export type Key = keyof FileValues;
export const KEYS = Object.keys(fileSchema.shape) as Key[];
