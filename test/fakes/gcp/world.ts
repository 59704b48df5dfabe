/** What is there: one project, its settings, and what was made in it. The rooms read and write it. */
import path from 'node:path';
import { mkdtempSync, realpathSync } from 'node:fs';
import os from 'node:os';
import type { Build } from './functions/build.ts';
import { Policies } from './identity/policies.ts';
import { Tokens } from './identity/tokens.ts';
import { REGIONS } from './locations.ts';
import { Logs } from './logs.ts';
import { Operations } from './operations.ts';
import { removeAtEnd } from './runner/process.ts';
import { type Sources, sources } from './runner/source.ts';
import { errorInfo, Status } from './status.ts';
import { Gate } from './transport/gate.ts';

/** Services of the project that a deploy needs, with their titles. */
export const TITLES: Record<string, string> = {
  'run.googleapis.com': 'Cloud Run Admin API',
  'cloudfunctions.googleapis.com': 'Cloud Functions API',
  'cloudbuild.googleapis.com': 'Cloud Build API',
  'artifactregistry.googleapis.com': 'Artifact Registry API',
  'storage.googleapis.com': 'Cloud Storage API',
  'iam.googleapis.com': 'Identity and Access Management (IAM) API',
  'iamcredentials.googleapis.com': 'IAM Service Account Credentials API',
  'cloudresourcemanager.googleapis.com': 'Cloud Resource Manager API',
  'serviceusage.googleapis.com': 'Service Usage API',
  'logging.googleapis.com': 'Cloud Logging API',
  'cloudbilling.googleapis.com': 'Cloud Billing API',
  'secretmanager.googleapis.com': 'Secret Manager API',
  'vpcaccess.googleapis.com': 'Serverless VPC Access API',
  'sts.googleapis.com': 'Security Token Service API',
};

export interface Account {
  email: string;
  displayName: string;
  description: string;
  uniqueId: string;
  disabled: boolean;
  /** Milliseconds of 1970: other services know it from then on. */
  known: number;
}

export interface Secret {
  /** Values of versions 1, 2, ...; null for one that was destroyed. */
  versions: (Buffer | null)[];
}

/** A repository of Artifact Registry; its packages by name, with their versions. */
export interface Repository {
  name: string;
  format: string;
  description?: string;
  labels?: Record<string, string>;
  dockerConfig?: { immutableTags?: boolean };
  cleanupPolicies?: Record<string, object>;
  cleanupPolicyDryRun?: boolean;
  packages: Map<string, string[]>;
}

export interface Options {
  /** `lab-project` when not said, whose number test/gcp/lab/storage.ts knows, too. */
  project?: string;
  /** Milliseconds that an operation takes at least; 200 when not said. */
  operations?: number;
  /** Milliseconds until a new service account is known to other services than IAM; 500 when not said. */
  accounts?: number;
  /** Milliseconds in which a container must listen; 240,000 when not said, as on Cloud Run. */
  startWithin?: number;
}

export class World {
  readonly project: string;
  readonly number = '123456789012';
  readonly region = 'europe-west1';
  readonly startWithin: number;
  readonly gate = new Gate();
  readonly tokens = new Tokens();
  readonly operations: Operations;
  readonly logs = new Logs();
  readonly apis = new Set(Object.keys(TITLES));
  readonly accounts = new Map<string, Account>();
  readonly policies: Policies;
  /** Files of upload URLs, by `BUCKET/OBJECT`. */
  readonly uploads = new Map<string, string>();
  readonly sources: Sources;
  /** Emptied and removed at the end. */
  readonly folder: string;
  /** What the project may have in the region at once: vCPUs, and bytes of memory. New projects have 20 and 40 GiB. */
  quota = { cpus: 200, memory: 400 * 2 ** 30 };
  /** Full names of the Serverless VPC Access connectors that are there. */
  readonly connectors = new Set<string>();
  /** False: no billing account is linked. */
  billed = true;
  readonly secrets = new Map<string, Secret>();
  readonly builds = new Map<string, Build>();
  /** Functions (short names) whose next build fails. */
  readonly failingBuilds = new Set<string>();
  readonly repositories = new Map<string, Repository>();
  /** What code that runs as the account needs to find this fake. */
  servedEnv: (email: string) => Promise<Record<string, string>> = async () => ({});

  readonly #accountDelay: number;

  /** @param storage where Cloud Storage is: `http://127.0.0.1:PORT` */
  constructor({ project = 'lab-project', operations = 200, accounts = 500, startWithin = 240_000 }: Options, storage: string) {
    this.#accountDelay = accounts;
    this.project = project;
    this.policies = new Policies(`projects/${project}`, (email) => this.knows(email) || !email.endsWith(`@${project}.iam.gserviceaccount.com`));
    this.startWithin = startWithin;
    this.operations = new Operations(operations);
    this.sources = sources(storage, this.uploads);
    this.folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-gcp-')));
    removeAtEnd(this.folder);
    this.account('deployer', 'Who deploys');
    this.policies.grant(`projects/${project}`, 'roles/owner', `serviceAccount:${this.email('deployer')}`);
    const compute = `${this.number}-compute@developer.gserviceaccount.com`;
    this.accounts.set(compute, { email: compute, displayName: 'Default compute service account', description: '', uniqueId: '111111111111111111111', disabled: false, known: 0 });
  }

  email(id: string): string {
    return `${id}@${this.project}.iam.gserviceaccount.com`;
  }

  account(id: string, displayName = ''): Account {
    const account = { email: this.email(id), displayName, description: '', uniqueId: `1${String(this.accounts.size).padStart(20, '0')}`, disabled: false, known: displayName === 'Who deploys' ? 0 : Date.now() + this.#accountDelay };
    this.accounts.set(account.email, account);
    return account;
  }

  /** Source: https://cloud.google.com/iam/docs/service-accounts-create ("can take 60 seconds or more") */
  knows(email: string): boolean {
    const account = this.accounts.get(email);
    return account !== undefined && Date.now() >= account.known;
  }

  get defaultAccount(): string {
    return `${this.number}-compute@developer.gserviceaccount.com`;
  }

  /** Makes a secret, or a version of it. */
  secret(id: string, value: string): void {
    const name = `projects/${this.project}/secrets/${id}`;
    const held = this.secrets.get(name) ?? { versions: [] };
    held.versions.push(Buffer.from(value));
    this.secrets.set(name, held);
  }

  /** The value of a version (a number, or `latest`); undefined when there is none. @param name `projects/P/secrets/S` */
  secretValue(name: string, version: string): Buffer | undefined {
    const versions = this.secrets.get(name.replace(`projects/${this.number}/`, `projects/${this.project}/`))?.versions ?? [];
    return versions[(version === 'latest' ? versions.length : Number(version)) - 1] ?? undefined;
  }

  /** An image that a build pushed: Cloud Functions makes the repository by itself. */
  pushed(image: string): void {
    const [, region, name = '', version = ''] = /^(.*?)-docker\.pkg\.dev\/[^/]+\/gcf-artifacts\/(.*):(.*)$/.exec(image) ?? [];
    const repository = `projects/${this.project}/locations/${region}/repositories/gcf-artifacts`;
    const held = this.repositories.get(repository) ?? { name: repository, format: 'DOCKER', packages: new Map<string, string[]>() };
    this.repositories.set(repository, held);
    held.packages.set(name, [...(held.packages.get(name) ?? []), version]);
  }

  /** Refuses other projects, APIs that are switched off, unknown regions. Source of the texts: the answers of the APIs. */
  admit(service: string, resource: string): void {
    const [kind, project, , location] = resource.split('/');
    if (kind === 'projects' && project !== undefined && project !== '-' && project !== this.project && project !== this.number) {
      throw new Status('PERMISSION_DENIED', `Permission denied on resource project ${project}.`, [errorInfo('CONSUMER_INVALID', 'googleapis.com', { consumer: `projects/${project}`, service })]);
    }
    if (!this.apis.has(service)) throw this.#off(service);
    if (resource.includes('/locations/') && location !== undefined && location !== '-' && !REGIONS.includes(location)) {
      throw new Status('PERMISSION_DENIED', `Permission denied on 'locations/${location}' (or it may not exist).`, [errorInfo('LOCATION_POLICY_VIOLATED', 'googleapis.com', { consumer: `projects/${this.project}`, location, service })]);
    }
  }

  #off(service: string): Status {
    const title = TITLES[service] ?? service;
    const activationUrl = `https://console.developers.google.com/apis/api/${service}/overview?project=${this.number}`;
    const message = `${title} has not been used in project ${this.number} before or it is disabled. Enable it by visiting ${activationUrl} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`;
    const metadata = { activationUrl, consumer: `projects/${this.number}`, containerInfo: this.number, service, serviceTitle: title };
    return new Status('PERMISSION_DENIED', message, [errorInfo('SERVICE_DISABLED', 'googleapis.com', metadata)]);
  }
}
