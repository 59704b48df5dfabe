/** CloudWatch's events as lines. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lines } from '../../src/providers/aws/logs/log-lines.ts';

const ID = '8f5a1b2c-0000-4000-8000-000000000001';
const releaseOf = (version: string) => ({ '[7]': 3, '[8]': 4, 'heart_image[7]': 5 })[version] ?? null;
const of = (texts: string[], logStreamName = '2026/11/21/[7]abc') => texts.map((message) => ({ message, logStreamName, timestamp: 0 }));

function lines(events: ReturnType<typeof of>) {
  const reader = new Lines(releaseOf);
  return [...events.flatMap((event) => reader.push(event)), ...reader.flush()];
}

test('a call: its platform lines, its own lines with its id, and what comes between calls', () => {
  const texts = ['INIT_START Runtime Version: python:3.12', 'loaded', `START RequestId: ${ID} Version: 7`, 'hello', `END RequestId: ${ID}`, `REPORT RequestId: ${ID}\tDuration: 2 ms`, 'after'];
  expect(lines(of(texts)).map(({ stream, requestId, release }) => [stream, requestId, release])).toEqual([
    ['platform', null, 3], ['stdout', null, 3], ['platform', ID, 3], ['stdout', ID, 3], ['platform', ID, 3], ['platform', ID, 3], ['stdout', null, 3],
  ]);
});

test('the release is the one that the version stands for; of an unknown version and of $LATEST there is none', () => {
  const release = (stream: string) => lines(of(['x'], stream))[0]?.release;
  expect([release('2026/11/21/[8]a'), release('2026/11/21/[9]a'), release('2026/11/21/[$LATEST]a')]).toEqual([4, null, null]);
  // Of a function that writes to another's group.
  expect([release('2026/11/21/heart_image[7][a]'), release('2026/11/21/heart_image[8][a]')]).toEqual([5, null]);
});

const TRACE = ['Traceback (most recent call last):', '  File "app.py", line 3, in f', '    1 / 0', '    ~~^~~', 'ZeroDivisionError: division by zero'];
const CHAIN = [...TRACE, '', 'During handling of the above exception, another exception occurred:', '', ...TRACE];

test.each([
  ['alone', TRACE],
  ['with what caused it', CHAIN],
])('a traceback %s is one line on stderr, and what follows is another', (_, rows) => {
  const found = lines(of(['before', ...rows, 'after']));
  expect(found.map(({ text, stream }) => [text, stream])).toEqual([['before', 'stdout'], [rows.join('\n'), 'stderr'], ['after', 'stdout']]);
});

test('two tracebacks after each other are two lines; one that is cut off by the platform ends there', () => {
  expect(lines(of([...TRACE, ...TRACE]))).toHaveLength(2);
  const cut = lines(of([...TRACE.slice(0, 2), `END RequestId: ${ID}`]));
  expect(cut.map(({ stream }) => stream)).toEqual(['stderr', 'platform']);
});

test('tracebacks of two workers at once are told apart', () => {
  const [a, b] = [of(TRACE, '2026/11/21/[7]a'), of(TRACE, '2026/11/21/[8]b')];
  const mixed = a.flatMap((event, index) => [event, b[index]!]);
  expect(lines(mixed).map(({ release, text }) => [release, text])).toEqual([[3, TRACE.join('\n')], [4, TRACE.join('\n')]]);
});

test("the runtime client's one event with \\r between its rows is one line", () => {
  expect(lines(of(['[ERROR] ValueError: bad\rTraceback (most recent call last):\r  File "app.py", line 9, in f']))).toMatchObject([
    { stream: 'stderr', text: '[ERROR] ValueError: bad\nTraceback (most recent call last):\n  File "app.py", line 9, in f' },
  ]);
});

test('no text is lost, whatever comes', () => {
  const row = fc.oneof(fc.constantFrom(...CHAIN, `START RequestId: ${ID} Version: 7`, `REPORT RequestId: ${ID}`), fc.string().filter((text) => !/[\r\n]/.test(text) && text.trim() !== ''));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (texts) => {
      const words = (rows: string[]) => rows.join(' ').split(/\s+/).filter(Boolean);
      expect(words(lines(of(texts)).map(({ text }) => text))).toEqual(words(texts));
    }),
  );
});
