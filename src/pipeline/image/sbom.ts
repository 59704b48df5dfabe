/**
 * The packages of a lock as a CycloneDX document (cyclonedx.org/docs/1.6/json): the same bytes for the same lock. What the base brings is
 * not in it, and it says so.
 */
import type { Attachment } from '../../oci/index.ts';
import type { Lock, LockedPackage } from '../../types.ts';

/** iana.org/assignments/media-types/application/vnd.cyclonedx+json */
const MEDIA_TYPE = 'application/vnd.cyclonedx+json';
const ROOT = 'image';

/** @param name of the image, for people */
export function sbomOf(name: string, lock: Pick<Lock, 'packages' | 'digest' | 'python' | 'platform'>): Attachment {
  const { arch, glibc } = lock.platform;
  const properties = { 'mlfn.lock': lock.digest, 'mlfn.python': lock.python, 'mlfn.architecture': arch, 'mlfn.glibc': glibc };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'mlfn' }] },
      component: { type: 'container', 'bom-ref': ROOT, name },
      properties: Object.entries(properties).flatMap(([key, value]) => (value === null ? [] : [{ name: key, value }])),
    },
    components: lock.packages.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(componentOf),
    compositions: [{ aggregate: 'incomplete', assemblies: [ROOT] }],
  };
  return { mediaType: MEDIA_TYPE, title: 'sbom.cdx.json', bytes: Buffer.from(JSON.stringify(document)) };
}

/** The hash is that of the wheel. */
function componentOf(each: LockedPackage) {
  const { name, version, sha256 } = each;
  const purl = purlOf(each);
  return { type: 'library', 'bom-ref': `${name}@${version}`, name, version, hashes: [{ alg: 'SHA-256', content: sha256 }], ...(purl === null ? {} : { purl }) };
}

/** github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md; null for a wheel that lies on this machine, of which nobody else knows. */
function purlOf({ name, version, wheel, url, local }: LockedPackage): string | null {
  if (local === true) return null;
  const qualifiers = { ...(url === undefined ? {} : { download_url: url }), file_name: wheel };
  const told = Object.entries(qualifiers).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `pkg:pypi/${encodeURIComponent(name.toLowerCase().replaceAll('_', '-'))}@${encodeURIComponent(version)}?${told.join('&')}`;
}
