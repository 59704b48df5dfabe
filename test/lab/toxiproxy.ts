/** A bad network between a client and a server: latency, resets, cut and slow streams. Bytes pass unchanged, so signatures hold. */
import { program } from '../aws/lab/programs.ts';
import { answers, freePort, startServer, temporary } from '../aws/lab/server.ts';

/** One wrong thing. `downstream`: answers; `upstream`: requests. Fields: toxiproxy's README, "Toxics". */
export interface Toxic {
  type: 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data';
  stream: 'upstream' | 'downstream';
  attributes: Record<string, number>;
  /** Of the connections, 0 to 1. 1 when not said. */
  toxicity?: number;
}

export interface Network {
  /** `http://127.0.0.1:PORT`: the way to the target through the bad network. */
  endpoint: string;
  /** Returns what takes it away again. It holds for open connections too. */
  add(toxic: Toxic): Promise<() => Promise<void>>;
  /** Cuts all connections and takes no new ones, until it is called with true. */
  enable(enabled: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** `target`: `http://127.0.0.1:PORT`. */
export async function startToxiproxy(target: string): Promise<Network> {
  const [control, port] = [await freePort(), await freePort()];
  const api = `http://127.0.0.1:${control}`;
  const server = await startServer({
    command: program('toxiproxy'),
    args: ['-host', '127.0.0.1', '-port', String(control)],
    folder: temporary('toxiproxy'),
    ready: () => answers(`${api}/version`),
  });
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${api}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`toxiproxy: ${method} ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  try {
    await ask('POST', '/proxies', { name: 'lab', listen: `127.0.0.1:${port}`, upstream: new URL(target).host, enabled: true });
  } catch (error) {
    await server.stop();
    throw error;
  }
  let count = 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    add: async (toxic) => {
      count += 1;
      const name = `toxic-${count}`;
      await ask('POST', '/proxies/lab/toxics', { name, ...toxic });
      return () => ask('DELETE', `/proxies/lab/toxics/${name}`);
    },
    enable: (enabled) => ask('POST', '/proxies/lab', { enabled }),
    stop: server.stop,
  };
}
