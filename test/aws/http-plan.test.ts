/** The one door, as data: what is wanted and what is there, to steps. */
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/providers/aws/config.ts';
import { endpointSteps } from '../../src/providers/aws/endpoint/endpoint-plan.ts';
import { checkTimeout, type HttpApiState } from '../../src/providers/aws/endpoint/http-api-state.ts';
import type { UrlState } from '../../src/providers/aws/endpoint/url-state.ts';

const url: UrlState = { url: 'https://u.example/', open: false, cors: {}, statements: [] };
const api: HttpApiState = {
  id: 'a1',
  name: 'mlfn-heart',
  url: 'https://a1.example/',
  open: false,
  cors: {},
  integration: 'i1',
  routed: true,
  routes: { $default: 'r1' },
  stage: true,
  throttling: { rate: 1000, burst: 500 },
  permitted: true,
  twins: [],
};

const steps = (section: Record<string, unknown>, doors: { url: UrlState | null; api: HttpApiState | null }) =>
  endpointSteps('heart', configSchema.parse(section), doors).map(({ change, resource, name }) => `${change} ${resource} ${name}`);

describe('the HTTP API', () => {
  test('is made when it is asked for, and not again', () => {
    expect(steps({ httpApi: true }, { url: null, api: null })).toEqual(['create HTTP API mlfn-heart']);
    expect(steps({ httpApi: true }, { url: null, api })).toEqual([]);
  });

  test('takes the place of the Function URL, and the other way round: the new door is open before the old is closed', () => {
    expect(steps({ httpApi: true }, { url, api: null })).toEqual(['create HTTP API mlfn-heart', 'remove endpoint heart']);
    expect(steps({}, { url: null, api })).toEqual(['create endpoint heart', 'remove HTTP API mlfn-heart']);
  });

  test('whose switch was stopped in the middle is finished', () => {
    expect(steps({ httpApi: true }, { url, api })).toEqual(['remove endpoint heart']);
    expect(steps({}, { url, api })).toEqual(['remove HTTP API mlfn-heart']);
  });

  test.each<[string, Partial<HttpApiState>]>([
    ['opened by hand', { open: true }],
    ['without its integration', { integration: null }],
    ['whose route goes elsewhere', { routed: false }],
    ['without its stage', { stage: false }],
    ['without the permission to call the function', { permitted: false }],
    ['beside another of its name', { twins: ['b'] }],
    ['with another throttling', { throttling: { rate: 5, burst: 500 } }],
    ['with CORS that nobody asked for', { cors: { AllowOrigins: ['*'] } }],
    ['with a route for preflights that nobody asked for', { routes: { $default: 'r1', 'OPTIONS /': 'r2' } }],
  ])('%s is mended', (_, drift) => expect(steps({ httpApi: true }, { url: null, api: { ...api, ...drift } })).toEqual(['update HTTP API mlfn-heart']));

  test('that is closed has routes for preflights when it has CORS; an open one needs none', () => {
    const cors = { origins: ['https://shop.example'] };
    const is = { AllowOrigins: ['https://shop.example'], AllowMethods: ['POST', 'GET'], AllowHeaders: ['content-type'], MaxAge: 300 };
    const preflight = { ...api.routes, 'OPTIONS /{proxy+}': 'r2', 'OPTIONS /': 'r3' };
    expect(steps({ httpApi: true, cors }, { url: null, api: { ...api, cors: is } })).toEqual(['update HTTP API mlfn-heart']);
    expect(steps({ httpApi: true, cors }, { url: null, api: { ...api, cors: is, routes: preflight } })).toEqual([]);
    expect(steps({ httpApi: true, cors, public: true }, { url: null, api: { ...api, cors: is, open: true } })).toEqual([]);
  });

  test('has the throttling of the configuration', () => {
    const throttled = { ...api, throttling: { rate: 5, burst: 2 } };
    expect(steps({ httpApi: { rate: 5, burst: 2 } }, { url: null, api: throttled })).toEqual([]);
    expect(steps({ httpApi: { rate: 5 } }, { url: null, api: { ...api, throttling: { rate: 5, burst: 500 } } })).toEqual([]);
  });

  test('waits 30 seconds and no longer; a Function URL does', () => {
    expect(() => checkTimeout(configSchema.parse({ httpApi: true }), 31)).toThrow('The timeout is 31 seconds, and an HTTP API waits 30 at most.');
    expect(() => checkTimeout(configSchema.parse({ httpApi: true }), 30)).not.toThrow();
    expect(() => checkTimeout(configSchema.parse({}), 900)).not.toThrow();
  });
});

test.each([
  ['closed', { public: false, cors: undefined }, 'IAM only'],
  ['open', { public: true }, 'OPEN TO EVERYONE'],
  ['with CORS', { cors: { origins: ['https://a.example', 'https://b.example'] } }, 'IAM only, CORS for https://a.example, https://b.example'],
])('the plan says that it is %s', (_, section, detail) =>
  expect(endpointSteps('heart', configSchema.parse(section), { url: null, api: null })).toEqual([
    { kind: 'ensure', resource: 'endpoint', name: 'heart', change: 'create', detail },
  ]));

test.each([
  [{ cors: { origins: [] } }, 'a list of origins'],
  [{ cors: { origins: ['shop.example'] } }, 'origins such as https://example.com'],
  [{ cors: { origins: ['*'], methods: ['OPTIONS'] } }, 'GET, HEAD, POST'],
  [{ cors: { origins: ['*'], maxAge: 90_000 } }, 'seconds from 0 to 86400'],
  [{ httpApi: { rate: 0 } }, 'a number of requests a second'],
  [{ httpApi: 'yes' }, 'true, false, or a mapping'],
])('%j is refused in words', (section, said) => {
  const { success, error } = configSchema.safeParse(section);
  expect(success).toBe(false);
  expect(JSON.stringify(error?.issues)).toContain(said);
});
