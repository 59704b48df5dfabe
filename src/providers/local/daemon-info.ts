/** What passes between a command and the daemon. */
import type { Identity } from './identity.ts';

/** daemon.json, readable by its owner only. */
export interface DaemonInfo extends Identity {
  port: number;
  token: string;
  version: string;
  /** ISO 8601, UTC. */
  startedAt: string;
}

export interface StartRequest {
  local: string;
  /** Null: choose one. */
  port: number | null;
  /** Process id of the daemon that this one replaces. */
  successorOf?: number;
  /** Releases that need a ready worker before the listener is taken over. */
  warm?: { name: string; number: number }[];
}

export type StartMessage =
  | { type: 'ready'; info: DaemonInfo }
  /** Another process is the daemon already. */
  | { type: 'lost' }
  | { type: 'port-taken'; port: number }
  | { type: 'prepared' };
