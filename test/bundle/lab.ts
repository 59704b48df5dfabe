/** What the tests of bundle share: a user's folder, a card and a lock of it, artifacts made by hand, and real readers. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context } from '../../src/events.ts';
import type { ModelFileCard, PythonCard, UserClass } from '../../src/card.ts';
import type { Artifact, Entry, Lock } from '../../src/types.ts';
import { python } from '../python.ts';

export { failure } from '../failure.ts';

export interface Lab {
  ctx: Context;
  /** Empty, and deleted when the test is over. */
  root: string;
  /** Of the user's, inside of it; the current folder. */
  folder: string;
  abort(): void;
  /** Writes files below the user's folder; gives the path of the first. */
  write(files: Record<string, string | Uint8Array>): string;
}

/** @param clean false: whoever calls deletes `root`. */
export function makeLab({ clean = true } = {}): Lab {
  const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-bundle-')));
  if (clean) onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  const folder = path.join(root, 'project');
  mkdirSync(path.join(root, 'dependencies'));
  mkdirSync(folder);
  const stop = new AbortController();
  const home = { root: path.join(root, 'home'), cache: path.join(root, 'home/cache'), local: path.join(root, 'home/local') };
  const ctx: Context = { emit: () => undefined, signal: stop.signal, env: process.env, cwd: folder, home };
  return { ctx, root, folder, abort: () => stop.abort(), write: (files) => writeFiles(folder, files) };
}

export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): string {
  const paths = Object.entries(files).map(([name, content]) => {
    const file = path.join(folder, ...name.split('/'));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  });
  return paths[0] ?? folder;
}

export function modelCard(file: string, userClasses: UserClass[] = []): ModelFileCard {
  return {
    kind: 'model', path: file, size: 1, findings: [], format: 'joblib', compression: 'none', protocol: 4, globals: [],
    framework: null, estimator: null, featureNames: null, featureCount: null, classes: null, distributions: [],
    versions: {},
    atLeast: {},
    userClasses, safe: true, damaged: false,
  };
}

export function pythonCard(file: string, attribute = 'predict'): PythonCard {
  return { kind: 'python', path: file, size: 1, findings: [], attribute };
}

export function lockOf(packages: { name: string; version: string }[] = []): Lock {
  return {
    python: '3.12', platform: { os: 'linux', arch: 'x86_64', glibc: '2.34' }, pylock: 'lock-version = "1.0"\n', digest: 'd',
    packages: packages.map((each) => ({ ...each, wheel: '', sha256: '', size: null })),
    source: 'requirements', sourceDetail: '', offline: false, interpreter: python,
  };
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export type Content = Uint8Array | { file: string; bytes: Uint8Array };

/** An artifact in the order given, and its digest as types.ts words it. */
export function artifactOf(contents: [path: string, content: Content, mode?: 0o644 | 0o755][], part: Artifact['part'] = 'function'): Artifact {
  const entries = contents.map(([name, content, mode = 0o644]): Entry => {
    const bytes = 'file' in content ? content.bytes : content;
    const source = 'file' in content ? { file: content.file } : { bytes };
    return { path: name, mode, sha256: sha256(bytes), size: bytes.length, source };
  });
  return { part, entries, digest: '', size: entries.reduce((sum, each) => sum + each.size, 0) };
}

export type Row = [path: string, mode: string, sha256: string];

export function rowsOf(artifact: Artifact): Row[] {
  return artifact.entries.map((each) => [each.path, each.mode.toString(8), each.sha256]);
}

const READ = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps([[i.filename, oct(i.external_attr >> 16 & 0o7777)[2:], hashlib.sha256(z.read(i)).hexdigest(),
        list(i.date_time), i.external_attr >> 28, i.flag_bits >> 11 & 1, i.compress_type] for i in z.infolist()]))
`;

/** What Python's zipfile reads: rows in the file's own order, and what should be the same for all of them. */
export function readByPython(file: string): { rows: Row[]; dates: string[]; types: number[]; utf8: number[]; methods: number[] } {
  const text = execFileSync(python, ['-I', '-c', READ, file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const read = JSON.parse(text) as [...Row, number[], number, number, number][];
  const all = <T>(index: number) => [...new Set(read.map((each) => JSON.stringify(each[index])))].map((each) => JSON.parse(each) as T);
  const rows = read.map(([name, mode, digest]): Row => [name, mode, digest]);
  return { rows, dates: all<number[]>(3).map((each) => each.join('-')), types: all(4), utf8: all(5), methods: all(6) };
}
