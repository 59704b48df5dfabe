"""QuantileTransformer."""

from bisect import bisect_left, bisect_right
from math import inf, log, sqrt

from .rows import check_infinite

BOUND = 1e-7  # scikit-learn's BOUNDS_THRESHOLD


class Quantile:
    """{"width", "count", "quantiles": [.. of each column], "references": [..], "clip": [low, high] or null}: where in the
    training data a value lies; with `clip`, as the normal distribution has it."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        count = node["count"]
        flat = builder.view(node["quantiles"])
        self.columns = [flat[start : start + count] for start in range(0, len(flat), count)]
        self.references = builder.list(node["references"])
        self.clip = node["clip"]

    def transform(self, row):
        check_infinite(row)
        if type(row) is dict:  # zeros that are not written are left alone
            return {index: self._placed(value, self.columns[index]) for index, value in row.items()}
        return list(map(self._placed, row, self.columns))

    def _placed(self, value, quantiles):
        if value != value:
            return value
        low, high = quantiles[0], quantiles[-1]
        margin = BOUND if self.clip else 0.0
        if value - margin < low if self.clip else value == low:
            place = 0.0
        elif value + margin > high if self.clip else value == high:
            place = 1.0
        else:
            place = 0.5 * (_upwards(value, quantiles, self.references) + _downwards(value, quantiles, self.references))
        if not self.clip:
            return place
        found = normal_quantile(place)
        least, most = self.clip
        return least if found < least else most if found > most else found


def _upwards(value, places, heights):
    """numpy.interp: where places are repeated, from the last of them."""
    index = bisect_right(places, value) - 1
    if index < 0:
        return heights[0]
    if index >= len(places) - 1:
        return heights[-1]
    return _between(value, places[index], places[index + 1], heights[index], heights[index + 1])


def _downwards(value, places, heights):
    """-numpy.interp of everything negated and turned round: from the first of repeated places."""
    low = bisect_left(places, value)
    if low >= len(places):
        return heights[-1]
    if low == 0:
        return heights[0]
    return -_between(-value, -places[low], -places[low - 1], -heights[low], -heights[low - 1])


def _between(value, left, right, low, high):
    if value == left:
        return low
    slope = (high - low) / (right - left)
    found = slope * (value - left) + low
    return found if found == found else slope * (value - right) + high


def normal_quantile(chance):
    """The inverse of the normal distribution: Wichura's AS 241, exact to about 1e-16."""
    if chance <= 0:
        return -inf
    if chance >= 1:
        return inf
    centred = chance - 0.5
    if abs(centred) <= 0.425:
        square = 0.180625 - centred * centred
        return centred * _ratio(CENTRE, square)
    tail = sqrt(-log(chance if centred < 0 else 1.0 - chance))
    found = _ratio(NEAR, tail - 1.6) if tail <= 5.0 else _ratio(FAR, tail - 5.0)
    return -found if centred < 0 else found


def _ratio(coefficients, value):
    above, below = coefficients
    top = bottom = 0.0
    for factor in above:
        top = top * value + factor
    for factor in below:
        bottom = bottom * value + factor
    return top / bottom


# Highest power first, above and below the line.
CENTRE = (
    (
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ),
    (
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ),
)
NEAR = (
    (
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ),
    (
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ),
)
FAR = (
    (
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ),
    (
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ),
)
