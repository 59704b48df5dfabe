import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { python } from '../python.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own, and the packages that packages.py makes. */
export interface Stage {
  context: BrowserContext;
  packages: string;
  /** Serves a package below `/NAME`; the URL has no last slash. */
  serve(name: string): Promise<string>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-page-'));
  const packages = path.join(folder, 'packages');
  execFileSync(python, [path.join(import.meta.dirname, 'packages.py'), packages], { stdio: ['ignore', 'inherit', 'inherit'] });
  const executablePath = execFileSync(process.execPath, [path.join(root, 'scripts/chromium.mjs')], { encoding: 'utf8' }).trim();
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), { executablePath, args: FLAGS });
  const doors: ChildProcess[] = [];
  return {
    context,
    packages,
    async serve(name) {
      const portFile = path.join(folder, `port-${doors.length}`);
      const door = spawn(python, [path.join(import.meta.dirname, 'bridge.py'), portFile, `/${name}`], {
        stdio: ['pipe', 'inherit', 'inherit'],
        env: {
          ...process.env,
          PYTHONPATH: path.join(root, 'templates/python'),
          LAMBDA_TASK_ROOT: path.join(packages, name),
          AWS_LAMBDA_FUNCTION_VERSION: '3',
        },
      });
      doors.push(door);
      while (!existsSync(portFile)) {
        if (door.exitCode !== null) throw new Error(`bridge.py ended with ${door.exitCode}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return `http://127.0.0.1:${readFileSync(portFile, 'utf8')}/${name}`;
    },
    async close() {
      await context.close();
      await Promise.all(doors.map(ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The bridge ends when its standard input does. */
async function ended(door: ChildProcess): Promise<void> {
  if (door.exitCode !== null) return;
  const exit = new Promise((resolve) => door.once('exit', resolve));
  door.stdin?.end();
  await exit;
}
