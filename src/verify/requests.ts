/** The ways in which a sample is put to a candidate. */

/** More records than this are not each sent alone: first, last and evenly spread ones stand for them. */
const MAX_ALONE = 20;

export interface Request {
  /** Says which records of the sample these are: `record 2 alone`. */
  label: string;
  body: unknown;
}

/**
 * The sample itself first, then every record of it alone and, for a single record, as a list of one: what a record
 * means must not depend on its company. `opaque` bodies are the user's own (a function's, a preprocess hook's) and are
 * sent as they are.
 */
export function requestsOf(sample: unknown, opaque: boolean): Request[] {
  if (opaque) return [{ label: 'the sample', body: sample }];
  if (Array.isArray(sample)) return listed(sample);
  if (!isObject(sample)) return [{ label: 'the sample', body: sample }, { label: 'the sample as a list of one', body: [sample] }];
  const { instances } = sample;
  const others = Object.keys(sample).filter((key) => !['instances', 'signature_name'].includes(key));
  if (Array.isArray(instances) && others.length === 0) return [all(instances, sample), ...alone(instances, (record) => ({ instances: [record] }))];
  const split = sample['dataframe_split'];
  if (isObject(split) && Array.isArray(split['data'])) {
    const rows = split['data'];
    const { index: _, ...rest } = split;
    return [all(rows, sample), ...alone(rows, (row) => ({ dataframe_split: { ...rest, data: [row] } }))];
  }
  return [
    { label: 'the sample', body: sample },
    { label: 'the sample as a list of one record', body: [sample] },
  ];
}

/** Plain values are one row to one model and, if they are texts, several to another: what one does not take is not compared. */
function listed(sample: unknown[]): Request[] {
  if (sample.some((each) => typeof each === 'object' && each !== null)) {
    return [all(sample), ...alone(sample, (record) => (isObject(record) ? record : [record]))];
  }
  const row = { label: 'the sample as a list of one row', body: [sample] };
  const texts = sample.every((each) => typeof each === 'string') ? alone(sample, (text) => [text]) : [];
  return [{ label: 'the sample', body: sample }, row, ...texts];
}

function all(records: unknown[], body: unknown = records): Request {
  return { label: records.length === 1 ? 'the sample' : `all ${records.length} records together`, body };
}

function alone(records: unknown[], wrap: (record: unknown) => unknown): Request[] {
  const step = Math.max(1, (records.length - 1) / (MAX_ALONE - 1));
  const made: Request[] = [];
  for (let at = 0; Math.round(at) < records.length && made.length < MAX_ALONE; at += step) {
    const index = Math.round(at);
    made.push({ label: `record ${index + 1} alone`, body: wrap(records[index]) });
  }
  return made;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
