import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { MlfnError } from '../../src/errors.ts';

const failure = (text: string): string => {
  try {
    parseConfig(text, '/project/mlfn.yaml');
  } catch (error) {
    if (error instanceof MlfnError) return `${error.code} ${error.message} | ${error.hint}`;
    throw error;
  }
  return 'no error';
};

describe('mlfn.yaml', () => {
  it('gives values and where each is', () => {
    const file = parseConfig('name: heart\nmodel: model.joblib\nlocal:\n  port: 8080\nenv: {A: 1, B: yes, C: "0x1F"}\n', '/project/mlfn.yaml');
    expect(file.values).toEqual({
      name: 'heart',
      model: 'model.joblib',
      local: { port: 8080 },
      env: { A: '1', B: 'yes', C: '0x1F' },
    });
    expect(file.where).toEqual({
      name: 'mlfn.yaml:1:7',
      model: 'mlfn.yaml:2:8',
      local: 'mlfn.yaml:4:3',
      env: 'mlfn.yaml:5:6',
    });
  });

  it('reads python: 3.10 as it is written, not as the number 3.1', () => {
    expect(parseConfig('python: 3.10', 'mlfn.yaml').values.python).toBe('3.10');
  });

  it('may be empty, or comments only', () => {
    expect(parseConfig('', 'mlfn.yaml').values).toEqual({});
    expect(parseConfig('# nothing yet\n', 'mlfn.yaml').values).toEqual({});
  });

  it.each([
    ['an unknown key', 'name: heart\nmemry: 512\n'],
    ['an unknown key like nothing', 'zebra: 1\n'],
    ['an unknown key inside', 'local:\n  prot: 1\n'],
    ['text for a number', 'name: heart\nmemory: lots\n'],
    ['a number out of range', 'memory: 64\n'],
    ['a fraction', 'timeout: 1.5\n'],
    ['a number for text', 'model: 12\n'],
    ['an empty value', 'model:\n'],
    ['a bad name', 'name: Heart_1\n'],
    ['a bad variable', 'env:\n  1A: x\n'],
    ['a mapping in a variable', 'env:\n  A: {b: 1}\n'],
    ['an unknown target', 'target: azure\n'],
    ['a list', '- name: heart\n'],
    ['plain text', 'heart\n'],
    ['a duplicate key', 'name: a\nmodel: m\nname: b\n'],
    ['a tab', 'local:\n\tport: 1\n'],
    ['a colon too many', 'name: heart: disease\n'],
    ['an open bracket', 'env: {A: 1\n'],
  ])('says line, column and what to do about %s', (title, text) => {
    expect({ [title]: failure(text) }).toMatchSnapshot();
  });

  it('never fails but with an MlfnError that names a place in the file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:{}[\]\-#&*!|>'"%@` \n\t0-9]*$/)), (text) => {
        const said = failure(text);
        expect(said === 'no error' || /^CONFIG_\w+ mlfn\.yaml:\d+:\d+: /.test(said)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
