/** Byte code of the dependencies: the same on every machine, loaded as it is, and of what compiles only. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { python } from '../python.ts';

const tool = path.join(import.meta.dirname, '../../templates/tools/byte_code.py');

/** The tests' own, and those of pyenv that mlfn can deploy with. */
function pythons(): [string, string][] {
  const versions = path.join(process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv'), 'versions');
  const names = existsSync(versions) ? readdirSync(versions).filter((name) => /^3\.(9|1\d)\./.test(name)) : [];
  const found = names.map((name): [string, string] => [name, path.join(versions, name, 'bin', 'python')]);
  return [['of the tests', python], ...found.filter(([, file]) => existsSync(file))];
}

const SOURCES: Record<string, string> = {
  'pkg/__init__.py': 'from .shapes import area\nNAMES = {"a": 1, "b": (1, 2, "x", ("y", None, ...))}\n',
  'pkg/shapes.py': 'class Shape:\n    """Doc."""\n    def area(self, w=2, *, h: "int" = 3):\n        def inner(): return self, w, h\n        return [x for x in (w, h) if x]\ndef area(): return Shape().area()\n',
  'pkg/sets.py': 'def known(x): return x in {"alpha", "beta", "gamma", "delta", (1, "two")}\n',
  'pkg/interned.py': 'area = "area"\nother = "not an identifier!"\nsame = "not an identifier!"\nnumber = 123456789012345678901234567890\n',
  'pkg/ümläut.py': 'x = "ü" * 2\nasync def wait():\n    async with open_it() as it:\n        yield it\n',
  'pkg/where.py': 'def fail():\n    raise ValueError("here")\n',
  'pkg/asserts.py': '"""Kept."""\nassert True, "kept"\n',
  'pkg/template.py': 'def {{ name }}():\n',
  'pkg/python2.py': 'print "hello"\n',
  'pkg/nul.py': 'x = 1\0\n',
  'pkg/tests/test_it.py': 'assert True\n',
  // Enough of them for several processes.
  ...Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`many/m${index}.py`, `def f${index}(a, b=${index}):\n    return {"k": (a, b, "${index}")}\n`])),
};

function lay(order: string[]): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bytecode-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of order) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), SOURCES[name] ?? '');
  }
  return folder;
}

function compiled(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.name.endsWith('.pyc'));
  return Object.fromEntries(
    files.map((each) => path.join(each.parentPath, each.name)).sort().map((file) => [path.relative(folder, file), readFileSync(file, 'base64')]),
  );
}

const run = (interpreter: string, args: string[], env: Record<string, string> = {}, cwd?: string) =>
  execFileSync(interpreter, args, { encoding: 'utf8', env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }), stdio: ['ignore', 'pipe', 'pipe'] });

describe.each(pythons())('Python %s', (_version, interpreter) => {
  test('the same bytes in two folders, under other hash seeds, in another order, and after other work', () => {
    const names = Object.keys(SOURCES);
    const [one, two, three] = [lay(names), lay(names.toReversed()), lay(names)];
    run(interpreter, ['-I', '-S', tool, one], { PYTHONHASHSEED: '1' });
    // Without -I, so that the seed and the optimisation that the variables ask for would count.
    run(interpreter, [tool, two], { PYTHONHASHSEED: '4242', PYTHONOPTIMIZE: '2' });
    const busy = `import sys, runpy; held = [compile(open(f).read(), f, "exec") for f in sys.argv[2:]]; kept = ["area", "inner", "pkg/shapes.py"]
[sys.intern(str(n)) for n in range(5000)]; sys.path.insert(0, sys.argv[1].rpartition("/")[0]); import byte_code
[byte_code.compile_file(${JSON.stringify(three)}, f) for f in sorted(byte_code.python_files(${JSON.stringify(three)}), reverse=True)]`;
    run(interpreter, ['-c', busy, tool, path.join(three, 'pkg/shapes.py'), path.join(three, 'pkg/interned.py')], { PYTHONHASHSEED: '7', PYTHONDONTWRITEBYTECODE: '1' });
    const first = compiled(one);
    expect(Object.keys(first).length).toBeGreaterThanOrEqual(126);
    expect(compiled(two)).toEqual(first);
    expect(compiled(three)).toEqual(first);
  });

  test('what does not compile, and tests, are left as sources; the sources are not touched', () => {
    const folder = lay(Object.keys(SOURCES));
    run(interpreter, ['-I', '-S', tool, folder]);
    const done = Object.keys(compiled(folder)).map((name) => path.basename(name).split('.')[0]);
    expect(done.filter((name) => ['template', 'python2', 'nul', 'test_it'].includes(name ?? ''))).toEqual([]);
    expect(done).toEqual(expect.arrayContaining(['__init__', 'shapes', 'interned', 'where', 'm119']));
    for (const [name, text] of Object.entries(SOURCES)) expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
  });

  test('loaded without compiling again, wherever it lies and whatever the times say; traces name the right file', () => {
    const made = lay(Object.keys(SOURCES));
    run(interpreter, ['-I', '-S', tool, made]);
    const moved = `${made}-moved`;
    onTestFinished(() => rmSync(moved, { recursive: true, force: true }));
    cpSync(made, moved, { recursive: true });
    for (const name of Object.keys(SOURCES)) utimesSync(path.join(moved, name), 1e9, 1e9);
    // A source that says something else proves that it is not what runs.
    writeFileSync(path.join(moved, 'pkg/interned.py'), 'area = "compiled again"\n');
    const before = compiled(moved);
    const code = `
import sys, traceback; sys.path.insert(0, sys.argv[1])
import pkg, pkg.interned, pkg.where, pkg.asserts, pkg.sets, many.m7
try: pkg.where.fail()
except ValueError: line = traceback.format_exc()
print(pkg.area(), pkg.interned.area, pkg.asserts.__doc__, pkg.sets.known("beta"), many.m7.f7(1), sys.argv[1] in line and "where.py" in line)`;
    expect(run(interpreter, ['-I', '-B', '-c', code, moved]).trim()).toBe("[2, 3] area Kept. True {'k': (1, 7, '7')} True");
    expect(compiled(moved)).toEqual(before);
    // PEP 552: unchecked-hash.
    for (const text of Object.values(before)) expect(Buffer.from(text, 'base64').readUInt32LE(4)).toBe(1);
  });
});
