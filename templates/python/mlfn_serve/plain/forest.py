"""Trees as flat arrays, and the walk through them."""

from array import array

# What a node does besides comparing; `rule` holds their sum.
LEFT = 1  # a missing value goes left, otherwise right
ZERO = 2  # a zero is missing, too
FILL = 4  # a missing value counts as zero
SET = 8  # left if the value is in the set that the threshold numbers
OUTSIDE = 16  # left if it is not in that set, nor a category at all
NEARLY_ZERO = 1.0000000180025095e-35  # LightGBM's kZeroThreshold, a float32

# Up to here lists are quicker than what is mapped; beyond, what they point to no longer fits a processor's cache, and making
# them takes longer than all else (measured at 8,000, 70,000, 130,000 and 400,000 nodes).
LISTED = 20_000


class Forest:
    """{"roots", "feature", "threshold", "right": arrays, "rule": array or null, "sets": null or {"members", "ends"},
    "values": [an array for each output], "single": whether values are rounded to float32 first, "width": of a row,
    "refuses": {"NaN", "infinity": message or null}}

    A node's left child is the next node, its right child `right[node]`; where that is negative the node is a leaf and its
    value `values[output][right[node]]`, counted from the end.
    """

    def __init__(self, node, builder):
        taken = builder.list if node["count"] <= LISTED else builder.view
        self.roots = builder.list(node["roots"])
        self.feature = taken(node["feature"])
        self.threshold = taken(node["threshold"])
        self.right = taken(node["right"])
        self.rule = node["rule"] and taken(node["rule"])
        self.values = [taken(each) for each in node["values"]]
        self.takers = [each.__getitem__ for each in self.values]
        self.single = node["single"]
        self.width = node["width"]
        self.refuses = node["refuses"]
        self.sets = node["sets"] and Sets(builder.view(node["sets"]["members"]), builder.view(node["sets"]["ends"]))
        self.special = node["special"]

    def read(self, row):
        """The row as the trees see it: a list of floats. Raises what the original refuses it with."""
        if type(row) is dict:
            row = dense(row, self.width)
        if self.single:
            row = array("f", row).tolist()
        total = sum(row)
        if total - total != 0:
            self._inspect(row)
        return row

    def _inspect(self, row):
        for value in row:
            if value - value != 0:
                refused = self.refuses["NaN" if value != value else "infinity"]
                if refused:
                    raise ValueError(refused)

    def leaves(self, row):
        """Of each tree where its leaf's value stands, for a row that `read` gave."""
        if self.rule and (self.special or any(value != value for value in row)):
            return [self._special(node, row) for node in self.roots]
        feature, threshold, right = self.feature, self.threshold, self.right
        found = []
        for node in self.roots:
            while (other := right[node]) > 0:
                node = node + 1 if row[feature[node]] <= threshold[node] else other
            found.append(other)
        return found

    def _special(self, node, row):
        feature, threshold, right, rule = self.feature, self.threshold, self.right, self.rule
        while (other := right[node]) > 0:
            value = row[feature[node]]
            how = rule[node]
            if how > LEFT:
                left = self._ruled(how, value, threshold[node])
            elif value != value:
                left = how
            else:
                left = value <= threshold[node]
            node = node + 1 if left else other
        return other

    def _ruled(self, how, value, threshold):
        if value != value:
            if not how & FILL:
                return how & LEFT
            value = 0.0
        if how & ZERO and -NEARLY_ZERO <= value <= NEARLY_ZERO:
            return how & LEFT
        if how & SET:
            return -1 < value < 2147483648 and int(value) in self.sets[int(threshold)]
        if how & OUTSIDE:
            return not (0 <= value < 16777216 and int(value) in self.sets[int(threshold)])
        return value <= threshold


class Sets(dict):
    """Of each split by categories its set, made when it is first met."""

    def __init__(self, members, ends):
        super().__init__()
        self.members = members
        self.ends = ends

    def __missing__(self, index):
        found = self[index] = frozenset(self.members[self.ends[index] : self.ends[index + 1]])
        return found


def dense(row, width):
    """The list that {index: value} stands for."""
    full = [0.0] * width
    for index, value in row.items():
        full[index] = value
    return full
