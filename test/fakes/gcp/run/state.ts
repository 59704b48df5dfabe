/** What a service says of itself: what is wanted of it, and how far that is. */
import { randomUUID } from 'node:crypto';
import type { Status } from '../status.ts';
import { SETTABLE } from './defaults.ts';
import type { HeldService } from './held.ts';
import { now, type Service, type Template, type TrafficTarget } from './messages.ts';
import { condition, etag } from './revisions.ts';

/** The service that is to be made. */
export function fresh(name: string, member: string): Service {
  return { name, uid: randomUUID(), generation: '0', createTime: now(), creator: member.slice(member.indexOf(':') + 1) };
}

/** Takes over what is wanted; the rest is to be brought to it. */
export function accept(held: HeldService, wanted: Service, template: Template, traffic: TrafficTarget[], member: string, uri: string): void {
  const { service } = held;
  for (const key of Object.values(SETTABLE)) delete (service as unknown as Record<string, unknown>)[key];
  for (const key of Object.values(SETTABLE)) {
    const value = (wanted as unknown as Record<string, unknown>)[key];
    if (value !== undefined) (service as unknown as Record<string, unknown>)[key] = value;
  }
  Object.assign(service, {
    template,
    traffic,
    ingress: wanted.ingress ?? 'INGRESS_TRAFFIC_ALL',
    launchStage: wanted.launchStage ?? 'GA',
    generation: String(Number(service.generation ?? 0) + 1),
    updateTime: now(),
    lastModifier: member.slice(member.indexOf(':') + 1),
    uri,
    urls: [uri],
    reconciling: true,
    terminalCondition: condition('Ready', 'CONDITION_RECONCILING'),
    etag: etag(),
  });
}

/** After a change: its outcome, unless another one came meanwhile. */
export function settle(held: HeldService, generation: string, statuses: TrafficTarget[], error: Status | null): void {
  const { service } = held;
  const ready = held.latestReady();
  Object.assign(service, {
    trafficStatuses: statuses,
    ...(ready && { latestReadyRevision: `${service.name}/revisions/${ready}` }),
    conditions: [condition('RoutesReady', 'CONDITION_SUCCEEDED'), condition('ConfigurationsReady', error ? 'CONDITION_FAILED' : 'CONDITION_SUCCEEDED')],
  });
  if (service.generation !== generation) return;
  service.reconciling = false;
  if (!error) service.observedGeneration = generation;
  service.terminalCondition = error
    ? { ...condition('Ready', 'CONDITION_FAILED'), message: error.message, severity: 'ERROR', reason: 'REVISION_FAILED' }
    : condition('Ready', 'CONDITION_SUCCEEDED');
}

/** Of a revision's name. */
export function suffix(): string {
  return Array.from({ length: 3 }, () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(Math.random() * 26)]).join('');
}
