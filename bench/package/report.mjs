// The section of packages, from the samples of each model, party and act.
import { median, ratios } from '../measured/statistics.mjs';
import { LIMIT } from './contents.mjs';
import { MAIN } from './parties.mjs';

const COLUMNS = [
  { name: 'made, s' }, { name: 'nothing changed, s' }, { name: 'model changed, s' }, { name: "times mlfn's", digits: 1 },
  { name: 'package, bytes', digits: 0 }, { name: 'unzipped, MiB', digits: 1 }, { name: 'peak, MB', digits: 0 },
];
const REQUIREMENTS = 'requirements: bench/models/requirements.txt, of each model those that it needs: scikit-learn with the numpy, scipy and pandas of its time, xgboost-cpu, lightgbm';
const NATIVE = 'mlfn, native';
const FIRST = 'mlfn, native, its lock not known';

/**
 * @param models in order: `{model, parties: {name: {command, acts: {act: {seconds, peak}[]}, zipped, unzipped, fault}}}`: bytes, and
 *   what is wrong with the package, or null
 * @param extra of the main model, a sample a round: `start` and `digest` (seconds), `peaks` of Node (MB)
 */
export function report({ models, extra, versions }) {
  return {
    title: 'Packages',
    text: [
      'Every party makes the package of the same models with the same pinned requirements, for Python 3.12 on Linux x86_64; all that can be downloaded is there before. **mlfn** is the default: it compiles the model, proves that the compiled form answers alike, and packages that (in brackets: as plain Python, for ONNX, or with its own libraries); *native* is the model with its own libraries, as all the others package it. *Made*: there is no package of it yet. For mlfn that includes compiling and the proof; *native* knows the lock and has the wheels unpacked, as uv has them. Scripts by hand know nothing of their last run: they do it all again. "Times mlfn\'s" are those of *native*, made.',
      'Each package was unpacked and asked, alone in a Python without other packages, and had to answer as the model does, one record and a hundred: the same labels, and chances within 1e-5. One that does not says so. The limit of Lambda is 250 MiB unzipped.',
    ],
    facts: [REQUIREMENTS, ...inOrder(models[0].parties).map(([name, { command }]) => `${name}: \`${command}\``)],
    versions,
    tables: models.map(({ model, parties }) => ({ title: model.title, columns: COLUMNS, rows: rowsOf(parties) })),
    aims: aimsOf(models.find(({ model }) => model.name === MAIN), extra),
  };
}

function rowsOf(parties) {
  const native = secondsOf(parties[NATIVE], 'fresh');
  return inOrder(parties).flatMap(([name, party]) => {
    const peaks = Object.values(party.acts).flat().map(({ peak }) => peak / 1e6);
    const sizes = [party.zipped, party.fault === null ? unzippedOf(party) : `${unzippedOf(party)}, **does not run**: ${party.fault}`];
    const times = name === NATIVE ? '1' : ratios(secondsOf(party, 'fresh'), native);
    const row = { name: name === 'mlfn' ? `mlfn (${party.engine})` : name, cells: [...['fresh', 'same', 'changed'].map((act) => secondsOf(party, act)), times, ...sizes, Math.max(...peaks)] };
    const first = secondsOf(party, 'unknown');
    return name === NATIVE ? [row, { name: FIRST, cells: [first, '', '', ratios(first, native)] }] : [row];
  });
}

/** mlfn as it is by default comes first. */
const inOrder = ({ mlfn, ...others }) => Object.entries({ mlfn, ...others });

function unzippedOf({ unzipped }) {
  const text = (unzipped / 2 ** 20).toFixed(1);
  return unzipped > LIMIT ? `${text}, **over the limit**` : text;
}

const secondsOf = (party, act) => (party?.acts[act] ?? []).map(({ seconds }) => seconds);

/** Those of the one model that all peers take part with. */
function aimsOf(main, extra) {
  if (main === undefined) return [];
  const { parties } = main;
  const broken = [parties.mlfn, parties[NATIVE]].find(({ fault }) => fault !== null);
  if (broken !== undefined) return [{ aim: "mlfn's packages run", values: [], least: 2, why: broken.fault }];
  const made = secondsOf(parties[NATIVE], 'fresh');
  const first = secondsOf(parties[NATIVE], 'unknown');
  const faster = [['sam build + sam package', 20], ['uv + zip -1', 4], ['uv + 7zz -mx1', 4]].filter(([name]) => parties[name] !== undefined);
  const over = (act, ...parts) => secondsOf(parties[NATIVE], act).map((seconds, round) => 1000 * (seconds - parts.reduce((sum, part) => sum + part[round], 0)));
  const peers = Object.entries(parties).filter(([name]) => !name.startsWith('mlfn')).map(([, { unzipped }]) => unzipped / 2 ** 20);
  return [
    ...faster.map(([name, least]) => {
      const peer = secondsOf(parties[name], 'fresh');
      return { aim: `native, made: times faster than ${name}`, values: ratios(peer, made), least, why: `${median(ratios(peer, first)).toFixed(1)} times where it does not know the lock` };
    }),
    { aim: "native, nothing changed: ms over the command line's own start", values: over('same', extra.start), most: 150, digits: 0 },
    { aim: "native, only the model changed: ms over the command line's own start, and over digesting and compressing the model", values: over('changed', extra.start, extra.digest), most: 150, digits: 0 },
    { aim: 'bytes of the compiled logistic pipeline, in all', values: [parties.mlfn.zipped], most: 64 * 1024, digits: 0 },
    { aim: 'MiB of scikit-learn + pandas, native, unzipped with byte code', values: [parties[NATIVE].unzipped / 2 ** 20], most: 250, ...(peers.length > 0 && { why: `the peers' are ${[...new Set(peers.map((each) => each.toFixed(0)))].join(', ')}` }) },
    { aim: 'native: MB of memory in Node at the peak', values: extra.peaks, most: 150, digits: 0, why: `${extra.peakBefore.toFixed(0)} when it fetched and unpacked the wheels` },
  ];
}
