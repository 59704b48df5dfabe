// Writes docs/mlfn.schema.json, for editors, from the schema in src/config/schema.ts; --check only compares.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { writeOrCheck } from './generated.mjs';
import { bundled } from './sources.mjs';

const { fileSchema } = await import(pathToFileURL(await bundled(path.join(import.meta.dirname, '../src/config/schema.ts'))));
const schema = { ...z.toJSONSchema(fileSchema, { target: 'draft-7' }), title: 'mlfn.yaml' };
// An unquoted `python: 3.12` or `env: {N: 1}` is read as the text that was written.
schema.properties.python.type = ['string', 'number'];
schema.properties.env.additionalProperties.type = ['string', 'number', 'boolean'];
writeOrCheck('docs/mlfn.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
