/** A service that is there: its revisions, its URLs, and how requests are routed. */
import { type Front, startFront } from '../runner/front.ts';
import { Status } from '../status.ts';
import type { World } from '../world.ts';
import { last, type Service, type TrafficTarget } from './messages.ts';
import type { HeldRevision } from './revisions.ts';
import { LATEST, Wheel } from './traffic.ts';

export class HeldService {
  readonly #world: World;
  service: Service;
  /** By short name, in the order they were made. */
  readonly revisions = new Map<string, HeldRevision>();
  /** Changes of one service are made one after the other. */
  queue: Promise<unknown> = Promise.resolve();
  made = 0;
  readonly #wheel = new Wheel();
  #weights = new Map<string, number>();
  #tags = new Map<string, string>();
  #main: Front | undefined;
  readonly #fronts = new Map<string, Front>();

  constructor(world: World, service: Service) {
    this.#world = world;
    this.service = service;
  }

  get id(): string {
    return last(this.service.name);
  }

  /** Opens the service's own URL. */
  async open(): Promise<string> {
    this.#main ??= await this.#front(() => this.#wheel.next(this.#weights));
    return this.#main.url;
  }

  latestReady(): string | undefined {
    return [...this.revisions].filter(([, { ready }]) => ready).map(([name]) => name).at(-1);
  }

  /**
   * Routes as the service's `traffic` says, and gives the observed targets. One that is not there or not ready fails it all: what
   * was routed before stays, and every later change fails until the wanted traffic is mended. Sources:
   * github.com/terraform-google-modules/terraform-docs-samples/pull/269, github.com/Lore-Hex/quill-router/pull/782
   */
  async route(): Promise<(TrafficTarget & { uri?: string })[]> {
    const latest = this.latestReady();
    for (const { revision } of this.service.traffic ?? []) if (revision) this.#servable(revision);
    const weights = new Map<string, number>();
    const tags = new Map<string, string>();
    const statuses: (TrafficTarget & { uri?: string })[] = [];
    for (const target of this.service.traffic ?? []) {
      const revision = target.type === LATEST ? latest : target.revision;
      if (revision === undefined) continue;
      if (target.percent) weights.set(revision, (weights.get(revision) ?? 0) + target.percent);
      if (target.tag) tags.set(target.tag, revision);
      const uri = target.tag && { uri: await this.#tagUrl(target.tag) };
      statuses.push({ ...target, ...(target.type === LATEST ? {} : { revision }), ...uri });
    }
    this.#weights = weights;
    this.#tags = tags;
    this.#retire();
    return statuses;
  }

  #servable(name: string): void {
    const held = this.revisions.get(name);
    if (!held) throw new Status('FAILED_PRECONDITION', `Revision '${name}' does not exist or is deleted. Update all traffic to route to currently available revisions.`);
    if (held.ready) return;
    const why = held.revision.conditions.find(({ type }) => type === 'Ready')?.message ?? '';
    throw new Status('FAILED_PRECONDITION', `Revision '${name}' is not ready and cannot serve traffic. ${why}`.trim());
  }

  /** Percent of the revision; its tags. */
  routed(revision: string): { percent: number; tags: string[] } {
    return { percent: this.#weights.get(revision) ?? 0, tags: [...this.#tags].filter(([, name]) => name === revision).map(([tag]) => tag) };
  }

  async close(): Promise<void> {
    const fronts = [...this.#fronts.values(), ...(this.#main ? [this.#main] : [])];
    await Promise.all(fronts.map((front) => front.stop()));
    await Promise.all([...this.revisions.values()].map(({ instance }) => instance?.stop()));
  }

  async #tagUrl(tag: string): Promise<string> {
    const front = this.#fronts.get(tag) ?? (await this.#front(() => this.#tags.get(tag)));
    this.#fronts.set(tag, front);
    return front.url;
  }

  /** Processes of revisions that nothing leads to end, once they have answered what they were asked. */
  #retire(): void {
    for (const [name, { instance }] of this.revisions) {
      const { percent, tags } = this.routed(name);
      if (percent === 0 && tags.length === 0) void instance?.retire();
    }
  }

  #front(choose: () => string | undefined): Promise<Front> {
    const { policies, project, logs } = this.#world;
    return startFront(
      {
        name: this.service.name,
        audiences: () => [...(this.service.urls ?? []), ...(this.service.customAudiences ?? [])],
        invokable: (member) => this.service.invokerIamDisabled === true || policies.allows(member, 'run.routes.invoke', this.service.name),
        route: () => {
          const name = choose();
          const held = name === undefined ? undefined : this.revisions.get(name);
          if (!held?.instance) return null;
          const done = held.instance.enter();
          const timeout = Number(held.revision.timeout?.seconds ?? 300) * 1000;
          return { revision: name as string, timeout, port: () => (held.instance as NonNullable<typeof held.instance>).port(), done };
        },
        requestLog: ({ method, url, status, latency, revision, agent, trace }) => {
          const labels = { configuration_name: this.id, location: this.service.name.split('/')[3] as string, project_id: project, revision_name: revision, service_name: this.id };
          logs.add({
            logName: `projects/${project}/logs/run.googleapis.com%2Frequests`,
            resource: { type: 'cloud_run_revision', labels },
            severity: status >= 500 ? 'ERROR' : status >= 400 ? 'WARNING' : 'INFO',
            labels: { instanceId: instanceId(this.revisions.get(revision)) },
            trace: `projects/${project}/traces/${trace}`,
            httpRequest: { requestMethod: method, requestUrl: `${this.service.uri}${url}`, status, latency: `${latency / 1000}s`, userAgent: agent, protocol: 'HTTP/1.1' },
          });
        },
      },
      this.#world.gate,
    );
  }
}

function instanceId(held: HeldRevision | undefined): string {
  return held?.revision.uid.replaceAll('-', '') ?? '';
}
