"""Lays trees out as mlfn_serve/plain/forest.py walks them: every left child right behind its parent."""

from .unsupported import Unsupported

LEAF = -1
MISSING = 1 + 4  # of mlfn_serve/plain/forest.py's rules those that concern missing values alone


class Layout:
    """Collects the trees of one ensemble. `single` is whether they see values rounded to float32."""

    def __init__(self, width, single, refuses=None):
        self.width = width
        self.single = single
        self.refuses = refuses or {"NaN": None, "infinity": None}
        self.roots, self.feature, self.threshold, self.right, self.rule = [], [], [], [], []
        self.values = {}
        self.members, self.ends = [], [0]

    def category_set(self, members):
        """The number by which a split calls its set of categories."""
        self.members.extend(members)
        self.ends.append(len(self.members))
        return len(self.ends) - 2

    def add(self, left, right, feature, threshold, values, rule=None):
        """One tree, as lists by node: children (LEAF where it has none), and what of the outputs a leaf holds, a tuple.
        The first node is the root."""
        self.roots.append(len(self.right))
        stack = [(0, None)]
        while stack:
            node, parent = stack.pop()
            here = len(self.right)
            if parent is not None:
                self.right[parent] = here
            if left[node] == LEAF:
                index = self.values.setdefault(tuple(values[node]), len(self.values))
                self._node(0, 0.0, -1 - index, 0)
                continue
            self._node(int(feature[node]), threshold[node], 0, rule[node] if rule else 0)
            stack.append((right[node], here))
            stack.append((left[node], None))

    def _node(self, feature, threshold, right, rule):
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.right.append(right)
        self.rule.append(rule)

    def node(self, out):
        """What every ensemble's node holds. Raises Unsupported for an ensemble without trees."""
        if not self.roots:
            raise Unsupported("an ensemble without trees has no plain form")
        outputs = zip(*reversed(self.values))
        ruled = any(self.rule)
        sets = {"members": out.integers(self.members), "ends": out.integers(self.ends)} if self.members else None
        return {
            "width": self.width,
            "single": self.single,
            "refuses": self.refuses,
            "count": len(self.right),
            "roots": out.integers(self.roots),
            "feature": out.integers(self.feature),
            "threshold": (out.singles if self.single else out.doubles)(self.threshold),
            "right": out.integers(self.right),
            "rule": out.integers(self.rule) if ruled else None,
            "special": any(rule & ~MISSING for rule in self.rule),
            "sets": sets,
            "values": [out.doubles(each) for each in outputs],
        }


def rounded_down(thresholds):
    """The largest float32 that is not above each threshold: to a float32 they are the same limit."""
    import numpy

    with numpy.errstate(over="ignore"):
        near = thresholds.astype("float32")
    return numpy.where(near > thresholds, numpy.nextafter(near, numpy.float32(-numpy.inf)), near).tolist()


def refusals(estimator, method="predict"):
    """What a fitted estimator of numbers says of NaN and of infinity: the first line, or None where it takes them."""
    import numpy

    told = {}
    for name, value in (("NaN", numpy.nan), ("infinity", numpy.inf)):
        told[name] = None
        try:
            getattr(estimator, method)(numpy.full((1, estimator.n_features_in_), value))
        except ValueError as error:
            told[name] = str(error).strip().splitlines()[0]
    return told
