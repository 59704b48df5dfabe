/**
 * What no prediction reads: the tests and the sources for compilers that scientific packages ship. Without them
 * scikit-learn with pandas fits into Lambda. A list of packages and not of patterns for all: elsewhere a folder `tests` or
 * a `.pyi` may be read at run time (lazy_loader does).
 */
const PACKAGES = '(?:numpy|scipy|pandas|sklearn|joblib)';
const TESTS = new RegExp(`^${PACKAGES}/(?:.*/)?tests/`);
const SOURCES = new RegExp(`^${PACKAGES}/.*\\.(?:pyx|pxd|pxi|pyi|pyx\\.tp|pxi\\.in|h|hpp|c|cpp|f|f90|a|lib)$`);
/** On Linux: the runtime for programs in C, which Python's own module has in itself and does not link to, and what rewrites graphs of language models. */
const ONNXRUNTIME = /^onnxruntime\/(?:capi\/libonnxruntime\.so|transformers\/)/;
/** numpy.testing imports these, and is itself imported by what is no test. */
const NEEDED = /^numpy\/(?:_core|core)\/tests\/(?:__init__|_natype|_locales)\.py$/;

export function isPruned(name: string): boolean {
  return (TESTS.test(name) && !NEEDED.test(name)) || SOURCES.test(name) || ONNXRUNTIME.test(name);
}
