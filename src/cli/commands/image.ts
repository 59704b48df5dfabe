import path from 'node:path';
import type { ImageMade } from '../../pipeline.ts';
import { sizeText } from '../../size-text.ts';
import type { Finding } from '../../types.ts';
import { command } from '../command.ts';
import { labelled, table } from '../lines.ts';
import { MODEL_ARGUMENT, PACKAGE_OPTIONS, SETTINGS_OPTIONS } from '../options.ts';
import { findingLines } from './inspect.ts';

const { code, engine, hooks, name, python, requirements, trust } = PACKAGE_OPTIONS;
const { sample, env, concurrency, arch } = SETTINGS_OPTIONS;

interface ImageResult {
  name: string;
  digest: string;
  format: string;
  python: string;
  base: { name: string; digest: string; system: string | null; glibc: string | null };
  layers: { what: string; digest: string; bytes: number }[];
  file: { path: string; bytes: number };
  findings: Finding[];
}

export const image = command({
  name: 'image',
  summary: 'Make a container image of a model, without Docker',
  details: 'It serves HTTP on $PORT (8080), as nobody in particular, and runs wherever containers do. The same inputs give the same bytes.',
  arguments: [MODEL_ARGUMENT],
  options: {
    out: { kind: 'text', short: 'o', value: 'FILE', completes: 'file', summary: 'Archive for `docker load` (default: NAME.tar)' },
    base: { kind: 'text', value: 'IMAGE', summary: 'Image to build on: oci:FOLDER for a layout on the disk' },
    format: { kind: 'text', value: 'FORMAT', choices: ['oci', 'docker'], summary: 'Of the documents: oci (default), or Docker v2 schema 2' },
    imageLabel: { kind: 'list', value: 'NAME=VALUE', summary: 'Label of the image; repeatable' },
    sample, name, code, hooks, engine, python, requirements, env, concurrency, arch, trust,
  },
  examples: [
    ['image model.joblib', 'NAME.tar, for docker load, podman load, ctr image import'],
    ['image model.joblib --base oci:base --out heart.tar', 'on a base of your own'],
  ],
  async run(ctx, input): Promise<ImageResult> {
    const [{ loadConfig, checkFiles }, { image: makeImage }] = await Promise.all([import('../../config/index.ts'), import('../../pipeline.ts')]);
    const { out, base, format, imageLabel, arch: processor, trust: trusted, ...flags } = input;
    const config = await checkFiles(await loadConfig(ctx, flags));
    const made = await makeImage(ctx, {
      ...config,
      trust: trusted,
      base: base ?? '',
      arch: processor === 'arm64' ? 'arm64' : 'x86_64',
      format: format === 'docker' ? 'docker' : 'oci',
      out: path.resolve(ctx.cwd, out ?? `${config.name}.tar`),
      labels: labelsOf(imageLabel ?? []),
    });
    return resultOf(made);
  },
  text: (result, view) => {
    const { paint } = view;
    const [head = '', ...lines] = table([['layer', 'size', 'digest'], ...result.layers.map(({ what, bytes, digest }) => [what, sizeText(bytes), digest.slice(0, 19)])]);
    return [
      paint.dim(head),
      ...lines,
      ...findingLines(result.findings, view),
      ...labelled(paint.green.bold, 'image', `${result.name}    ${result.digest}`),
      ...labelled(paint.green.bold, 'wrote', `${result.file.path}    ${sizeText(result.file.bytes)}`),
    ];
  },
});

function labelsOf(texts: string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}

function resultOf({ made, base, image: { format, manifest, layers }, name: named, file }: ImageMade): ImageResult {
  return {
    name: named,
    digest: manifest.digest,
    format,
    python: made.lock.python,
    base: { name: base.name, digest: base.digest, system: base.facts.system, glibc: base.facts.glibc },
    layers: layers.map(({ what, descriptor }) => ({ what, digest: descriptor.digest, bytes: descriptor.size })),
    file,
    findings: made.bundle.findings,
  };
}
