// Writes docs/mlfn.schema.json, for editors, from the schema in src/config/schema.ts; --check only compares.
import { z } from 'zod';
import { build } from './build.mjs';
import { writeOrCheck } from './generated.mjs';

await build();
const { fileSchema } = await import('../dist/config/schema.js');
const schema = { ...z.toJSONSchema(fileSchema, { target: 'draft-7' }), title: 'mlfn.yaml' };
// An unquoted `python: 3.12` or `env: {N: 1}` is read as the text that was written.
schema.properties.python.type = ['string', 'number'];
schema.properties.env.additionalProperties.type = ['string', 'number', 'boolean'];
writeOrCheck('docs/mlfn.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
