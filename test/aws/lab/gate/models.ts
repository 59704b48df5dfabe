/** AWS's own description of each API, as botocore ships it in .venv-aws: which request is which operation, and how it fails. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { labPackages } from '../programs.ts';

export interface Model {
  metadata: { protocol: 'rest-json' | 'rest-xml' | 'query' | 'json'; xmlNamespace?: string };
  operations: Record<string, { http: { method: string; requestUri: string }; input?: { shape: string } }>;
  shapes: Record<string, Shape>;
}

interface Shape {
  type: string;
  required?: string[];
  members?: Record<string, { shape: string; location?: string; locationName?: string }>;
  enum?: string[];
}

/** Name in a signature's scope -> folder of botocore. */
const FOLDERS: Record<string, string> = {
  lambda: 'lambda', s3: 's3', iam: 'iam', sts: 'sts', logs: 'logs', apigateway: 'apigatewayv2', scheduler: 'scheduler', ecr: 'ecr', events: 'events', cloudformation: 'cloudformation',
};
const loaded = new Map<string, Model>();

/** The model of the service that a request is signed for, or null for one that the product does not use. */
export function modelOf(service: string): Model | null {
  const folder = FOLDERS[service];
  if (!folder) return null;
  const known = loaded.get(service);
  if (known) return known;
  const versions = path.join(labPackages(), 'botocore/data', folder);
  const newest = readdirSync(versions).sort().at(-1) as string;
  const model = JSON.parse(gunzipSync(readFileSync(path.join(versions, newest, 'service-2.json.gz'))).toString()) as Model;
  loaded.set(service, model);
  return model;
}
