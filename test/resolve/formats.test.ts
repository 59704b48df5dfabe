/** Requirements files and wheel tags: every line a user may have, and pip's own judgement as the oracle. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MlfnError } from '../../src/errors.ts';
import { addRequirement, emptyFile, readRequirements } from '../../src/resolve/requirements.ts';
import { bestWheel } from '../../src/resolve/wheel-tags.ts';
import { python } from '../python.ts';
import { failure, makeLab } from './lab.ts';

test('every form of a requirements file', async () => {
  const user = await makeLab();
  await user.write('more/base.txt', 'numpy>=1.20 ; python_version >= "3.9"  # why\n-r ../requirements.txt\n');
  await user.write('limits.txt', 'scipy<2\n');
  const text = [
    '\uFEFF# comment',
    '-r more/base.txt',
    '-c limits.txt',
    '--extra-index-url http://127.0.0.1:9/simple',
    'Scikit_Learn [extra1, extra2] == 1.5.2 \\',
    `    --hash=sha256:${'a'.repeat(64)} \\`,
    `    --hash=sha256:${'b'.repeat(64)}`,
    'pandas @ file:///croot/pandas_1/work/dist/pandas-2.0.0.whl',
    'direct @ http://127.0.0.1:9/direct-1.0-py3-none-any.whl#sha256=00',
    'requests (>=2,<3)',
    '-e git+ssh://git@host/x.git#egg=x',
    './local/pkg',
    'mine @ git+http://127.0.0.1:9/x',
    'C:\\wheels\\x.whl',
    '--no-binary :all:',
  ];
  const file = await readRequirements(await user.write('requirements.txt', text.join('\r\n')));
  expect(file.items.map(({ name, line, where }) => [name, line, where])).toEqual([
    ['numpy', 'numpy>=1.20 ; python_version >= "3.9"', 'more/base.txt line 1'],
    ['scikit-learn', 'Scikit_Learn[extra1, extra2]== 1.5.2', 'requirements.txt line 5'],
    ['pandas', 'pandas', 'requirements.txt line 8'],
    ['direct', 'direct @ http://127.0.0.1:9/direct-1.0-py3-none-any.whl#sha256=00', 'requirements.txt line 9'],
    ['requests', 'requests>=2,<3', 'requirements.txt line 10'],
  ]);
  expect(file.constraints.map(({ line }) => line)).toEqual(['scipy<2']);
  expect(file.options).toEqual(['--extra-index-url http://127.0.0.1:9/simple']);
  expect(file.hashes.get('scikit-learn')).toEqual(new Set(['a'.repeat(64), 'b'.repeat(64)]));
  expect(file.unsupported.map(({ where }) => where)).toEqual(
    [11, 12, 13, 14].map((line) => `requirements.txt line ${line}`),
  );
});

test('UTF-16 as PowerShell writes it; a line of conda is refused by number', async () => {
  const user = await makeLab();
  const file = `${user.folder}/requirements.txt`;
  await writeFile(file, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('numpy==1.0\r\nscipy\r\n', 'utf16le')]));
  expect((await readRequirements(file)).items.map(({ name }) => name)).toEqual(['numpy', 'scipy']);
  await writeFile(file, 'scipy\nnumpy=1.26.4=py312h\n');
  const error = await failure(readRequirements(file));
  expect(error.message).toBe('requirements.txt line 2: "numpy=1.26.4=py312h" is not a requirement.');
});

function refusalOf(work: () => void): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

test('any text is a requirement, an option, unsupported, or an error that names the line', () => {
  const piece = fc.constantFrom(
    'a',
    'B-1',
    '==',
    '>=1.0',
    '[x]',
    ' @ ',
    'http://h/x.whl',
    ';',
    'python_version<"3"',
    '-e',
    ' ',
    '#',
    '(',
    '~=',
  );
  const anyLine = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(anyLine, (line) => {
      const file = emptyFile('r.txt', 'requirements');
      const refusal = refusalOf(() => addRequirement(file, line, 'r.txt line 1'));
      expect(refusal === null || (refusal instanceof MlfnError && refusal.message.startsWith('r.txt line 1'))).toBe(
        true,
      );
      for (const item of file.items) expect(item.name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    }),
    { numRuns: 2000 },
  );
});

const ORACLE = `
import json, sys
from pip._vendor.packaging.tags import cpython_tags, compatible_tags
from pip._vendor.packaging.utils import parse_wheel_filename
out = []
for minor, glibc, files in json.load(sys.stdin):
    plats = [p for n in range(glibc, 4, -1) for p in ([f"manylinux_2_{n}_x86_64"] + {17: ["manylinux2014_x86_64"], 12: ["manylinux2010_x86_64"], 5: ["manylinux1_x86_64"]}.get(n, []))]
    plats.append("linux_x86_64")
    tags = [*cpython_tags((3, minor), platforms=plats), *compatible_tags((3, minor), f"cp3{minor}", plats)]
    rank = {tag: index for index, tag in reversed(list(enumerate(tags)))}
    best = [(min((rank[t] for t in parse_wheel_filename(f)[3] if t in rank), default=None), f) for f in files]
    fit = sorted(b for b in best if b[0] is not None)
    out.append([None if not fit else fit[0][0], {f: r for r, f in best}])
print(json.dumps(out))
`;

test('the wheel that is taken is the one that pip would take', () => {
  const tag = fc.constantFrom(
    'cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64',
    'cp312-cp312-manylinux_2_28_x86_64',
    'cp312-cp312-manylinux_2_40_x86_64',
    'cp312-cp312-manylinux_2_28_aarch64',
    'cp312-cp312-musllinux_1_2_x86_64',
    'cp311-cp311-manylinux2014_x86_64',
    'cp39-abi3-manylinux1_x86_64',
    'cp311-abi3-manylinux_2_28_x86_64',
    'cp312-abi3-manylinux2010_x86_64',
    'cp313-abi3-manylinux2014_x86_64',
    'cp312-none-any',
    'py3-none-any',
    'py2.py3-none-any',
    'py2-none-any',
    'py312-none-any',
    'py313-none-any',
    'cp312-cp312t-manylinux2014_x86_64',
    'cp312-cp312-win_amd64',
    'cp312-cp312-macosx_11_0_arm64',
    'py3-none-manylinux2014_x86_64',
    'cp313-cp313-manylinux_2_17_x86_64',
    'cp312-cp312-linux_x86_64',
  );
  const drawn = fc.sample(
    fc.tuple(fc.constantFrom(11, 12, 13), fc.constantFrom(26, 28, 34), fc.uniqueArray(tag, { maxLength: 6 })),
    { numRuns: 400, seed: 7 },
  );
  const cases = drawn.map(([minor, glibc, tags]) => [minor, glibc, tags.map((one) => `x-1.0-${one}.whl`)] as const);
  const answers = JSON.parse(
    execFileSync(python, ['-c', ORACLE], { input: JSON.stringify(cases), encoding: 'utf8' }),
  ) as [number | null, Record<string, number>][];
  let fitting = 0;
  for (const [index, [minor, glibc, files]] of cases.entries()) {
    const chosen = bestWheel([...files], `3.${minor}`, { os: 'linux', arch: 'x86_64', glibc: `2.${glibc}` });
    const [best, ranks] = answers[index] ?? [null, {} as Record<string, number>];
    expect([cases[index], chosen === null ? null : ranks[chosen]]).toEqual([cases[index], best]);
    if (best !== null) fitting += 1;
  }
  expect(fitting).toBeGreaterThan(100);
});

test('macOS and Windows: the wheel for the oldest system, for the right processor', () => {
  const files = [
    'macosx_14_0_arm64',
    'macosx_11_0_arm64',
    'macosx_10_9_x86_64',
    'macosx_10_9_universal2',
    'win_amd64',
    'win_arm64',
    'win32',
  ].map((one) => `x-1.0-cp312-cp312-${one}.whl`);
  const pick = (os: 'macos' | 'windows', arch: 'x86_64' | 'aarch64', from: string[]) =>
    bestWheel(from, '3.12', { os, arch, glibc: null })?.slice(18);
  expect(pick('macos', 'aarch64', files.slice(0, 2))).toBe('macosx_11_0_arm64.whl');
  expect(pick('macos', 'x86_64', files.slice(0, 3))).toBe('macosx_10_9_x86_64.whl');
  expect(pick('macos', 'aarch64', files.slice(3, 4))).toBe('macosx_10_9_universal2.whl');
  expect(pick('windows', 'x86_64', files)).toBe('win_amd64.whl');
  expect(pick('windows', 'aarch64', files)).toBe('win_arm64.whl');
});
