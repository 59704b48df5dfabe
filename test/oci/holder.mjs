// A command that uses the cache of images below a folder, until it is killed: `node holder.mjs FOLDER`.
import path from 'node:path';
import { useCache } from '../../src/oci/cache.ts';

const root = process.argv[2];
await useCache({ emit() {}, signal: new AbortController().signal, env: {}, cwd: root, home: { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') } });
process.stdout.write('using\n');
setInterval(() => undefined, 1000);
