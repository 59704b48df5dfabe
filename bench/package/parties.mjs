// Who makes packages, and how often each takes part: slow ones in fewer rounds, which the page says.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { lab } from '../aws/lab.mjs';
import { installSam } from '../aws/peer.mjs';
import { MANYLINUX, tutorial, uvAnd } from './hand.mjs';
import { mlfn } from './mlfn.mjs';
import { archiver, installServerless, versionOf } from './peers.mjs';
import { sam } from './sam.mjs';
import { serverless } from './serverless.mjs';

/** What can be left out. */
export const PEERS = ['zip', '7zz', 'sam', 'serverless', 'tutorial'];
/** The model that every claim is about: the one with the most packages, and with all the peers in it. */
export const MAIN = 'logistic';

/**
 * Installs the peers, starts what they need, and fills the caches of downloads.
 * @param requirements file of all that the models need
 * @param without names of PEERS
 * @returns `partiesOf(model)`: for each `{party, rounds: {act: how many}}`; `versions`; `stop()`
 */
export async function gather({ work, watch, python, requirements, rounds, without }) {
  const wanted = (name) => !without.includes(name);
  const uv = path.join(path.dirname(python), process.platform === 'win32' ? 'uv.exe' : 'uv');
  const versions = { uv: versionOf(uv, ['--version'], /uv (\S+)/) };
  const zip = wanted('zip') || wanted('tutorial') ? archiver('zip', 'zip') : null;
  if (zip !== null) versions.zip = versionOf(zip, ['-v'], /Zip (\d\S*)/);
  const sevenZip = wanted('7zz') ? archiver('7zz', '7zip') : null;
  if (sevenZip !== null) versions['7zz'] = versionOf(sevenZip, [], /7-Zip (?:\(z\) )?(\d\S*)/);
  if (wanted('tutorial')) versions.pip = versionOf(python, ['-m', 'pip', '--version'], /pip (\S+)/);
  const framework = wanted('serverless') ? installServerless() : null;
  Object.assign(versions, framework?.versions);
  const samPeer = wanted('sam') ? await installSam() : null;
  if (samPeer !== null) versions.sam = samPeer.version;
  const cloud = samPeer === null ? null : await (await lab(work)).startMinistack({ packages: [samPeer.translator] });
  versions.python = versionOf(python, ['--version'], /Python (\S+)/);

  // So that no download is measured: pip's cache is that of SAM, of Serverless and of the tutorial, too.
  for (const installer of [[python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'], [uv, 'pip', 'install', '--quiet', '--python', python, ...MANYLINUX]]) {
    await watch(installer[0], [...installer.slice(1), '--target', path.join(work, 'downloaded'), '-r', requirements], { cwd: work });
    rmSync(path.join(work, 'downloaded'), { recursive: true, force: true });
  }

  function partiesOf(model) {
    const common = { work: path.join(work, model.name), home: path.join(work, 'home'), watch, model, uv, python, zip };
    const main = model.name === MAIN;
    const some = main ? rounds : Math.min(rounds, 2);
    const one = main ? rounds : 1;
    const parties = [
      { party: mlfn({ ...common, engine: 'native' }), rounds: { unknown: some, fresh: some, same: some, changed: some } },
      { party: mlfn(common), rounds: { fresh: one, same: one, changed: one } },
    ];
    if (wanted('zip')) parties.push({ party: uvAnd('zip -1', [zip, '-1', '-qr', '../package.zip', '.'], common), rounds: { fresh: some } });
    if (sevenZip !== null) parties.push({ party: uvAnd('7zz -mx1', [sevenZip, 'a', '-tzip', '-mx1', '-bd', '../package.zip', '.'], common), rounds: { fresh: some } });
    if (samPeer !== null) parties.push({ party: sam({ ...common, bin: samPeer.bin, endpoint: cloud.endpoint }), rounds: main ? { fresh: rounds, same: 1, changed: 1 } : { fresh: 1 } });
    if (wanted('tutorial') && main) parties.push({ party: tutorial(common), rounds: { fresh: 1 } });
    if (framework !== null && main) parties.push({ party: serverless({ ...common, peer: framework, cache: path.join(work, 'serverless-cache') }), rounds: { fresh: 1 } });
    return parties;
  }
  return { partiesOf, versions, stop: async () => cloud?.stop() };
}
