"""Two answers side by side: the first difference that counts, and how it is told."""

import json
import math

# Of a probability, in units of rounding: what `1 - p` leaves of the last places of p.
PLACES = 8


class Terms:
    """`relative`: of two numbers, how far apart they may be. `floor`: the same for a probability, absolute. `classes` of the
    model: two labels may change places where their probabilities do, within what they may be apart.
    """

    def __init__(self, relative, classes):
        self.relative = relative
        # Whoever asks for less than seven digits compares with what was computed in float32.
        self.floor = PLACES * (2.0**-53 if relative < 1e-7 else 2.0**-24)
        self.classes = classes


class Difference:
    """Where two answers differ: `kind` is prediction, probability or whole, `place` the indices below it."""

    __slots__ = ("kind", "place", "expected", "found")

    def __init__(self, kind, place, expected, found):
        self.kind = kind
        self.place = place
        self.expected = expected
        self.found = found


def first_difference(expected, found, terms):
    """A Difference, or None."""
    if expected[0] != found[0] or expected[0] == "refused":
        return None if expected == found else Difference("whole", (), expected, found)
    for each in _leaves(expected, found):
        if not distance(each, terms) <= terms.relative and not _is_tie(each, expected[2], found[2], terms):
            return each
    return None


def _is_tie(each, expected, found, terms):
    """Whether the model itself hardly tells both labels apart, and the last places of their chances decide. Where both forms
    have exactly equal chances, nothing but the rule for ties differs: that is a difference.
    """
    classes = terms.classes
    if not classes or each.kind != "prediction" or len(each.place) != 1 or not expected or not found:
        return False
    if each.expected not in classes or each.found not in classes or isinstance(classes[0], list):
        return False
    labels = classes.index(each.expected), classes.index(each.found)
    own, others = ([chances[each.place[0]][label] for label in labels] for chances in (expected, found))
    if type(own[0]) is not float or type(others[0]) is not float or type(each.expected) is not type(each.found):
        return False
    near = abs(own[0] - own[1]) <= terms.floor + terms.relative * abs(own[0]) * (terms.floor > 1e-9)
    return near and own[0] >= own[1] and others[1] >= others[0] and (own[0] != own[1] or others[0] != others[1])


def largest_difference(expected, found, terms):
    """Of answers that do not differ: the largest relative distance of two numbers at the same place."""
    if expected[0] == "refused":
        return 0.0
    apart = (distance(each, terms) for each in _leaves(expected, found))
    return max((each for each in apart if math.isfinite(each)), default=0.0)


def distance(each, terms):
    """Relative, of two numbers; infinite where anything else differs."""
    one, other = each.expected, each.found
    if type(one) is not type(other):
        return math.inf
    if type(one) is not float:
        return 0.0 if one == other else math.inf
    if one == other or one != one and other != other:
        return 0.0
    apart = abs(one - other)
    if not math.isfinite(apart):
        return math.inf
    if each.kind == "probability" and apart <= terms.floor:
        return 0.0
    return apart / max(abs(one), abs(other))


def _leaves(expected, found):
    yield from _below("prediction", (), expected[1], found[1])
    yield from _below("probability", (), expected[2], found[2])


def _below(kind, place, expected, found):
    if not isinstance(expected, (list, tuple)) or not isinstance(found, (list, tuple)) or len(expected) != len(found):
        yield Difference(kind, place, expected, found)
    else:
        for index, (one, other) in enumerate(zip(expected, found)):
            yield from _below(kind, (*place, index), one, other)


def in_words(engine, difference, expected, found, body, classes):
    """The clause that tells a user why the form is not taken."""
    if difference.kind == "whole":
        return f"the {engine} form {_act(found)} and the model {_act(expected)} to {shown(body)}"
    what = ""
    if difference.kind == "probability":
        label = difference.place[-1] if difference.place else 0
        known = isinstance(classes, list) and label < len(classes) and not isinstance(classes[label], list)
        what = f" as the probability of {shown(classes[label])}" if known else f" as probability {label}"
    elif len(difference.place) > 1:
        what = f" as output {difference.place[-1]}"
    record = difference.place[0] if difference.place else 0
    several = len(expected[1]) > 1
    answers = f"the {engine} form answers {shown(difference.found)}{what} and the model {shown(difference.expected)}"
    return f"{answers} to {f'record {record} of ' if several else ''}{shown(body)}"


def _act(told):
    if told[0] == "refused":
        return f"refuses ({told[1]}: {told[3]})"
    return f"answers {shown(told[1] if len(told[1]) > 1 else told[1][0])}"


def shown(value):
    """As JSON, shortened in the middle."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 160 else f"{text[:110]} ... {text[-40:]}"
