"""Where a column of the model's input crosses what a tree compares with: the two neighbouring doubles."""

import struct
from array import array

from mlfn_serve.plain.forest import dense

LARGE = 1e300
SPREAD = (0.0, 1.0, -1.0, 7.5)
# Of a column of categories that stand for themselves.
CODES = [float(code) for code in (*range(64), -1, 10**6)]
SETS = 8 + 16  # of forest.py's rules those that ask for a set
REFUSED = (AttributeError, ValueError, TypeError, ArithmeticError, LookupError)
# Columns of the model's times columns of the trees': more are not followed.
WIDEST = 4_000_000


class Crossings:
    """Of one forest: which of the model's columns makes which of the trees', and the values of it that go either way."""

    def __init__(self, forest, through, fields, example):
        self.forest = forest
        self.through = through or list
        self.fields = fields
        self.example = example
        self.found = {}
        self.sources = self._sources()

    def source(self, feature):
        return self.sources.get(feature)

    def choose(self, row, feature, steps):
        """Puts a value into the row that goes at each of the steps, [(node, whether left)], where there is one."""
        source = self.sources.get(feature)
        if source is None:
            return
        candidates = self._candidates(source, feature, steps)
        for value in candidates:
            told = self._told(source, feature, value)
            if told is not None and all(self._goes_left(node, told) == left for node, left in steps):
                row[source] = value
                return

    def _candidates(self, source, feature, steps):
        field = self.fields[source]
        if field.allowed:
            return field.allowed
        sets = any(self.forest.rule and self.forest.rule[node] & SETS for node, _ in steps)
        if sets:
            return CODES
        # The last step first: it is the one whose both sides are wanted.
        pairs = [self._crossing(source, feature, self.forest.threshold[node]) for node, _ in reversed(steps)]
        return [value for pair in pairs for value in pair]

    def _goes_left(self, node, value):
        forest = self.forest
        how = forest.rule[node] if forest.rule else 0
        return bool(forest._ruled(how, value, forest.threshold[node]))

    def _told(self, source, feature, value):
        """What the trees see in the column `feature` for a value of the model's column `source`; None where nothing."""
        row = list(self.example)
        row[source] = value
        try:
            made = self.through(row)
            seen = made.get(feature, 0.0) if type(made) is dict else made[feature]
            return array("f", [seen])[0] if self.forest.single else float(seen)
        except REFUSED:
            return None

    def _sources(self):
        """{the trees' column: the model's}, where only one changes it."""
        width = self.forest.width
        if self.through is list:
            return {feature: feature for feature in range(width)}
        if width * len(self.fields) > WIDEST:
            return {}
        changed = {}
        for source, field in enumerate(self.fields):
            seen = [self._whole(source, value) for value in (field.allowed or SPREAD)[:50]]
            seen = [each for each in seen if each is not None]
            for feature in range(width) if seen else ():
                if any(each[feature] != seen[0][feature] for each in seen):
                    changed.setdefault(feature, []).append(source)
        return {feature: only[0] for feature, only in changed.items() if len(only) == 1}

    def _whole(self, source, value):
        row = list(self.example)
        row[source] = value
        try:
            made = self.through(row)
        except REFUSED:
            return None
        made = dense(made, self.forest.width) if type(made) is dict else made
        return made if len(made) == self.forest.width else None

    def _crossing(self, source, feature, limit):
        """Two neighbouring doubles, not above the limit and above it as the trees see them; empty where there are none."""
        key = (feature, limit)
        if key not in self.found:
            self.found[key] = crossing(lambda value: self._told(source, feature, value), limit)
        return self.found[key]


def crossing(curve, limit):
    """Of a curve that rises or falls: begins at a guess as if it were a line, and halves what is left."""

    def above(place):
        told = curve(_double(place))
        return None if told is None else told > limit

    low, high = curve(0.0), curve(1.0)
    if low is None or high is None or low == high:
        return ()
    guess = min(max((limit - low) / (high - low), -LARGE), LARGE)
    place = _place(guess if guess == guess else 0.0)
    side = above(place)
    most = _place(LARGE)
    reach = 1
    while side is not None:
        for other in (min(place + reach, most), max(place - reach, -most)):
            found = above(other)
            if found is not None and found != side:
                return _halved(above, place, other, side)
        if reach > 2 * most:
            return ()
        reach *= 4
    return ()


def _halved(above, place, other, side):
    while abs(place - other) > 1:
        middle = (place + other) // 2
        if above(middle) == side:
            place = middle
        else:
            other = middle
    return _double(place), _double(other)


def _place(value):
    """The doubles in order, as whole numbers: neighbours are one apart."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _double(place):
    bits = place if place >= 0 else -place | -0x8000000000000000
    return struct.unpack("<d", struct.pack("<q", bits))[0]
