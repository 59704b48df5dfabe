/** NumPy, SciPy, pandas and joblib: named one by one, for these packages hold readers, runners and evaluators too. */
import { type Family, words } from './verdict.ts';

const CORE = String.raw`^numpy\.(?:_core|core)`;
const UFUNCS = words(`
  abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or bitwise_xor cbrt ceil
  conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor
  floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan isnat lcm
  ldexp less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor
  maximum minimum mod modf multiply negative nextafter not_equal positive power rad2deg radians reciprocal remainder
  rint sign signbit sin sinh spacing sqrt square subtract tan tanh true_divide trunc`);
const FUNCTIONS = words(`
  all amax amin any argmax argmin around array asarray ascontiguousarray atleast_1d atleast_2d average clip column_stack
  concatenate cumprod cumsum diff digitize expand_dims fix flip hstack identity isclose max mean median min nan_to_num
  nanmax nanmean nanmedian nanmin nanstd nansum nanvar ndim prod ravel repeat reshape roll round searchsorted shape sinc
  sort squeeze stack std sum tile transpose unique var vstack where zeros_like ones_like`);
const SCALARS = words(`
  bool bool_ byte cdouble clongdouble complex128 complex256 complex64 csingle datetime64 double float128 float16
  float32 float64 half int16 int32 int64 int8 intc intp long longdouble longlong short single
  timedelta64 ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong ushort`);
/** Called, they write out what they are given, or take as many bytes as a number says. */
const TEXTS = words('bytes_ object_ str_ string_ unicode_ void');

/** Kinds of number, as make_column_selector is told them; none can be instantiated. */
const ABSTRACT = words('generic number integer signedinteger unsignedinteger inexact floating complexfloating flexible character');

export const NUMPY: Family = {
  distribution: 'numpy',
  packages: ['numpy'],
  rules: [
    { modules: /^numpy$/, names: words('dtype ndarray matrix poly1d'), role: 'class' },
    { modules: /^numpy\.matrixlib(\.defmatrix)?$/, names: words('matrix'), role: 'class' },
    { modules: /^numpy$/, names: SCALARS, role: 'class' },
    { modules: /^numpy$/, names: TEXTS, role: 'reference' },
    { modules: /^numpy$/, names: ABSTRACT, role: 'reference' },
    { modules: /^numpy\.dtypes$/, names: /^[A-Z]\w*DType$/, role: 'class' },
    { modules: /^numpy$/, names: words('memmap'), role: 'array-class' },
    { modules: /^numpy$/, names: words('nan inf newaxis'), role: 'reference' },
    { modules: new RegExp(`${CORE}\\.multiarray$`), names: words('_reconstruct'), role: 'maker' },
    { modules: new RegExp(`${CORE}\\.multiarray$`), names: words('scalar'), role: 'scalar' },
    { modules: new RegExp(`${CORE}\\.numeric$`), names: words('_frombuffer'), role: 'maker' },
    { modules: new RegExp(`${CORE}$`), names: words('_ufunc_reconstruct'), role: 'ufunc-by-name' },
    { modules: /^numpy\.ma(\.core)?$/, names: words('MaskedArray MaskedConstant'), role: 'class' },
    { modules: /^numpy\.ma\.core$/, names: words('_mareconstruct'), role: 'maker' },
    { modules: /^numpy\.random\._pickle$/, names: words('__randomstate_ctor __generator_ctor __bit_generator_ctor'), role: 'maker' },
    { modules: /^numpy\.random$/, names: words('__RandomState_ctor'), role: 'maker' },
    { modules: /^numpy\.random\._(mt19937|pcg64|philox|sfc64)$/, names: words('MT19937 PCG64 PCG64DXSM Philox SFC64'), role: 'class' },
    { modules: /^numpy\.random\.(mtrand|_generator)$/, names: words('RandomState Generator'), role: 'class' },
    { modules: /^numpy\.random\.bit_generator$/, names: words('SeedSequence'), role: 'class' },
    { modules: /^numpy\.random\.bit_generator$/, names: words('__pyx_unpickle_SeedSequence'), role: 'maker' },
    { modules: new RegExp(`^numpy$|${CORE}\\.(_multiarray_umath|umath|multiarray)$`), names: UFUNCS, role: 'reference' },
    { modules: new RegExp(`^numpy$|${CORE}\\.(numeric|fromnumeric|multiarray|shape_base)$|^numpy\\.lib\\.\\w+$`), names: FUNCTIONS, role: 'reference' },
  ],
};

export const SCIPY: Family = {
  distribution: 'scipy',
  packages: ['scipy'],
  rules: [
    { modules: /^scipy\.sparse(\._?\w+)?$/, names: /^_?(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array|base)$/, role: 'class' },
    { modules: /^scipy\.interpolate\._?\w+$/, names: words('interp1d BSpline _BSpline PPoly BPoly CubicSpline PchipInterpolator UnivariateSpline InterpolatedUnivariateSpline'), role: 'class' },
    { modules: /^scipy\.spatial\.(_?ckdtree|_?kdtree)$/, names: words('cKDTree KDTree cKDTreeNode'), role: 'class' },
    { modules: /^scipy\.optimize\._?optimize$/, names: words('OptimizeResult'), role: 'class' },
    { modules: /^scipy\.special(\._?(special_)?ufuncs(_cxx)?)?$/, names: words('expit logit boxcox boxcox1p inv_boxcox inv_boxcox1p log1p expm1 erf erfc gamma gammaln psi xlogy log_expit softmax logsumexp'), role: 'reference' },
    { modules: /^scipy\._lib\.array_api_compat\.numpy(\._aliases)?$/, names: words('asarray'), role: 'reference' },
    { modules: /^scipy\.stats\._(continuous|discrete)_distns$/, names: /^[a-z]\w*_gen$/, role: 'distribution' },
    { modules: /^scipy\.stats\._distn_infrastructure$/, names: words('rv_frozen rv_continuous_frozen rv_discrete_frozen'), role: 'distribution' },
  ],
};

export const PANDAS: Family = {
  distribution: 'pandas',
  packages: ['pandas'],
  rules: [
    { modules: /^pandas$|^pandas\.core\.(frame|series)$/, names: words('DataFrame Series'), role: 'class' },
    { modules: /^pandas\.core\.internals\.managers$/, names: words('BlockManager SingleBlockManager'), role: 'class' },
    { modules: /^pandas\._libs\.internals$/, names: words('BlockManager BlockPlacement _unpickle_block'), role: 'maker' },
    { modules: /^pandas\.core\.indexes\.base$/, names: words('_new_Index'), role: 'maker' },
    { modules: /^pandas\.core\.indexes\.datetimes$/, names: words('_new_DatetimeIndex'), role: 'maker' },
    { modules: /^pandas(\.core\.indexes\.\w+)?$/, names: /^([A-Z][A-Za-z0-9]*)?Index$/, role: 'class' },
    { modules: /^pandas\.core\.indexes\.frozen$/, names: words('FrozenList'), role: 'class' },
    { modules: /^pandas(\.core\.dtypes\.dtypes|\.core\.arrays\.\w+)?$/, names: /^[A-Z][A-Za-z0-9]*Dtype$/, role: 'class' },
    { modules: /^pandas$|^pandas\.arrays$|^pandas\.core\.arrays\.\w+$/, names: /^[A-Z][A-Za-z0-9]*Array(?:NumpySemantics)?$|^Categorical$/, role: 'class' },
    { modules: /^pandas\._libs\.arrays$/, names: words('__pyx_unpickle_NDArrayBacked'), role: 'maker' },
    { modules: /^pandas\._libs\.tslibs\.timestamps$/, names: words('_unpickle_timestamp'), role: 'maker' },
    { modules: /^pandas\._libs\.tslibs\.timedeltas$/, names: words('_timedelta_unpickle'), role: 'maker' },
    { modules: /^pandas\._libs\.tslibs\.(nattype|timestamps|timedeltas|offsets)$/, names: words('_nat_unpickle'), role: 'maker' },
    { modules: /^pandas\._libs\.missing$/, names: words('NAType'), role: 'class' },
    { modules: /^pandas$|^pandas\._libs\.missing$/, names: words('NA'), role: 'reference' },
    { modules: /^pandas\.core\.flags$/, names: words('Flags'), role: 'class' },
  ],
};

export const JOBLIB: Family = {
  distribution: 'joblib',
  packages: ['joblib'],
  rules: [
    { modules: /^joblib\.numpy_pickle$/, names: words('NumpyArrayWrapper'), role: 'wrapper' },
    {
      modules: /^joblib\.numpy_pickle(_compat)?$/,
      names: words('NDArrayWrapper ZNDArrayWrapper'),
      role: 'forbidden',
      reason: 'keeps arrays in files beside the model, as joblib before 0.10 did; load it with that joblib and dump it again',
    },
  ],
};
