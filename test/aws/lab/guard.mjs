// Ends the servers of a test process that has ended in any way, also by SIGKILL: its end of our input is then closed.
// Lines: `+ PID FOLDER` when one was started, `- PID` when it was stopped.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const servers = new Map();
// Ctrl-C reaches the whole group of processes: this one is the last to leave.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const [, sign, pid, folder] = /^([+-]) (\d+) ?(.*)$/.exec(line);
  if (sign === '+') servers.set(Number(pid), folder);
  else servers.delete(Number(pid));
}
for (const [pid, folder] of servers) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
