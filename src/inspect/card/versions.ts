/**
 * Exact versions that a file names: scikit-learn's in every estimator of it, XGBoost's and CatBoost's inside the bytes
 * of their boosters. LightGBM's boosters name only the version of their own format.
 */
import { attributes, entry, type Instance, type Value } from '../pickle/values.ts';
import { versionOf } from './estimators.ts';
import { instancesIn, textOf } from './parts.ts';

/** `version: [3, 0, 5]` in the UBJSON of XGBoost since 2.1 and in the JSON of the ones before (doc/tutorials/saving_model). */
const UBJSON = /version\[#(?:L\0{7}|i)\x03i([^])i([^])i([^])/;
const JSON_TEXT = /"version":\s*\[(\d+),\s*(\d+),\s*(\d+)\]/;

/** What CatBoost's build noted of its sources, in late releases (`catboost_version_info` among the metadata of its .cbm format). */
const CBM = /Branch: tags\/v(\d+(?:\.\d+)+)\n/;

/** By distribution; of what names several, the first. */
export function versionsIn(root: Value): Record<string, string> {
  const found: Record<string, string> = {};
  for (const value of instancesIn(root)) {
    const sklearn = versionOf(value);
    if (sklearn !== null) found['scikit-learn'] ??= sklearn;
    const xgboost = value.made.path === 'xgboost.core.Booster' ? versionOfBooster(value) : null;
    if (xgboost !== null) found['xgboost'] ??= xgboost;
    const catboost = value.made.module === 'catboost.core' ? versionOfCbm(value) : null;
    if (catboost !== null) found['catboost'] ??= catboost;
  }
  return found;
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
