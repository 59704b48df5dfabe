/** What inspect finds in an artifact, read from its bytes. Plain data. */
import type { Finding, ModelFormat, NetworkFormat } from './types.ts';

export type GlobalOrigin = 'framework' | 'user' | 'forbidden';

export interface GlobalRef {
  module: string;
  name: string;
  offset: number;
  origin: GlobalOrigin;
}

/** One estimator of the tree; a Pipeline's or ColumnTransformer's parts are its children, by name. */
export interface EstimatorNode {
  /** Step name inside its parent (`scale`), absent at the root. */
  name?: string;
  /** `sklearn.linear_model._logistic.LogisticRegression` */
  class: string;
  /** Columns a ColumnTransformer gives to it. */
  columns?: (string | number)[];
  children: EstimatorNode[];
}

/** A class of the user's own that the pickle names: it must travel with the model. */
export interface UserClass {
  /** `__main__` or the dotted module the pickle names. */
  module: string;
  name: string;
  /** Absolute path of the file that defines it, or null if none was found. */
  file: string | null;
}

interface CardBase {
  /** Absolute path of the artifact the user gave. */
  path: string;
  size: number;
  findings: Finding[];
}

export interface ModelFileCard extends CardBase {
  kind: 'model';
  format: 'pickle' | 'joblib';
  compression: 'none' | 'zlib' | 'gzip' | 'bz2' | 'lzma' | 'xz';
  /** Highest pickle protocol seen, 0 to 5. */
  protocol: number;
  globals: GlobalRef[];
  framework: { name: string; version: string | null } | null;
  estimator: EstimatorNode | null;
  /** Columns of the DataFrame it was fitted on; null when fitted on a bare array. */
  featureNames: string[] | null;
  featureCount: number | null;
  classes: (string | number | boolean)[] | null;
  /** Of a classifier with several outputs: the classes of each. `classes` is null then. */
  outputClasses?: (string | number | boolean)[][];
  /** PyPI distributions that the globals come from: `scikit-learn`, `numpy`, `pandas`, ... */
  distributions: string[];
  /** Exact versions that the file names, by distribution: of the framework, and of what its estimators hold. */
  versions: Record<string, string>;
  /** The oldest versions that can read the file, by distribution, where its layout tells. */
  atLeast: Record<string, string>;
  userClasses: UserClass[];
  /** False when the file names something outside the allowlist or could not be read to its end. */
  safe: boolean;
  /** It cannot be loaded, whoever trusts it: cut short, or not what was saved. */
  damaged: boolean;
}

/** `module.py:attribute`: a plain function or a WSGI app. Which of the two is only known when it is loaded. */
export interface PythonCard extends CardBase {
  kind: 'python';
  attribute: string;
}

/** Of the frameworks' own formats those that can be deployed. */
export type ServedFormat = Exclude<ModelFormat, 'pickle' | 'joblib' | 'plain'>;
export type ServedCard = FrameworkCard & { format: ServedFormat };

/** Converted to ONNX first. */
export type NetworkCard = FrameworkCard & { format: NetworkFormat };

/** What can be deployed. */
export type ModelCard = ModelFileCard | PythonCard | ServedCard;

/** Something that the model takes or gives: a tensor, or a column. */
export interface Port {
  name: string;
  /** As NumPy calls it where it has a name for it (`float32`), else as the framework does; null where the file does not tell. */
  type: string | null;
  /** null in it: a size that each call decides. null instead of it: the file does not tell. */
  shape: (number | null)[] | null;
}

export type FrameworkFormat =
  | 'onnx'
  | 'xgboost-json'
  | 'xgboost-ubj'
  | 'lightgbm'
  | 'catboost'
  | 'keras'
  | 'keras-h5'
  | 'saved-model'
  | 'torchscript'
  | 'torch-exported'
  | 'torch-saved'
  | 'skops'
  | 'safetensors';

/** A model as its framework writes it itself: data of a known layout, and no pickle. */
export interface FrameworkCard extends CardBase {
  kind: 'framework';
  format: FrameworkFormat;
  /** The library that runs it, by its name on PyPI, and the version that wrote the file where it tells. */
  framework: { name: string; version: string | null };
  /** What made it, where that is not its framework: `skl2onnx`. */
  madeBy: { name: string; version: string | null } | null;
  /** What it computes, as a person would say it in a line: `gbtree, 10 trees`. */
  model: string | null;
  /** What else the file tells of itself, in an order worth reading: `{ir: 8, 'opset ai.onnx': 17}`, `{objective: 'binary:logistic'}`. */
  facts: Record<string, string | number>;
  inputs: Port[];
  outputs: Port[];
  featureNames: string[] | null;
  featureCount: number | null;
  classes: (string | number | boolean)[] | null;
  /** PyPI distributions that it cannot be run without. */
  distributions: string[];
  /** Exact versions that the file names, by distribution. */
  versions: Record<string, string>;
  /** The oldest versions that can read the file, by distribution, where its layout tells. */
  atLeast: Record<string, string>;
  /** What belongs to the model beside the file, or is in it where it is a folder: POSIX paths inside that folder. */
  files: string[];
  /** False when running it may run code that the file brings along, or it could not be read to its end. */
  safe: boolean;
  /** It cannot be loaded, whoever trusts it. */
  damaged: boolean;
}

/** What inspect makes. */
export type Card = ModelFileCard | PythonCard | FrameworkCard;
