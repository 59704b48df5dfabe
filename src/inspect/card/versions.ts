/**
 * Exact versions that a file names: scikit-learn's in every estimator of it, XGBoost's and CatBoost's inside the bytes
 * of their boosters. LightGBM's boosters name only the version of their own format.
 */
import { Collection, entry, attributes, Excerpt, Instance, type Value } from '../pickle/values.ts';
import { versionOf } from './estimators.ts';

const MOST = 20_000;
/** `version: [3, 0, 5]` in the UBJSON of XGBoost since 2.1 and in the JSON of the ones before (doc/tutorials/saving_model). */
const UBJSON = /version\[#(?:L\0{7}|i)\x03i([^])i([^])i([^])/;
const JSON_TEXT = /"version":\s*\[(\d+),\s*(\d+),\s*(\d+)\]/;

/** What CatBoost's build noted of its sources, in late releases (`catboost_version_info` among the metadata of its .cbm format). */
const CBM = /Branch: tags\/v(\d+(?:\.\d+)+)\n/;

/** By distribution; of what names several, the first. */
export function versionsIn(root: Value): Record<string, string> {
  const found: Record<string, string> = {};
  const seen = new Set<Value>();
  const rest: Value[] = [root];
  for (let value = rest.pop(); value !== undefined && seen.size < MOST; value = next(rest)) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Collection) rest.push(...value.items.filter(isPart).toReversed());
    if (!(value instanceof Instance)) continue;
    const sklearn = versionOf(value);
    if (sklearn !== null) found['scikit-learn'] ??= sklearn;
    const xgboost = value.made.path === 'xgboost.core.Booster' ? versionOfBooster(value) : null;
    if (xgboost !== null) found['xgboost'] ??= xgboost;
    const catboost = value.made.module === 'catboost.core' ? versionOfCbm(value) : null;
    if (catboost !== null) found['catboost'] ??= catboost;
    if (isPart(value.state)) rest.push(value.state);
  }
  return found;
}

function next(rest: Value[]): Value {
  return rest.pop();
}

function isPart(value: Value): boolean {
  return value instanceof Instance || value instanceof Collection;
}

function versionOfBooster(booster: Instance): string | null {
  const text = textOf(entry(attributes(booster), 'handle'));
  const binary = UBJSON.exec(text);
  if (binary !== null) return binary.slice(1).map((each) => each.charCodeAt(0)).join('.');
  return JSON_TEXT.exec(text)?.slice(1).join('.') ?? null;
}

function versionOfCbm(model: Instance): string | null {
  return CBM.exec(textOf(entry(attributes(model), '__model')))?.[1] ?? null;
}

function textOf(bytes: Value): string {
  const known = bytes instanceof Excerpt ? bytes.head : bytes;
  return known instanceof Uint8Array ? Buffer.from(known).toString('latin1') : '';
}
