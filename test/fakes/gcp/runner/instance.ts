/** The process of one revision: started when it is needed, asked through its port, stopped when nothing routes to it. */
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { run, type Running } from './process.ts';

export interface Launch {
  command: string;
  args: string[];
  cwd: string;
  /** Whole but for PORT. */
  env: Record<string, string>;
  /** Milliseconds until the port must be open. */
  startWithin: number;
  line(text: string, stream: 'stdout' | 'stderr'): void;
  /** What the platform says of it. */
  system(text: string): void;
}

/** The container did not listen: the words of the platform are added by whoever made the revision. */
export class NotListening extends Error {}

export class Instance {
  readonly #launch: Launch;
  #started: Promise<{ running: Running; port: number }> | undefined;
  #running: Running | undefined;
  /** How often the process was started. */
  starts = 0;
  #busy = 0;

  constructor(launch: Launch) {
    this.#launch = launch;
  }

  /** The port of a process that listens. @throws NotListening */
  async port(): Promise<number> {
    if (this.#running?.ended() != null) await this.stop();
    this.#started ??= this.#start();
    return this.#started.then(
      ({ port }) => port,
      (error: unknown) => {
        this.#started = undefined;
        throw error;
      },
    );
  }

  /** Counts a request that it answers, until the function is called that this gives. */
  enter(): () => void {
    this.#busy += 1;
    return () => void (this.#busy -= 1);
  }

  /** Stops once it answers no request. */
  async retire(): Promise<void> {
    for (let turn = 0; turn < 1500 && this.#busy > 0; turn += 1) await wait(20);
    await this.stop();
  }

  get pid(): number | undefined {
    return this.#running?.ended() === null ? this.#running.pid : undefined;
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#started = undefined;
    this.#running = undefined;
    await running?.stop();
  }

  async #start(): Promise<{ running: Running; port: number }> {
    const port = await freePort();
    const { startWithin, ...program } = this.#launch;
    program.system(`Starting new instance. Reason: ${this.starts === 0 ? 'DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check.' : 'AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.'}`);
    this.starts += 1;
    const running = run({ ...program, env: { ...program.env, PORT: String(port) } });
    this.#running = running;
    const deadline = Date.now() + startWithin;
    while (running.ended() === null && Date.now() < deadline) {
      if (await opens(port)) {
        program.system('Default STARTUP TCP probe succeeded after 1 attempt for container "worker" on port 8080.');
        void running.exited.then(() => this.#running === running && program.system(`Container called exit(${/\d+/.exec(running.ended() ?? '')?.[0] ?? running.ended()}).`));
        return { running, port };
      }
      await wait(20);
    }
    const ended = running.ended();
    await running.stop();
    if (ended !== null) program.line(`Container called exit(${/\d+/.exec(ended)?.[0] ?? ended}).`, 'stderr');
    throw new NotListening(ended ?? `no process listens on port ${port} after ${startWithin} ms`);
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
