/** Errors out of what Lambda and Python write, as they write it. */
import { expect, test } from 'vitest';
import { failureIn, failureOf } from '../../src/providers/aws/invoke/failure.ts';

const TRACE = `START RequestId: 8f5 Version: 7
Traceback (most recent call last):
  File "/var/task/mlfn_serve/function.py", line 62, in answer
    return self.function(payload)
  File "/var/task/code/lib/rates.py", line 12, in rate
    return table[key]
           ~~~~~^^^^^
  File "/opt/python/pandas/core/frame.py", line 3807, in __getitem__
    raise KeyError(key)
KeyError: 'thal'
END RequestId: 8f5`;

const CHAIN = `Traceback (most recent call last):
  File "/var/task/code/app.py", line 3, in f
    int("x")
ValueError: invalid literal for int() with base 10: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/var/task/code/app.py", line 5, in f
    raise package.errors.Refused("no: never")
package.errors.Refused: no: never`;

test.each([
  ["a trace: the innermost line of the user's own", TRACE, { type: 'KeyError', message: "'thal'", where: 'lib/rates.py:12' }],
  [
    'dependencies in the same zip: not one of their folders is the user\'s own',
    'Traceback (most recent call last):\n  File "/var/task/code/app.py", line 4, in f\n  File "/var/task/dependencies/pack/code/deep.py", line 8, in g\nKeyError: 1',
    { type: 'KeyError', message: '1', where: 'app.py:4' },
  ],
  ['a chain: the last', CHAIN, { type: 'Refused', message: 'no: never', where: 'app.py:5' }],
  ['an exception without a message', 'Traceback (most recent call last):\n  File "/var/task/code/app.py", line 2, in f\nKeyboardInterrupt', { type: 'KeyboardInterrupt', message: '', where: 'app.py:2' }],
  [
    "the runtime client's rows, with \\r between",
    '[ERROR] ValueError: bad\rTraceback (most recent call last):\r  File "/var/task/code/app.py", line 9, in f\r    raise ValueError("bad")',
    { type: 'ValueError', message: 'bad', where: 'app.py:9' },
  ],
  [
    'an import that fails',
    '[ERROR] InitError: The module app could not be imported: ZeroDivisionError: division by zero (app.py, line 2)\nTraceback (most recent call last):\n  File "/var/task/mlfn_serve/entry.py", line 12, in <module>\nINIT_REPORT Init Duration: 90 ms Phase: init Status: error',
    { type: 'InitError', message: 'The module app could not be imported: ZeroDivisionError: division by zero (app.py, line 2)', where: 'app.py:2' },
  ],
  [
    'a module that Lambda does not find',
    "[ERROR] Runtime.ImportModuleError: Unable to import module 'mlfn_serve.entry': No module named 'numpy'\nTraceback (most recent call last):",
    { type: 'Runtime.ImportModuleError', message: "Unable to import module 'mlfn_serve.entry': No module named 'numpy'", where: null },
  ],
  ['a timeout', '2026-11-21T07:00:00.000Z 8f5 Task timed out after 3.00 seconds', { type: 'Timeout', message: 'It took longer than its 3 seconds.', where: null }],
  [
    'too little memory',
    'RequestId: 8f5 Error: Runtime exited with error: signal: killed\nRuntime.ExitError',
    { type: 'Runtime.ExitError', message: 'The worker was killed: mostly it needs more memory.', where: null },
  ],
])('%s', (_, log, failure) => expect(failureIn(log)).toEqual(failure));

test('nothing, where nothing is told', () => {
  expect(failureIn('')).toBeNull();
  expect(failureIn('START RequestId: 8f5 Version: 7\nall well: 3 of 3\nEND RequestId: 8f5')).toBeNull();
});

test('the answer of a direct invoke', () => {
  expect(failureOf({ errorType: 'ValueError', errorMessage: 'bad', stackTrace: ['  File "/var/task/code/app.py", line 2, in f\n    x\n'] })).toEqual({
    type: 'ValueError', message: 'bad', where: 'app.py:2',
  });
  expect(failureOf({ errorMessage: '2026-11-21T07:00:00.000Z 8f5 Task timed out after 2.00 seconds' })).toMatchObject({ type: 'Timeout' });
  expect(failureOf({ errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 8f5 Error: Runtime exited with error: exit status 3' })).toMatchObject({
    message: 'The worker ended: exit status 3.',
  });
  expect(failureOf({})).toEqual({ type: 'Error', message: 'The function failed.', where: null });
});
