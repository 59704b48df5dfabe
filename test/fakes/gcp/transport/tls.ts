/** A certificate authority of this process, and its certificate for 127.0.0.1. Made by openssl, removed with the process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { removeAtEnd } from '../runner/process.ts';

export interface Certificates {
  /** Path of the authority's certificate, in PEM. */
  authority: string;
  key: Buffer;
  certificate: Buffer;
}

let made: Certificates | undefined;

/**
 * Clients in this process are to trust it too. gRPC's client reads the path of its roots when it is loaded: the variable is set here, for clients in this process too, so
 * that whoever starts the fake must do so before anything of Google's is imported.
 */
export function certificates(): Certificates {
  if (made) return made;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-gcp-tls-'));
  removeAtEnd(folder);
  const at = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=mlfn fake of Google Cloud');
  openssl('req', ...curve, '-keyout', at('own.key'), '-out', at('own.csr'), '-subj', '/CN=127.0.0.1');
  writeFileSync(at('own.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl('x509', '-req', '-in', at('own.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('own.ext'), '-out', at('own.pem'));
  made = { authority: at('ca.pem'), key: readFileSync(at('own.key')), certificate: readFileSync(at('own.pem')) };
  process.env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'] = made.authority;
  trust(readFileSync(made.authority));
  return made;
}

/** What NODE_EXTRA_CA_CERTS does, which is read only when a process starts. */
function trust(authority: Buffer): void {
  const original = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const context = original(options);
    if (!options?.ca) (context.context as { addCACert(certificate: Buffer): void }).addCACert(authority);
    return context;
  };
}
