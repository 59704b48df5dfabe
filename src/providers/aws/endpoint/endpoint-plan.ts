/** The steps to the one door that is wanted. Pure. */
import type { Step } from '../../provider.ts';
import type { AwsConfig } from '../config.ts';
import type { Doors } from './endpoint.ts';
import { isRightApi } from './http-api-state.ts';
import { httpApiName } from '../names.ts';
import { isRight } from './url-state.ts';

type Ensure = Extract<Step, { kind: 'ensure' }>;

/** After the switch, as both hang on the alias. The new door is open before the other is closed. */
export function endpointSteps(name: string, config: AwsConfig, { url, api }: Doors): Ensure[] {
  const detail = `${config.public ? 'OPEN TO EVERYONE' : 'IAM only'}${config.cors === undefined ? '' : `, CORS for ${config.cors.origins.join(', ')}`}`;
  const own = { kind: 'ensure', name: httpApiName(name), resource: 'HTTP API' } as const;
  const direct = { kind: 'ensure', name, resource: 'endpoint' } as const;
  if (config.httpApi !== false) {
    return [
      ...(api !== null && isRightApi(api, config) ? [] : [{ ...own, change: changeOf(api), detail }]),
      ...(url === null ? [] : [{ ...direct, change: 'remove' as const, detail: `the Function URL ${url.url}` }]),
    ];
  }
  return [
    ...(url !== null && isRight(url, config) ? [] : [{ ...direct, change: changeOf(url), detail }]),
    ...(api === null ? [] : [{ ...own, change: 'remove' as const, detail: api.url }]),
  ];
}

function changeOf(state: unknown): 'create' | 'update' {
  return state === null ? 'create' : 'update';
}
