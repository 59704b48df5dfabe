/** Names of images: what docker takes is taken apart, what it refuses is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReference, referenceText } from '../../src/oci/reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

// docker's own reading of these: github.com/distribution/reference/blob/main/normalize_test.go, reference_test.go
test.each([
  ['python', 'docker.io', 'library/python', null, null],
  ['python:3.12-slim', 'docker.io', 'library/python', '3.12-slim', null],
  ['team/heart', 'docker.io', 'team/heart', null, null],
  ['docker.io/python', 'docker.io', 'library/python', null, null],
  ['index.docker.io/team/heart', 'docker.io', 'team/heart', null, null],
  ['localhost/heart', 'localhost', 'heart', null, null],
  ['localhost:5000/heart:1', 'localhost:5000', 'heart', '1', null],
  ['registry.example.com/a/b/c:v1.0_x-Y', 'registry.example.com', 'a/b/c', 'v1.0_x-Y', null],
  [`127.0.0.1:5000/a@${DIGEST}`, '127.0.0.1:5000', 'a', null, DIGEST],
  [`[::1]:5000/a:1@${DIGEST}`, '[::1]:5000', 'a', '1', DIGEST],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/heart', '123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'heart', null, null],
  ['a.b/c__d--e.f_g', 'a.b', 'c__d--e.f_g', null, null],
  ['UPPER/heart', 'UPPER', 'heart', null, null],
])('%s', (text, registry, repository, tag, digest) => {
  expect(parseReference(text)).toEqual({ registry, repository, tag, digest });
});

describe('refused', () => {
  test.each([
    [''], [':tag'], ['@'], ['heart:'], ['heart:-x'], [`heart:${'x'.repeat(129)}`], ['Heart'], ['team/Heart:1'], ['a//b'], ['/a'], ['a/'], ['a..b'],
    ['a___b'], ['-a'], ['heart@sha256:12'], [`heart@${DIGEST}@${DIGEST}`], ['heart@md5:00'], ['https://example.com/heart'], ['example.com:port/heart'],
    ['example..com/heart'], [`${'a'.repeat(256)}`], ['heart 1'], ['heärt'], ['a.b/c:1/d:'],
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'OCI_REFERENCE', message: expect.stringContaining(JSON.stringify(text)) }));
  });
});

const part = fc.stringMatching(/^[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const host = fc.oneof(fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,5}(:[0-9]{1,5})?$/), fc.constantFrom('localhost', 'localhost:5000', '127.0.0.1:80'));
const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/));
const digest = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`));

test('whatever is well formed comes out of its text as it went in', () => {
  fc.assert(
    fc.property(host, fc.array(part, { minLength: 1, maxLength: 4 }), tag, digest, (registry, parts, named, pinned) => {
      const reference = { registry, repository: parts.join('/'), tag: named, digest: pinned };
      expect(parseReference(referenceText(reference))).toEqual(reference);
    }),
  );
});

test('any text is a reference, which says itself again, or refused', () => {
  const alphabet = fc.constantFrom(...'aZ0./:@_-[] %', 'sha256:', DIGEST, 'localhost', 'example.com');
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 12 }).map((parts) => parts.join('')), (text) => {
      let read;
      try {
        read = parseReference(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'OCI_REFERENCE' });
        return;
      }
      expect(parseReference(referenceText(read))).toEqual(read);
    }),
    { numRuns: 2000 },
  );
});
