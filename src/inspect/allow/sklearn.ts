/** scikit-learn and what follows its conventions. Classes are CamelCase; functions are named one by one. */
import { type Family, type Rule, words } from './verdict.ts';

const CLASS = /^_{0,2}[A-Z]\w*$/;

/** CamelCase names that modules of these packages import from elsewhere: not theirs, and some of them run things. */
const FOREIGN = words(`
  ABC ABCMeta Any BytesIO Callable ClassVar CodeType Counter Enum ExitStack FunctionType Integral Iterable LambdaType
  LinearOperator List Literal LokyBackend Mapping Memory MethodType ModuleType MutableMapping NamedTuple Number Optional
  OrderedDict Parallel ParallelBackendBase Parameter Path Pool Popen Process ProcessPoolExecutor Protocol PurePath Queue Real
  Sequence Signature SkipTest StringIO Template Thread ThreadPool ThreadPoolExecutor ThreadpoolController Timer Type
  TypeVar Union UserDict UserList VisibleDeprecationWarning`);

const foreign = (modules: RegExp): Rule => ({
  modules,
  names: FOREIGN,
  role: 'forbidden',
  reason: 'is not a class of that package, only imported by it',
});

const PARTS =
  'base calibration cluster compose covariance cross_decomposition decomposition discriminant_analysis dummy ensemble' +
  ' feature_extraction feature_selection frozen gaussian_process grid_search impute isotonic kernel_approximation kernel_ridge' +
  ' linear_model manifold metrics mixture model_selection multiclass multioutput naive_bayes neighbors neural_network' +
  ' pipeline preprocessing random_projection semi_supervised svm tree _loss';
const PUBLIC = new RegExp(`^sklearn\\.(?:${PARTS.replaceAll(' ', '|')})(?:\\.\\w+)*$`);

export const SKLEARN: Family = {
  distribution: 'scikit-learn',
  // scikit-learn's compiled losses call their module plain `_loss`.
  packages: ['sklearn', '_loss'],
  rules: [
    { modules: /(^|\.)(tests?|externals|conftest|_?testing)(\.|$)/, names: /./, role: 'forbidden' },
    foreign(/^sklearn\./),
    { modules: PUBLIC, names: CLASS, role: 'class' },
    { modules: PUBLIC, names: /^__pyx_unpickle_[A-Z]\w*$/, role: 'maker' },
    { modules: /^_loss$/, names: /^Cy[A-Z]\w*$/, role: 'class' },
    { modules: /^_loss$/, names: /^__pyx_unpickle_Cy[A-Z]\w*$/, role: 'maker' },
    { modules: /^sklearn\.(metrics|neighbors)\._?(dist_metrics|kd_tree|ball_tree)$/, names: words('newObj'), role: 'maker' },
    { modules: /^sklearn\.compose\._column_transformer$/, names: words('make_column_selector'), role: 'class' },
    { modules: /^sklearn\.utils(\._bunch)?$/, names: words('Bunch'), role: 'class' },
    // HistGradientBoosting on categorical columns keeps it for its numbers.
    { modules: /^sklearn\.utils\.validation$/, names: words('check_array'), role: 'reference' },
    { modules: /^sklearn\.utils\._metadata_requests$/, names: words('MetadataRequest MethodMetadataRequest MetadataRouter MethodMapping MethodPair RouterMappingPair'), role: 'class' },
    { modules: /^sklearn\.utils\._encode$/, names: words('_nandict MissingValues'), role: 'class' },
    { modules: /^sklearn\.metrics\._?scorer$/, names: words('_passthrough_scorer'), role: 'reference' },
    {
      modules: /^sklearn\.metrics(\._?(classification|ranking|regression|pairwise|scorer)|\.cluster\._?(supervised|unsupervised|bicluster))?$/,
      names: /^[a-z][a-z0-9_]*_(score|error|loss|likelihood_ratios|deviance|corrcoef|samples|distances?|kernels?|similarity|curve|matrix|support)$|^auc$/,
      role: 'reference',
    },
    {
      modules: /^sklearn\.feature_selection\._?(univariate_selection|mutual_info_?|mutual_info)$/,
      names: words('f_classif f_regression f_oneway chi2 r_regression mutual_info_classif mutual_info_regression'),
      role: 'reference',
    },
    { modules: /^sklearn\.cluster\._kmeans$/, names: words('_kmeans_single_lloyd _kmeans_single_elkan'), role: 'reference' },
    { modules: /^sklearn\.feature_extraction\.text$/, names: words('strip_accents_ascii strip_accents_unicode strip_tags'), role: 'reference' },
    { modules: /^sklearn\.decomposition\._?fastica_?$/, names: words('_logcosh _exp _cube'), role: 'reference' },
    {
      modules: /^sklearn\.preprocessing\._?data$/,
      names: words('scale normalize minmax_scale maxabs_scale robust_scale binarize quantile_transform power_transform'),
      role: 'reference',
    },
  ],
};

const INSIDE = (name: string): RegExp => new RegExp(`^${name}(?!.*\\.(?:tests?|datasets|utils\\._?test\\w*)(?:\\.|$))(?:\\.\\w+)*$`);

/** A package that follows scikit-learn's conventions: its CamelCase classes, nothing else. */
const likeSklearn = (distribution: string, name: string, more: readonly Rule[] = []): Family => ({
  distribution,
  packages: [name],
  rules: [foreign(INSIDE(name)), ...more, { modules: INSIDE(name), names: CLASS, role: 'class' }],
});

const only = (distribution: string, packages: readonly string[], modules: RegExp, names: RegExp): Family => ({
  distribution,
  packages,
  rules: [{ modules, names, role: 'class' }],
});

export const SKLEARN_LIKE: readonly Family[] = [
  likeSklearn('imbalanced-learn', 'imblearn'),
  likeSklearn('category-encoders', 'category_encoders'),
  only('lightgbm', ['lightgbm'], /^lightgbm\.(sklearn|basic)$/, /^(LGBM(Model|Classifier|Regressor|Ranker)|_LGBMLabelEncoder|Booster)$/),
  only('xgboost', ['xgboost'], /^xgboost\.(sklearn|core)$/, /^(XGB(RF)?(Model|Classifier|Regressor|Ranker)|Booster|XGBoostLabelEncoder)$/),
  only('catboost', ['catboost', '_catboost'], /^catboost\.core$/, /^CatBoost(Classifier|Regressor|Ranker)?$/),
];
