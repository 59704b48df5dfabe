/** Which of a release's wheels an installer takes: compatibility tags, PEP 425, 600 and 656. */
import type { Platform } from '../types.ts';

/** glibc minor version of the manylinux tags from before PEP 600. */
const LEGACY: Record<string, number> = { manylinux1: 5, manylinux2010: 12, manylinux2014: 17 };

/** The file name that fits best, or null when none fits. */
export function bestWheel(files: string[], python: string, platform: Platform): string | null {
  const minor = Number(python.split('.')[1]);
  const fitting = files.flatMap((file) => {
    const rank = wheelRank(file, minor, platform);
    return rank === null ? [] : [{ file, rank }];
  });
  fitting.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || (a.file < b.file ? -1 : 1));
  return fitting[0]?.file ?? null;
}

/** [how closely built for this Python, how closely for this platform]: higher is better; null when it does not fit. */
function wheelRank(file: string, minor: number, platform: Platform): [number, number] | null {
  const parts = file.replace(/\.whl$/, '').split('-');
  const [pythons = '', abis = '', platforms = ''] = parts.slice(-3);
  if (parts.length < 5) return null;
  // Each of the three may be several tags joined by dots: the wheel is as good as the best of their combinations.
  const ranks = pythons.split('.').flatMap((python) =>
    abis.split('.').flatMap((abi) =>
      platforms.split('.').flatMap((on): [number, number][] => {
        const onPlatform = platformRank(on, platform);
        const onPython = pythonRank(python, abi, on === 'any', minor);
        return onPlatform === null || onPython === null ? [] : [[onPython, onPlatform]];
      }),
    ),
  );
  return ranks.toSorted((x, y) => y[0] - x[0] || y[1] - x[1])[0] ?? null;
}

/** In the order of `packaging.tags`: own ABI, stable ABI, no ABI for a platform, no ABI for any. */
function pythonRank(tag: string, abi: string, anywhere: boolean, minor: number): number | null {
  const [, kind, digits] = /^(cp|py)3(\d*)$/.exec(tag) ?? [];
  if (kind === undefined) return null;
  const built = digits === '' ? null : Number(digits);
  const own = built === minor;
  if (kind === 'cp' && built !== null && abi !== 'none' && !anywhere) {
    if (own && abi === `cp3${minor}`) return 5000;
    return abi === 'abi3' && built <= minor ? (own ? 4900 : 4000 + built) : null;
  }
  if (abi !== 'none' || (built !== null && built > minor)) return null;
  if (kind === 'cp') return own ? (anywhere ? 2500 : 4800) : null;
  const version = built === null ? 998 : own ? 999 : built;
  return (anywhere ? 1000 : 3000) + version;
}

function platformRank(tag: string, platform: Platform): number | null {
  if (tag === 'any') return 0;
  if (platform.os === 'windows') return tag === (platform.arch === 'x86_64' ? 'win_amd64' : 'win_arm64') ? 1 : null;
  if (platform.os === 'macos') return macosRank(tag, platform.arch === 'x86_64' ? 'x86_64' : 'arm64');
  if (!tag.endsWith(`_${platform.arch}`)) return null;
  const libc = tag.slice(0, -platform.arch.length - 1);
  if (libc === 'linux') return 1; // built on a machine, not on an index
  if (platform.glibc === null) return libc.startsWith('musllinux_1_') ? 2 + Number(libc.split('_')[2]) : null;
  const needed = LEGACY[libc] ?? Number(/^manylinux_2_(\d+)$/.exec(libc)?.[1] ?? Number.NaN);
  return needed <= Number(platform.glibc.split('.')[1]) ? 2 + needed : null;
}

/** The version of macOS is not part of a platform: the wheel for the oldest runs everywhere. */
function macosRank(tag: string, arch: string): number | null {
  const [, major, minor, built] = /^macosx_(\d+)_(\d+)_(\w+)$/.exec(tag) ?? [];
  if (built !== arch && built !== 'universal2') return null;
  return 100_000 - Number(major) * 100 - Number(minor);
}
