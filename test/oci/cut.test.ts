/** A bad network on the way to a registry, and a command that was stopped: what has arrived is not sent again. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { blobFile, openBase, parseReference, registrySource } from '../../src/oci/index.ts';
import { failure } from '../failure.ts';
import { type Network, startToxiproxy } from '../lab/toxiproxy.ts';
import { craneRegistry, dockerRegistry, judged, type Lab, makeLab, type Registry } from './lab.ts';
import { crane } from './programs.ts';
import { sessionOf, type Small, smallImage } from './small-image.ts';
import { type Strict, strictRegistry } from './strict-registry.ts';

const MB = 1 << 20;

/** Ends all connections for a moment, when so much was sent. */
function cutAt(lab: Lab, network: Network, cuts: number[]): void {
  const left = [...cuts];
  lab.ctx.emit = (event) => {
    if (event.type !== 'progress' || (event.done ?? 0) < (left[0] ?? Infinity)) return;
    left.shift();
    void network.enable(false).then(() => network.enable(true));
  };
  onTestFinished(() => expect(left).toEqual([]));
}

describe.each([
  ['docker-registry', dockerRegistry],
  ['crane registry', craneRegistry],
])('%s', (_, start) => {
  let registry: Registry;
  let network: Network;
  let host: string;
  beforeAll(async () => {
    registry = await start();
    network = await startToxiproxy(`http://${registry.host}`);
    host = new URL(network.endpoint).host;
  });
  afterAll(async () => {
    await network?.stop();
    await registry?.stop();
  });

  // Both give an upload up when a piece of it was cut: the blob is sent again.
  test('cut in the middle of a piece, a push of 100 MB comes to its end', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(100 * MB));
    cutAt(lab, network, [70 * MB]);
    await small.push(`${host}/cut:1`);
    expect(judged(crane, 'validate', '--remote', `${registry.host}/cut:1`)).toContain('PASS');
  });

  test('stopped between two pieces, the next push sends the rest', async () => {
    const lab = makeLab();
    const model = randomBytes(100 * MB);
    const small = await smallImage(lab, model);
    let last = 0;
    lab.ctx.emit = (event) => {
      if (event.type !== 'progress') return;
      // The same twice: it was sent, and the registry said that it has it.
      if (event.done === last && last > 60 * MB) lab.abort();
      last = event.done ?? 0;
    };
    expect(await failure(small.push(`${host}/stopped:1`))).toMatchObject({ code: 'INTERRUPTED' });
    const next = makeLab();
    next.ctx.home.cache = lab.ctx.home.cache;
    const { bytes } = await (await smallImage(next, model)).push(`${host}/stopped:1`);
    expect(bytes).toBeLessThan(40 * MB);
    expect(judged(crane, 'validate', '--remote', `${registry.host}/stopped:1`)).toContain('PASS');
  });

  test('a download is gone on with, or begun again where the registry knows no ranges', async () => {
    const lab = makeLab();
    const small = await smallImage(lab, randomBytes(30 * MB));
    await small.push(`${registry.host}/down:1`);
    const [, layer] = small.image.layers;
    const other = makeLab();
    const source = registrySource(other.ctx, sessionOf(other, host), parseReference(`${host}/down:1`));
    const slow = await network.add({ type: 'bandwidth', stream: 'downstream', attributes: { rate: 20_000 } });
    const cut = setTimeout(() => void network.enable(false).then(() => network.enable(true)).then(slow), 500);
    onTestFinished(() => clearTimeout(cut));
    const file = await source.blob(layer!.descriptor);
    expect(readFileSync(file).equals(readFileSync(blobFile(lab.ctx, layer!.descriptor.digest)))).toBe(true);
  });

  test('nobody there: OCI_UNREACHABLE, and nothing is left', async () => {
    const lab = makeLab();
    await network.enable(false);
    onTestFinished(() => network.enable(true));
    const source = registrySource(lab.ctx, sessionOf(lab, host), parseReference(`${host}/down:1`));
    expect(await failure(openBase(lab.ctx, source, 'amd64'))).toMatchObject({ code: 'OCI_UNREACHABLE', kind: 'remote', message: expect.stringContaining(host) });
  });
});

describe('a registry to the letter of the specification', () => {
  const pushed = (registry: Strict, small: Small) => small.image.layers.every(({ descriptor }) => registry.blobs.has(descriptor.digest));

  test('a push that was cut twice goes on from the byte that it had come to', async () => {
    const lab = makeLab();
    const registry = await strictRegistry();
    const network = await startToxiproxy(`http://${registry.host}`);
    onTestFinished(() => network.stop());
    const small = await smallImage(lab, randomBytes(100 * MB));
    cutAt(lab, network, [20 * MB, 70 * MB]);
    const { bytes } = await small.push(`${new URL(network.endpoint).host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
    // What was on the wire goes again.
    expect(bytes).toBeLessThan(115 * MB);
  });

  test('stopped in the middle of a piece, the next push sends what has not arrived', async () => {
    const lab = makeLab();
    const registry = await strictRegistry();
    const model = randomBytes(100 * MB);
    lab.ctx.emit = (event) => void (event.type === 'progress' && (event.done ?? 0) > 70 * MB && lab.abort());
    expect(await failure((await smallImage(lab, model)).push(`${registry.host}/x:1`))).toMatchObject({ code: 'INTERRUPTED' });
    const next = makeLab();
    next.ctx.home.cache = lab.ctx.home.cache;
    const small = await smallImage(next, model);
    const { bytes } = await small.push(`${registry.host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
    expect(bytes).toBeLessThan(45 * MB);
  });

  test.each([
    ['that says of an upload for ever what it said first is believed about each piece, once', { stale: true }, 101],
    ['that took a piece and was gone before it said so is asked', { deaf: 2 }, 101],
    ['that did so, and says what it said first, is sent all of it anew', { stale: true, deaf: 2 }, 205],
    ['that hangs up on who sends a misplaced piece is heard saying why', { stale: true, deaf: 2, curt: true }, 205],
  ])('%s', async (_, options, most) => {
    const lab = makeLab();
    const registry = await strictRegistry(options);
    const small = await smallImage(lab, randomBytes(100 * MB));
    const { bytes } = await small.push(`${registry.host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
    expect(bytes).toBeLessThan(most * MB);
  });

  test('that loses what it took: the push ends, and the next one begins anew', async () => {
    const lab = makeLab();
    const registry = await strictRegistry({ forgetful: true });
    const small = await smallImage(lab, randomBytes(40 * MB));
    expect((await failure(small.push(`${registry.host}/x:1`))).code).toMatch(/^OCI_/);
    registry.mend();
    await small.push(`${registry.host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
  });

  test('that takes no pieces is sent a large blob whole', async () => {
    const lab = makeLab();
    const registry = await strictRegistry({ whole: true });
    const small = await smallImage(lab, randomBytes(40 * MB));
    await small.push(`${registry.host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
    expect(registry.answers).toContain('PATCH 405');
  });

  test('that is busy is asked again when it says', async () => {
    const lab = makeLab();
    const registry = await strictRegistry({ busy: 2 });
    const small = await smallImage(lab, randomBytes(1000));
    await small.push(`${registry.host}/x:1`);
    expect(pushed(registry, small)).toBe(true);
    expect(registry.answers.filter((each) => each.endsWith('429')).length).toBe(2);
  });
});
