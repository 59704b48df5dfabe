/** The examples as data: folders, requests, and the answers that must come. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const examples = path.join(import.meta.dirname, '../../examples');

const all = readdirSync(examples, { withFileTypes: true })
  .filter((each) => each.isDirectory() && !/^[._]/.test(each.name))
  .map((each) => each.name);

/** Those that TensorFlow or PyTorch converts first, which are large: test/nets deploys them. */
export const networks = all.filter((name) => /^model: \S+\.(h5|keras|pt2?)$/m.test(readFileSync(path.join(examples, name, 'mlfn.yaml'), 'utf8')));
export const names = all.filter((name) => !networks.includes(name));

/** Whether a cloud gets it as a container image. */
export const isImage = (name: string): boolean => /^package: image$/m.test(readFileSync(path.join(examples, name, 'mlfn.yaml'), 'utf8'));

/** One entry of an expected.json, with `payload` replaced by what that file holds. */
export interface Case {
  method: string;
  path: string;
  /** Absent where the request has none. */
  body?: unknown;
  status: number;
  /** The JSON value, or the text of an answer that is not JSON; `model`, which names the release, is not part of it. */
  answer: unknown;
}

interface Row {
  request: { method: string; path: string; body?: unknown; payload?: string };
  status: number;
  answer: unknown;
}

export function readJson(name: string, file: string): unknown {
  return JSON.parse(readFileSync(path.join(examples, name, file), 'utf8'));
}

export function expectedOf(name: string): Case[] {
  return (readJson(name, 'expected.json') as Row[]).map(({ request, status, answer }) => {
    const { payload, ...rest } = request;
    return { ...rest, ...(payload === undefined ? {} : { body: readJson(name, payload) }), status, answer };
  });
}

/** A bucket that an example's requests name, and its objects as they lie in the example's folder. */
export interface Bucket {
  name: string;
  /** Key -> path. */
  objects: Record<string, string>;
}

export function bucketsOf(name: string): Bucket[] {
  const { data } = parse(readFileSync(path.join(examples, name, 'mlfn.yaml'), 'utf8')) as { data?: { folders?: Record<string, string> } };
  return Object.entries(data?.folders ?? {}).map(([bucket, where]) => {
    const folder = path.join(examples, name, where);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const paths = files.map((each) => path.join(each.parentPath, each.name));
    return { name: bucket, objects: Object.fromEntries(paths.map((file) => [path.relative(folder, file).split(path.sep).join('/'), file])) };
  });
}

/** The file that a body of the form {bucket, key} names; null for any other body. */
export function objectOf(name: string, body: unknown): string | null {
  const { bucket, key } = (body ?? {}) as { bucket?: string; key?: string };
  if (bucket === undefined || key === undefined) return null;
  return bucketsOf(name).find((each) => each.name === bucket)?.objects[key] ?? null;
}

/**
 * Rounds every number, also one written as text, to nine digits: expected.json was made with one set of versions and
 * may be checked with another, whose solvers end a little elsewhere.
 */
export function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(9));
  if (typeof value === 'string' && /^-?\d+\.\d+$/.test(value)) return String(Number(Number(value).toPrecision(9)));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)]));
}

/** Share of the predictions that are the truth of labels.json. */
export function accuracy(predictions: unknown[], labels: unknown[]): number {
  return predictions.filter((each, index) => each === labels[index]).length / labels.length;
}
