/** Clients with kept connections that call without a pause and count what goes wrong. */
import { Agent, request as httpRequest } from 'node:http';
import { until } from './lab.ts';

export class Load {
  count = 0;
  failures: string[] = [];
  /** Calls by the release that answered. */
  releases = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #ending = false;

  constructor(
    private readonly url: string,
    clients: number,
    private readonly body = '{}',
  ) {
    this.#clients = Array.from({ length: clients }, () => this.#client());
  }

  /** Resolves when that many more were answered. */
  async calls(more: number): Promise<void> {
    const goal = this.count + more;
    await until(`${more} more calls`, () => this.count >= goal || this.failures.length > 0);
  }

  async end(): Promise<this> {
    this.#ending = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return this;
  }

  async #client(): Promise<void> {
    while (!this.#ending) {
      const failure = await this.#call().catch((error: Error) => `${(error as NodeJS.ErrnoException).code}: ${error.message}`);
      if (failure !== null) this.failures.push(failure);
      this.count += 1;
    }
  }

  #call(): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(this.body) };
      const request = httpRequest(this.url, { method: 'POST', agent: this.#agent, headers });
      request.once('error', reject);
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () => {
          const release = String(response.headers['x-mlfn-release']);
          this.releases.set(release, (this.releases.get(release) ?? 0) + 1);
          resolve(response.statusCode === 200 ? null : `${response.statusCode}: ${text}`);
        });
      });
      request.end(this.body);
    });
  }
}
