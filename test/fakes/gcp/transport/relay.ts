/**
 * The TLS port of an API, as Google has it: gRPC and JSON at one address, told apart by ALPN. The gRPC server is behind it,
 * without TLS, and cannot cut one client's connection; this can.
 */
import type { Server as HttpServer } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { certificates } from './tls.ts';

export interface Relay {
  port: number;
  /** Resets the connection whose near side, as the gRPC server sees it, is this: `127.0.0.1:PORT`. */
  cut(peer: string): void;
  stop(): Promise<void>;
}

/** @param grpc its port; @param json is given the connections that speak HTTP/1.1 */
export async function startRelay(grpc: number, json: HttpServer): Promise<Relay> {
  const { key, certificate } = certificates();
  const clients = new Map<string, TLSSocket>();
  const sockets = new Set<Socket>();
  const server = tls.createServer({ key, cert: certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    if (client.alpnProtocol !== 'h2') return void json.emit('connection', client);
    const upstream = net.connect(grpc, '127.0.0.1', () => clients.set(`127.0.0.1:${upstream.localPort}`, client));
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: (peer) => clients.get(peer)?.destroy(),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
