// Bundles one wheel of the shelf in a process of its own, to be killed: `node shelver.mjs '{"ctx", "folder", "sha256", "python", "byteCode"}'`.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { dependencyArtifact } from '../../src/bundle/dependencies.ts';

const { ctx, folder, sha256, python, byteCode } = JSON.parse(process.argv[2]);
const wheels = [{ sha256, file: path.join(ctx.home.cache, 'wheels', `${sha256}.whl`) }];
const compile = async (below) => void execFileSync(python, ['-I', '-S', byteCode, below]);
const supply = { wheels: async () => ({ wheels, byteCode: { tag: 'cp3', compile } }), install: async () => process.exit(1) };
await dependencyArtifact({ ...ctx, emit() {}, signal: new AbortController().signal }, folder, supply);
