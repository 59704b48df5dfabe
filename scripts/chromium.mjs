// Prints the path of a Chromium or Chrome for the page's tests; on Debian and Ubuntu it is installed when there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome.exe', 'msedge.exe'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

function find() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [process.env.CHROMIUM, ...onPath, ...PLACES].find((file) => file && existsSync(file));
}

function apt(...args) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const [command, ...rest] = [...sudo, 'apt-get', '-o', 'DPkg::Lock::Timeout=400', ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, rest, { stdio: ['ignore', 2, 2], env }).status === 0;
}

let found = find();
if (!found && existsSync('/usr/bin/apt-get')) {
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  const installed = apt(...install) || (apt('update') && apt(...install));
  if (!installed) console.error('apt-get could not install chromium.');
  found = find();
}
if (!found) {
  console.error('There is no Chromium. Install one, or name it in the variable CHROMIUM.');
  process.exit(1);
}
console.log(found);
