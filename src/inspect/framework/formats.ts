/** What the formats are called, and what to do with one that is not served yet. */
import type { FrameworkFormat } from '../../card.ts';

interface FormatText {
  /** With its article. */
  title: string;
  /** The next act: an imperative sentence. */
  instead: string;
}

/** A function of the user's own may load anything. */
const byFunction = (library: string): string => `Write a function that loads it with ${library}, and deploy that: FILE.py:function.`;

export const FORMATS: Readonly<Record<FrameworkFormat, FormatText>> = {
  onnx: { title: 'an ONNX model', instead: byFunction('onnxruntime') },
  'xgboost-json': { title: 'an XGBoost model (JSON)', instead: 'Load it into an XGBClassifier or XGBRegressor with load_model, and save that with joblib.dump.' },
  'xgboost-ubj': { title: 'an XGBoost model (UBJSON)', instead: 'Load it into an XGBClassifier or XGBRegressor with load_model, and save that with joblib.dump.' },
  catboost: { title: 'a CatBoost model (.cbm)', instead: 'Load it into a CatBoostClassifier or CatBoostRegressor with load_model, and save that with joblib.dump.' },
  keras: { title: 'a Keras model (.keras)', instead: byFunction('keras') },
  'keras-h5': { title: 'a Keras model (HDF5)', instead: byFunction('keras') },
  lightgbm: { title: 'a LightGBM model (text)', instead: 'Save the LGBMClassifier or LGBMRegressor itself with joblib.dump.' },
  'saved-model': { title: 'a TensorFlow SavedModel', instead: byFunction('tensorflow') },
  torchscript: { title: 'a TorchScript model', instead: byFunction('torch.jit.load') },
  'torch-exported': { title: 'an exported program of PyTorch', instead: byFunction('torch.export.load') },
  'torch-saved': { title: 'a file of torch.save', instead: 'Export the network with torch.export.save or torch.onnx.export.' },
  skops: { title: 'a skops file', instead: 'Load it with skops.io.load, and save the estimator with joblib.dump.' },
  safetensors: { title: 'a safetensors file', instead: byFunction('safetensors') },
};
