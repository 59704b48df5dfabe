/** What is left out of the scientific packages; test/e2e/examples and variety predict with what is kept. */
import { expect, test } from 'vitest';
import { isPruned } from '../../src/bundle/pruned.ts';

test.each([
  'pandas/tests/frame/test_api.py',
  'scipy/stats/tests/data/nist_anova/SmLs01.dat',
  'sklearn/utils/_cython_blas.pxd',
  'numpy/_core/include/numpy/ndarraytypes.h',
  'numpy/random/lib/libnpyrandom.a',
  'numpy/_core/tests/test_multiarray.py',
  'onnxruntime/capi/libonnxruntime.so.1.31.1',
  'onnxruntime/transformers/optimizer.py',
])('%s goes', (name) => expect(isPruned(name)).toBe(true));

test.each([
  'numpy/_core/tests/_natype.py',
  'numpy/_core/_multiarray_tests.cpython-312-x86_64-linux-gnu.so',
  'scipy/stats/_hypotests.py',
  'sklearn/datasets/data/iris.csv',
  'pandas/_testing/__init__.py',
  'skimage/data/__init__.pyi',
  'other/tests/needed.py',
  'tests/top.py',
  'onnxruntime/capi/libonnxruntime_providers_shared.so',
  'onnxruntime/capi/onnxruntime_pybind11_state.cpython-312-x86_64-linux-gnu.so',
  'numpy/_core/__pycache__/multiarray.cpython-312.pyc',
])('%s stays', (name) => expect(isPruned(name)).toBe(false));
