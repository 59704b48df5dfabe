/** A package and a base as one image. Nothing is sent. */
import type { Context } from '../../events.ts';
import { relayEntry } from '../../bundle/index.ts';
import type { RuntimeSettings } from '../../live.ts';
import { type Base, blobFile, type Format, type Image, imageOf, interpreterFor, type Locate, noPython, openBase, type Packing, type Source } from '../../oci/index.ts';
import type { Provider } from '../../providers/provider.ts';
import { make, type Made, type MakeRequest } from '../make.ts';
import type { Kind } from './kinds.ts';
import { layersOf } from './layers.ts';
import { packagingFor, type Processor } from './packaging.ts';

export interface Assembly {
  /** What is packed. */
  package: MakeRequest;
  kind: Kind;
  /** Absent: the kind's own. */
  base: string | undefined;
  arch: Processor;
  format: Format;
  /** Of the layers that are made; the base's stay as they are. */
  packing: Packing;
  /** What the image says of how it runs; null where what starts it does. */
  settings: RuntimeSettings | null;
  labels(made: Made, base: Base): Promise<Record<string, string>>;
  /** As of a provider: throws for packages that cannot run there. */
  accepts?: (lock: Parameters<Provider<unknown>['accepts']>[1]) => void;
}

export interface Assembled {
  made: Made;
  base: Base;
  image: Image;
  locate: Locate;
}

/** @throws OCI_*, and what the stages throw */
export async function assemble(ctx: Context, asked: Assembly, open: (text: string) => Source): Promise<Assembled> {
  const { kind, format, settings, packing } = asked;
  const { base, made } = await baseAndPackage(ctx, asked, open);
  const interpreter = interpreterFor(base, made.lock);
  for (const warning of lacksOf(base, kind, made.lock.python)) ctx.emit({ type: 'warning', ...warning });
  const start = { folder: `/${kind.folder}`, labels: await asked.labels(made, base), ...kind.start(interpreter, settings) };
  // docs/aws.md, "Between zip and image"
  const relay = kind.caller === 'lambda' ? [await relayEntry(ctx)] : [];
  const image = imageOf(base, await layersOf(ctx, made.bundle, { folder: kind.folder, more: relay }, packing), start, format, packing);
  const locate: Locate = ({ what, descriptor }) => (what === 'base' ? base.source.blob(descriptor) : Promise.resolve(blobFile(ctx, descriptor.digest)));
  return { made, base, image, locate };
}

/** What of a base was not found that may be somewhere else in it. */
function lacksOf({ name, facts }: Base, { cxx, needs }: Kind, python: string): { text: string; hint: string }[] {
  const library = { text: `${name} seems to have a part of Python ${python}'s standard library only.`, hint: 'Add the rest to the base: on Debian python3 in place of python3-minimal.' };
  const linked = { text: `${name} has no libstdc++.so.6, without which ${needs.name} starts nothing.`, hint: 'Add it to the base (libstdc++6 on Debian, libstdc++ on Amazon Linux), or choose another.' };
  return [...(facts.whole.includes(python) ? [] : [library]), ...(cxx && !facts.cxx ? [linked] : [])];
}

/** A base that was named says what the package has to run on; else the package's Python says which base. */
async function baseAndPackage(ctx: Context, asked: Assembly, open: (text: string) => Source): Promise<{ base: Base; made: Made }> {
  const { kind, arch, accepts } = asked;
  const architecture = arch === 'arm64' ? 'arm64' : 'amd64';
  if (asked.base === undefined) {
    const made = await make(ctx, packagingFor(kind, arch, null, accepts), asked.package);
    return { base: await opened(ctx, open(kind.base(made.lock.python)), architecture), made };
  }
  const base = await opened(ctx, open(asked.base), architecture);
  if (base.facts.pythons.length === 0) throw noPython(`${base.name} has no Python`, base.name);
  return { base, made: await make(ctx, packagingFor(kind, arch, base, accepts), asked.package) };
}

async function opened(ctx: Context, source: Source, architecture: 'amd64' | 'arm64'): Promise<Base> {
  const base = await openBase(ctx, source, architecture);
  const { system, pythons, glibc } = base.facts;
  const facts = [base.name, system, `Python ${pythons.map(({ minor }) => minor).join(', ') || 'none'}`, glibc === null ? 'no glibc' : `glibc ${glibc}`];
  ctx.emit({ type: 'fact', label: 'base', text: facts.filter((part) => part !== null).join('    ') });
  return base;
}
