"""Which module evaluates which kind of node. A package carries only the modules that its model needs."""

KINDS = {
    # chains and columns
    "chain": ("chain", "Chain"),
    "columns": ("columns", "Columns"),
    "select": ("columns", "Select"),
    # transformers
    "binary": ("scaling", "Binary"),
    "bins": ("encoding", "Bins"),
    "function": ("functions", "Function"),
    "impute": ("imputing", "Impute"),
    "indicate": ("imputing", "Indicate"),
    "norm": ("scaling", "Norm"),
    "one-hot": ("encoding", "OneHot"),
    "polynomial": ("polynomial", "Polynomial"),
    "power": ("power", "Power"),
    "project": ("projection", "Project"),
    "quantile": ("quantile", "Quantile"),
    "scale": ("scaling", "Scale"),
    "splines": ("splines", "Splines"),
    "stretch": ("scaling", "Stretch"),
    "table": ("encoding", "Table"),
    # texts and mappings
    "count": ("counting", "Count"),
    "hashed": ("hashing", "Hashed"),
    "hashed-mapping": ("hashing", "HashedMapping"),
    "mapping": ("mapping", "Mapping"),
    "tfidf": ("counting", "Tfidf"),
    # Linear models, naive Bayes, centres, constants
    "linear-classifier": ("linear", "LinearClassifier"),
    "linear-flags": ("linear", "LinearFlags"),
    "linear-regressor": ("linear", "LinearRegressor"),
    "vector-classifier": ("vectors", "VectorClassifier"),
    "vector-regressor": ("vectors", "VectorRegressor"),
    "gaussian-bayes": ("bayes", "Gaussian"),
    "linear-bayes": ("bayes", "LinearBayes"),
    "bernoulli-bayes": ("bayes", "Bernoulli"),
    "categorical-bayes": ("bayes", "Categorical"),
    "quadratic": ("discriminant", "Quadratic"),
    "constant": ("constant", "Constant"),
    "clusters": ("clusters", "Clusters"),
    # trees
    "tree-classifier": ("trees", "TreeClassifier"),
    "tree-regressor": ("trees", "TreeRegressor"),
    "isolation-forest": ("trees", "IsolationForest"),
    "boosted-classifier": ("boosted", "BoostedClassifier"),
    "boosted-regressor": ("boosted", "BoostedRegressor"),
    "recode": ("recode", "Recode"),
    "bagging-classifier": ("bagging", "BaggingClassifier"),
    "bagging-regressor": ("bagging", "BaggingRegressor"),
    "ada-boost-classifier": ("adaboost", "AdaBoostClassifier"),
    "ada-boost-regressor": ("adaboost", "AdaBoostRegressor"),
    "boosted-classifier-32": ("boosted32", "BoostedClassifier32"),
    "boosted-regressor-32": ("boosted32", "BoostedRegressor32"),
    "cat-boosted-classifier": ("catboosted", "CatBoostedClassifier"),
    "cat-boosted-regressor": ("catboosted", "CatBoostedRegressor"),
    # Ensembles and wrappers of others
    "soft-voting": ("voting", "SoftVoting"),
    "hard-voting": ("voting", "HardVoting"),
    "mean-voting": ("voting", "MeanVoting"),
    "stacking": ("stacking", "Stacking"),
    "calibrated": ("calibrated", "Calibrated"),
    "one-vs-rest": ("reductions", "OneVsRest"),
    "one-vs-one": ("reductions", "OneVsOne"),
    "output-code": ("reductions", "OutputCode"),
    "several-outputs": ("outputs", "SeveralOutputs"),
    "output-chain": ("outputs", "OutputChain"),
    "threshold": ("threshold", "Threshold"),
    # what onnxruntime evaluates
    "graph-values": ("graphs", "GraphValues"),
    "graph-chances": ("graphs", "GraphChances"),
    "graph-flags": ("graphs", "GraphFlags"),
    "graph-linear-classifier": ("graphs", "GraphLinearClassifier"),
    "graph-linear-regressor": ("graphs", "GraphLinearRegressor"),
    "graph-pairs": ("graphs", "GraphPairs"),
    "neighbour-classifier": ("graphs", "NeighbourClassifier"),
    "neighbour-regressor": ("graphs", "NeighbourRegressor"),
    "target": ("target", "Target"),
}


class Builder:
    """Makes evaluators of nodes. `view` and `list` are the file's arrays; `passed` is the type of what comes in and is
    handed on, None where there are several."""

    def __init__(self, flat, passed):
        self.passed = passed
        self.view = flat.view
        self.list = flat.list

    def build(self, node):
        """The evaluator of a node: `transform(row)`, or `predict(row)` and what goes with it."""
        from importlib import import_module

        module, name = KINDS[node["kind"]]
        return getattr(import_module("." + module, __package__), name)(node, self)
