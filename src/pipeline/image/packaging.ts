/** How a package for an image is made: the base decides what it has to run on. */
import type { Base } from '../../oci/index.ts';
import type { Lock, PlatformRequest } from '../../types.ts';
import type { Packaging } from '../make.ts';
import type { Kind } from './kinds.ts';

export type Processor = 'x86_64' | 'arm64';

/** No image is too large for a registry, or for what runs it. */
const LIMITS = {
  zipBytes: null,
  unzippedBytes: null,
  memoryMb: { min: 1, max: Infinity },
  timeoutSeconds: { min: 1, max: Infinity },
  requestBytes: Infinity,
  responseBytes: Infinity,
};

/** @param base null before there is one: then what the kind's own will be */
export function packagingFor(kind: Kind, arch: Processor, base: Pick<Base, 'facts'> | null, accepts: (lock: Lock) => void = () => {}): Packaging {
  const platform: PlatformRequest = {
    // Where a base has no glibc only what is pure Python is let through.
    platform: { os: 'linux', arch: arch === 'arm64' ? 'aarch64' : 'x86_64', glibc: base === null ? kind.glibc : (base.facts.glibc ?? OLDEST) },
    pythons: base === null ? kind.pythons : [...new Set(base.facts.pythons.map(({ minor }) => minor))],
    requires: [kind.needs],
  };
  return { provider: { accepts: (_config, lock) => accepts(lock), caller: kind.caller, limits: () => LIMITS, modelApart: () => 'never', platform: () => platform }, config: null };
}

/** PEP 599: what any wheel for glibc runs on. */
const OLDEST = '2.17';
