// Ends the process groups of a test process that has ended in any way, also by SIGKILL: its end of our input is then closed.
// Lines: `+ PID` when a group was started, `- PID` when it has ended, `folder PATH` for what is to be removed at the end.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const groups = new Set();
const folders = new Set();
// Ctrl-C reaches the whole group of processes: this one is the last to leave.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+ ')) groups.add(Number(line.slice(2)));
  else if (line.startsWith('- ')) groups.delete(Number(line.slice(2)));
  else folders.add(line.slice('folder '.length));
}
for (const pid of groups) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
