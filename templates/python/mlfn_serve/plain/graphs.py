"""What models make of the numbers that a graph tells: values, chances, votes of pairs and of neighbours."""

from math import inf, nan, sqrt

from .graph import Graph
from .labels import largest
from .linear import LINKS, LinearClassifier, LinearRegressor
from .vectors import Pairs


class GraphValues(Graph):
    """{"several": whether an answer is a list, ...}: a regressor, whose graph tells the answer."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.several = node["several"]

    def label(self, told):
        return told if self.several else told[0]


class GraphChances(Graph):
    """{"classes": [..], ...}: a classifier, whose graph tells the chances."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]

    def label(self, told):
        return self.classes[largest(told)]

    def chances(self, told):
        return told


class GraphFlags(Graph):
    """A classifier of several labels at once: each has its chance, and is told where that is above a half."""

    def label(self, told):
        return [int(chance > 0.5) for chance in told]

    def chances(self, told):
        return told


class GraphPairs(Pairs, Graph):
    """SVC: the graph tells the score of each pair of classes."""

    def __init__(self, node, builder):
        Pairs.__init__(self, node)
        Graph.__init__(self, node, builder)


class GraphLinearClassifier(LinearClassifier, Graph):
    """As LinearClassifier: the graph tells the scores."""

    def __init__(self, node, builder):
        Graph.__init__(self, node, builder)
        self.classes, self.link, self.zero = node["classes"], LINKS.get(node["link"]), node.get("zero", 0)

    def scores(self, row):
        return self.asked([row])[0]

    def label(self, scores):
        return self._label(scores)

    def chances(self, scores):
        return self.link(scores)


class GraphLinearRegressor(LinearRegressor, Graph):
    """As LinearRegressor: the graph tells the scores."""

    def __init__(self, node, builder):
        Graph.__init__(self, node, builder)
        self.several, self.grows = node["several"], node["exp"]

    def scores(self, row):
        return self.asked([row])[0]


class Neighbours(Graph):
    """{"values": what is known of each training row, "root": the power that makes distances of what the graph tells,
    "weighed": whether near ones weigh more, "far": what an infinite distance counts as, or null, ...}; the graph tells the
    nearest rows' distances, and which they are. Where no distance is finite, that is the first row each time.
    """

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.values = builder.view(node["values"])
        self.root = node["root"]
        self.weighed = node["weighed"]
        self.far = inf if node["far"] is None else node["far"]

    def _asked(self, rows):
        return [self._known(*told) for told in super()._asked(rows)]

    def _known(self, distances, places):
        if distances[-1] < inf:
            return distances, places
        found = [(each, place) if each < inf else (self.far, 0) for each, place in zip(distances, places)]
        return tuple(map(list, zip(*found)))

    def shares(self, distances):
        """The weight of each neighbour; where some are at no distance, they alone count."""
        if not self.weighed:
            return [1.0] * len(distances)
        root = self.root
        found = [each if root == 1 else sqrt(each) if root == 2 else each ** (1 / root) for each in distances]
        if 0.0 in found:
            return [1.0 if each == 0 else 0.0 for each in found]
        return [1 / each for each in found]


class NeighbourClassifier(Neighbours):
    """KNeighborsClassifier: {"classes": [..], ...}; `values` are places in `classes`."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]

    def label(self, told):
        votes = self.votes(told)
        if not any(votes):
            raise ValueError("All neighbors of some sample is getting zero weights.")  # as scikit-learn says it
        return self.classes[largest(votes)]

    def chances(self, told):
        votes = self.votes(told)
        total = sum(votes)
        return [vote / total for vote in votes] if total else votes

    def votes(self, told):
        votes = [0.0] * len(self.classes)
        for share, place in zip(self.shares(told[0]), told[1]):
            votes[self.values[place]] += share
        return votes


class NeighbourRegressor(Neighbours):
    """KNeighborsRegressor: {"outputs": how many, "several": whether an answer is a list, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.outputs = node["outputs"]
        self.several = node["several"]

    def label(self, told):
        shares, outputs = self.shares(told[0]), self.outputs
        total = sum(shares)
        found = []
        for output in range(outputs):
            known = [self.values[place * outputs + output] for place in told[1]]
            found.append(sum(share * value for share, value in zip(shares, known)) / total if total else nan)
        return found if self.several else found[0]
