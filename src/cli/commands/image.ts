import path from 'node:path';
import type { ImageMade } from '../../pipeline/image/image.ts';
import { MlfnError } from '../../errors.ts';
import { sizeText } from '../../size-text.ts';
import type { Finding } from '../../types.ts';
import { command } from '../command.ts';
import { labelled, table } from '../lines.ts';
import { FORM_OPTIONS, MODEL_ARGUMENT, PACKAGE_OPTIONS, SETTINGS_OPTIONS } from '../options.ts';
import { findingLines } from './inspect.ts';

const { code, engine, hooks, name, python, requirements, trust } = PACKAGE_OPTIONS;
const { sample, env, concurrency, arch } = SETTINGS_OPTIONS;

interface ImageResult {
  /** What it is called where it is loaded. */
  name: string;
  /** Of the manifest. */
  digest: string;
  format: 'oci' | 'docker';
  python: string;
  base: { name: string; digest: string; system: string | null; glibc: string | null };
  /** Lowest first. */
  layers: { what: string; digest: string; bytes: number }[];
  file: { path: string; bytes: number } | null;
  /** `pinned` names it by digest. Bytes that were sent; how many blobs were sent, mounted from the base's repository, or there. */
  pushed: ImageMade['pushed'];
  /** The packages, as a CycloneDX document that refers to the image in the registry; null where that takes none. */
  sbom: string | null;
  findings: Finding[];
}

export const image = command({
  name: 'image',
  summary: 'Make a container image of a model, and push it, without Docker',
  details:
    'It serves HTTP on $PORT (8080), not as root, wherever containers run: `docker run`, Kubernetes, Cloud Run, App Runner. The same inputs ' +
    'give the same bytes, and a push sends only what the registry has not. Logins are those of `docker login`.',
  arguments: [MODEL_ARGUMENT],
  options: {
    out: { kind: 'text', short: 'o', value: 'FILE', completes: 'file', summary: 'Archive for `docker load` (default without --push: NAME.tar)' },
    push: { kind: 'text', value: 'IMAGE', summary: 'Send it to a registry: HOST/REPOSITORY:TAG' },
    base: FORM_OPTIONS.base,
    for: { kind: 'text', value: 'KIND', choices: ['http', 'lambda'], summary: 'A server of HTTP (default), or a function of AWS Lambda' },
    format: { kind: 'text', value: 'FORMAT', choices: ['oci', 'docker'], summary: 'Of its documents: oci (default), or Docker v2 schema 2' },
    compression: { kind: 'text', value: 'METHOD', choices: ['gzip', 'zstd'], summary: 'Of layers: gzip (default), or zstd (containerd, Podman, Docker 23+, Cloud Run)' },
    label: { kind: 'list', value: 'NAME=VALUE', summary: 'Label of the image; repeatable' },
    insecure: { kind: 'flag', summary: 'Registries may speak HTTP, or show any certificate' },
    sample, name, code, hooks, engine, python, requirements, env, concurrency, arch, trust,
  },
  examples: [
    ['image model.joblib', 'NAME.tar, for docker load, podman load and ctr image import'],
    ['image model.joblib --push registry.example.com/team/heart:1', 'only what the registry has not is sent'],
    ['image model.joblib --base registry.example.com/base:3.12 -o heart.tar', 'on a base of your own'],
  ],
  async run(ctx, input): Promise<ImageResult> {
    const [{ loadConfig, checkFiles }, { image: make }] = await Promise.all([import('../../config/index.ts'), import('../../pipeline/image/image.ts')]);
    const { out, push, base, for: kind, format, compression, label, insecure, arch: processor, trust: trusted, ...flags } = input;
    const labels = labelsOf(label ?? []);
    const config = await checkFiles(await loadConfig(ctx, flags));
    const file = out ?? (push === undefined ? `${config.name}.tar` : undefined);
    const made = await make(ctx, {
      ...config,
      trust: trusted,
      kind: kind === 'lambda' ? 'lambda' : 'http',
      arch: processor === 'arm64' ? 'arm64' : 'x86_64',
      format: format === 'docker' ? 'docker' : 'oci',
      packing: compression === 'zstd' ? 'zstd' : 'gzip',
      insecure,
      labels,
      ...(base === undefined ? {} : { base }),
      ...(push === undefined ? {} : { push }),
      ...(file === undefined ? {} : { out: path.resolve(ctx.cwd, file) }),
    });
    return resultOf(made);
  },
  text: (result, view) => {
    const { paint } = view;
    const { pushed, file, sbom } = result;
    const [head = '', ...lines] = table([['layer', 'size', 'digest'], ...result.layers.map(({ what, bytes, digest }) => [what, sizeText(bytes), digest.slice(0, 19)])]);
    return [
      paint.dim(head),
      ...lines,
      ...findingLines(result.findings, view),
      ...labelled(paint.green.bold, 'image', `${result.name}    ${result.digest}`),
      ...(file === null ? [] : labelled(paint.green.bold, 'wrote', `${file.path}    ${sizeText(file.bytes)}`)),
      ...(pushed === null ? [] : labelled(paint.green.bold, 'pushed', `${pushed.pinned}    ${sentText(pushed)}`)),
      ...(sbom === null ? [] : labelled(paint.green.bold, 'sbom', sbom)),
    ];
  },
});

function sentText({ bytes, blobs }: NonNullable<ImageMade['pushed']>): string {
  const { sent, mounted, there } = blobs;
  const rest = [mounted === 0 ? null : `${mounted} mounted`, there === 0 ? null : `${there} there`].filter((part) => part !== null);
  return [`${sizeText(bytes)} sent in ${sent} of ${sent + mounted + there} blobs`, ...rest].join(', ');
}

function labelsOf(texts: string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new MlfnError('CLI_USAGE', `--label must be NAME=VALUE, not ${JSON.stringify(text)}.`, { hint: 'Write it as --label team=vision, once per label.' });
    }),
  );
}

function resultOf({ made, base, image: { format, manifest, layers }, name: named, file, pushed, sbom }: ImageMade): ImageResult {
  return {
    name: named,
    digest: manifest.digest,
    format,
    python: made.lock.python,
    base: { name: base.name, digest: base.digest, system: base.facts.system, glibc: base.facts.glibc },
    layers: layers.map(({ what, descriptor }) => ({ what, digest: descriptor.digest, bytes: descriptor.size })),
    file,
    pushed,
    sbom,
    findings: made.bundle.findings,
  };
}
