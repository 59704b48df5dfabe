// An install in a process of its own, to be killed: `node installer.mjs '{"env", "home", "cwd", "lock", "into"}'`.
import { install } from '../../dist/resolve/index.js';

const { lock, into, ...given } = JSON.parse(process.argv[2]);
await install({ emit() {}, signal: new AbortController().signal, ...given }, lock, into);
