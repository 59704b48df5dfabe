/** A gRPC server behind TLS: each method is a plain async function of the message; its errors are `Status`. */
import http from 'node:http';
import { certificates } from './tls.ts';
import type { handleUnaryCall, Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { Status } from '../status.ts';
import { type Call, Cut, type Gate } from './gate.ts';
import { encodeStatus } from './protos.ts';
import { startRelay } from './relay.ts';

/** What a method is given beside the message. */
export interface Caller {
  /** `user:...` or `serviceAccount:...` */
  member: string;
}

export type Method = (request: never, caller: Caller) => Promise<object> | object;

export interface Room {
  service: ServiceDefinition;
  methods: Record<string, Method>;
}

export interface GrpcServer {
  port: number;
  stop(): Promise<void>;
}

/** Refuses a call before its method sees it, and says who calls. */
export type Admission = (call: { authorization: string | undefined; resource: string; method: string }) => Caller;

/** @param json answers who speaks HTTP/1.1 at the same address */
export async function startGrpc(api: string, rooms: Room[], gate: Gate, admit: Admission, json: http.RequestListener = notFound): Promise<GrpcServer> {
  certificates();
  const grpc = await import('@grpc/grpc-js');
  const server: Server = new grpc.Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const relay = await startRelay(port, http.createServer(json));
  const failure = (status: Status) => {
    const metadata = new grpc.Metadata();
    if (status.details.length > 0) metadata.set('grpc-status-details-bin', encodeStatus(status.wire));
    return { code: status.number, details: status.message, metadata };
  };
  for (const { service, methods } of rooms) {
    const handlers = Object.entries(service).map(([name, { requestSerialize }]) => {
      const handler: handleUnaryCall<object, object> = (call, answer) => {
        const recorded = opened(gate, `${api}:${name}`, call, requestSerialize(call.request).length);
        const authorization = call.metadata.get('authorization')[0] as string | undefined;
        const act = async () => {
          const caller = admit({ authorization, resource: recorded.resource, method: name });
          recorded.caller = caller.member;
          const method = methods[name];
          if (!method) throw new Status('UNIMPLEMENTED', `This fake has no ${api}:${name}.`);
          return method(call.request as never, caller);
        };
        gate.pass(recorded, act).then(
          (result) => answer(null, result),
          (error: unknown) => {
            if (error instanceof Cut) return relay.cut(call.getPeer());
            answer(failure(error instanceof Status ? error : new Status('INTERNAL', `The fake failed: ${String((error as Error).stack)}`)));
          },
        );
      };
      return [name, handler] as const;
    });
    server.addService(service, Object.fromEntries(handlers));
  }
  return {
    port: relay.port,
    stop: async () => {
      server.forceShutdown();
      await relay.stop();
    },
  };
}

function opened(gate: Gate, name: string, call: ServerUnaryCall<object, object>, bytes: number): Call {
  return gate.open({ name, caller: '', resource: resourceOf(call.request), request: call.request, bytes });
}

function resourceOf(request: object): string {
  const { name, parent, resource, service, function: fn } = request as Record<string, unknown>;
  const nested = (service ?? fn) as { name?: string } | undefined;
  return String(name ?? parent ?? resource ?? nested?.name ?? '');
}

function notFound(_request: http.IncomingMessage, response: http.ServerResponse): void {
  response.writeHead(404).end('This fake speaks gRPC here.');
}
