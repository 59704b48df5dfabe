/**
 * Preloaded into the command line (`node --import`): sends it a signal at its Nth step, so that every moment of a command
 * can be hit on purpose. A step is a call that changes the file system or starts a process.
 *
 *   MLFN_STEP_SIGNAL  SIGKILL, SIGINT, ...; absent: only listed
 *   MLFN_STEP         number of the step, from 1; the signal comes before it is made
 *   MLFN_STEP_LIST    file that gets one line per step
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const CHANGES = ['mkdir', 'writeFile', 'appendFile', 'rename', 'rm', 'rmdir', 'open', 'link', 'copyFile', 'chmod'];
const { MLFN_STEP_SIGNAL: signal, MLFN_STEP: wanted, MLFN_STEP_LIST: list } = process.env;
const append = fs.appendFileSync;
let count = 0;

function step(what, of) {
  count += 1;
  if (list !== undefined) append(list, `${count} ${what} ${String(of).slice(0, 200)}\n`);
  if (signal !== undefined && count === Number(wanted)) process.kill(process.pid, signal);
}

if (process.argv[1]?.endsWith('mlfn.js')) {
  for (const name of CHANGES) {
    const original = fs.promises[name];
    fs.promises[name] = (...args) => {
      if (name !== 'open' || /[wa]/.test(String(args[1]))) step(name, args[0]);
      return original(...args);
    };
  }
  const { spawn } = childProcess;
  childProcess.spawn = (...args) => {
    step('spawn', [args[0], ...(Array.isArray(args[1]) ? args[1] : [])].join(' '));
    return spawn(...args);
  };
  syncBuiltinESMExports();
}
