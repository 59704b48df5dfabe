"""From a fitted estimator to a node of numbers. One function for each class, found by the class's own name."""

from importlib import import_module

from .unsupported import Unsupported

# Class -> module below exporters/ and function: `function(estimator, out, columns)` gives the node.
EXPORTERS = {
    # chains and columns
    "Pipeline": "chain:pipeline",
    "ColumnTransformer": "columns:column_transformer",
    "FeatureUnion": "columns:feature_union",
    # scaling
    "StandardScaler": "scaling:standard_scaler",
    "MinMaxScaler": "scaling:min_max_scaler",
    "MaxAbsScaler": "scaling:max_abs_scaler",
    "RobustScaler": "scaling:robust_scaler",
    "Normalizer": "scaling:normalizer",
    "Binarizer": "scaling:binarizer",
    # shapes of single columns
    "PowerTransformer": "shaping:power_transformer",
    "QuantileTransformer": "shaping:quantile_transformer",
    "PolynomialFeatures": "shaping:polynomial_features",
    "SplineTransformer": "splines:spline_transformer",
    "KBinsDiscretizer": "shaping:k_bins_discretizer",
    "FunctionTransformer": "shaping:function_transformer",
    # categories
    "OneHotEncoder": "encoding:one_hot_encoder",
    "OrdinalEncoder": "encoding:ordinal_encoder",
    "TargetEncoder": "encoding:target_encoder",
    # missing values
    "SimpleImputer": "imputing:simple_imputer",
    "MissingIndicator": "imputing:missing_indicator",
    # choosing and projecting
    "VarianceThreshold": "features:selector",
    "SelectKBest": "features:selector",
    "SelectPercentile": "features:selector",
    "SelectFpr": "features:selector",
    "SelectFdr": "features:selector",
    "SelectFwe": "features:selector",
    "GenericUnivariateSelect": "features:selector",
    "SelectFromModel": "features:selector",
    "SequentialFeatureSelector": "features:selector",
    "RFE": "features:selecting_predictor",
    "RFECV": "features:selecting_predictor",
    "PCA": "features:pca",
    "IncrementalPCA": "features:pca",
    "TruncatedSVD": "features:truncated_svd",
    # texts and mappings
    "CountVectorizer": "text:count_vectorizer",
    "TfidfVectorizer": "text:tfidf_vectorizer",
    "TfidfTransformer": "text:tfidf_transformer",
    "HashingVectorizer": "text:hashing_vectorizer",
    "FeatureHasher": "text:feature_hasher",
    "DictVectorizer": "text:dict_vectorizer",
    # Linear models, naive Bayes, centres, constants
    **dict.fromkeys(("LogisticRegression", "LogisticRegressionCV"), "linear:logistic_regression"),
    **dict.fromkeys(("Perceptron", "PassiveAggressiveClassifier", "LinearSVC"), "linear:classifier"),
    "SGDClassifier": "linear:sgd_classifier",
    **dict.fromkeys(("RidgeClassifier", "RidgeClassifierCV"), "linear:ridge_classifier"),
    "LinearDiscriminantAnalysis": "linear:discriminant",
    "SGDOneClassSVM": "linear:one_class",
    **dict.fromkeys(
        (
            "LinearRegression",
            "Ridge",
            "RidgeCV",
            "Lasso",
            "LassoCV",
            "ElasticNet",
            "ElasticNetCV",
            "Lars",
            "LarsCV",
            "LassoLars",
            "LassoLarsCV",
            "LassoLarsIC",
            "BayesianRidge",
            "ARDRegression",
            "HuberRegressor",
            "TheilSenRegressor",
            "QuantileRegressor",
            "OrthogonalMatchingPursuit",
            "OrthogonalMatchingPursuitCV",
            "MultiTaskLasso",
            "MultiTaskLassoCV",
            "MultiTaskElasticNet",
            "MultiTaskElasticNetCV",
            "SGDRegressor",
            "PassiveAggressiveRegressor",
            "LinearSVR",
        ),
        "linear:regressor",
    ),
    **dict.fromkeys(("PoissonRegressor", "GammaRegressor", "TweedieRegressor"), "linear:generalised"),
    **dict.fromkeys(("SVC", "NuSVC"), "vectors:classifier"),
    **dict.fromkeys(("SVR", "NuSVR"), "vectors:regressor"),
    "GaussianNB": "bayes:gaussian",
    "MultinomialNB": "bayes:multinomial",
    "ComplementNB": "bayes:complement",
    "BernoulliNB": "bayes:bernoulli",
    "CategoricalNB": "bayes:categorical",
    "QuadraticDiscriminantAnalysis": "bayes:quadratic",
    **dict.fromkeys(("DummyClassifier", "DummyRegressor"), "simple:dummy"),
    "_ConstantPredictor": "simple:constant_predictor",
    **dict.fromkeys(("KMeans", "MiniBatchKMeans"), "simple:clusters"),
    # trees
    "DecisionTreeClassifier": "trees:tree_classifier",
    "DecisionTreeRegressor": "trees:tree_regressor",
    "ExtraTreeClassifier": "trees:tree_classifier",
    "ExtraTreeRegressor": "trees:tree_regressor",
    "RandomForestClassifier": "trees:tree_classifier",
    "RandomForestRegressor": "trees:tree_regressor",
    "ExtraTreesClassifier": "trees:tree_classifier",
    "ExtraTreesRegressor": "trees:tree_regressor",
    "IsolationForest": "trees:isolation_forest",
    "GradientBoostingClassifier": "boosted:boosted_classifier",
    "GradientBoostingRegressor": "boosted:boosted_regressor",
    "HistGradientBoostingClassifier": "boosted:hist_classifier",
    "HistGradientBoostingRegressor": "boosted:hist_regressor",
    "BaggingClassifier": "ensembles:bagging_classifier",
    "BaggingRegressor": "ensembles:bagging_regressor",
    "AdaBoostClassifier": "ensembles:ada_boost_classifier",
    "AdaBoostRegressor": "ensembles:ada_boost_regressor",
    **dict.fromkeys(("XGBClassifier", "XGBRFClassifier"), "xgb:classifier"),
    **dict.fromkeys(("XGBRegressor", "XGBRFRegressor", "XGBRanker"), "xgb:regressor"),
    "LGBMClassifier": "lgbm:classifier",
    **dict.fromkeys(("LGBMRegressor", "LGBMRanker"), "lgbm:regressor"),
    "CatBoostClassifier": "cat:classifier",
    **dict.fromkeys(("CatBoostRegressor", "CatBoostRanker"), "cat:regressor"),
    # Ensembles and wrappers of others
    "VotingClassifier": "voting:voting_classifier",
    "VotingRegressor": "voting:voting_regressor",
    "StackingClassifier": "voting:stacking_classifier",
    "StackingRegressor": "voting:stacking_regressor",
    "CalibratedClassifierCV": "voting:calibrated",
    "OneVsRestClassifier": "reductions:one_vs_rest",
    "OneVsOneClassifier": "reductions:one_vs_one",
    "OutputCodeClassifier": "reductions:output_code",
    "MultiOutputClassifier": "reductions:several_classifiers",
    "MultiOutputRegressor": "reductions:several_regressors",
    "ClassifierChain": "reductions:chain",
    "RegressorChain": "reductions:chain",
    "GridSearchCV": "wrappers:best",
    "RandomizedSearchCV": "wrappers:best",
    "HalvingGridSearchCV": "wrappers:best",
    "HalvingRandomSearchCV": "wrappers:best",
    "FrozenEstimator": "wrappers:inner",
    "RANSACRegressor": "wrappers:inner",
    "FixedThresholdClassifier": "wrappers:fixed_threshold",
    "TunedThresholdClassifierCV": "wrappers:tuned_threshold",
    "TransformedTargetRegressor": "wrappers:transformed_target",
}
FAMILIES = ("sklearn", "xgboost", "lightgbm", "catboost")


class Exporter:
    """Handed to every exporter: `out.doubles(...)` and the like keep an array, `out.export(estimator)` makes a part's node.

    `columns` of an estimator are the names of the columns that it is given, where they have any: a list of strings or
    None.
    """

    def __init__(self, writer):
        self.doubles = writer.doubles
        self.singles = writer.singles
        self.integers = writer.integers

    def export(self, estimator, columns=None):
        """The node of a fitted estimator. Raises Unsupported."""
        kind = type(estimator)
        place = EXPORTERS.get(kind.__name__)
        # A subclass of the user's own may do anything.
        if place is None or kind.__module__.partition(".")[0] not in FAMILIES:
            raise Unsupported(f"{kind.__name__} has no plain form")
        module, function = place.split(":")
        made = getattr(import_module(f"{__package__}.exporters.{module}"), function)
        return made(estimator, self, columns)
