/** A TCP relay before the gRPC server: the server cannot cut one client's connection, this can. TLS passes through it. */
import net, { type AddressInfo, type Socket } from 'node:net';

export interface Relay {
  port: number;
  /** Resets the connection whose near side, as the server sees it, is this: `127.0.0.1:PORT`. */
  cut(peer: string): void;
  stop(): Promise<void>;
}

export async function startRelay(target: number): Promise<Relay> {
  const clients = new Map<string, Socket>();
  const sockets = new Set<Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target, '127.0.0.1', () => clients.set(`127.0.0.1:${upstream.localPort}`, client));
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => (sockets.delete(one), other.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: (peer) => clients.get(peer)?.resetAndDestroy(),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
