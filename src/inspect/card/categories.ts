/**
 * Boosters that were fitted on columns of pandas' type `category`: only a DataFrame can say a level to them. Their files
 * name nothing of pandas.
 */
import { attributes, Collection, entry, type Instance, type Value } from '../pickle/values.ts';
import { instancesIn, textOf } from './parts.ts';

export function hasCategories(root: Value): boolean {
  for (const each of instancesIn(root)) {
    if (each.made.path === 'lightgbm.basic.Booster' && hasLevels(each)) return true;
    if (each.made.path === 'xgboost.core.Booster' && hasCategoricalType(each)) return true;
  }
  return false;
}

/** LightGBM keeps the levels of each column (`pandas_categorical` of its Booster; None or empty where there were none). */
function hasLevels(booster: Instance): boolean {
  const levels = entry(attributes(booster), 'pandas_categorical');
  return levels instanceof Collection && levels.count > 0;
}

/** `feature_types: ["int", "float", "c"]`, in UBJSON (a count, then texts with their lengths) or in JSON. */
const UBJSON_TYPES = /feature_types\[#(?:L[^]{8}|i[^])((?:S(?:L\0{7}[^]|i[^])[a-z]{1,8})*)/;
const JSON_TYPES = /"feature_types":\s*\[([^\]]*)\]/;

function hasCategoricalType(booster: Instance): boolean {
  const text = textOf(entry(attributes(booster), 'handle'));
  const binary = UBJSON_TYPES.exec(text)?.[1];
  if (binary !== undefined) return binary.includes('\x01c');
  return JSON_TYPES.exec(text)?.[1]?.includes('"c"') === true;
}
