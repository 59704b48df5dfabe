"""CountVectorizer, and what TF-IDF makes of its counts."""

from math import inf, log, nan

from .rows import check_finite
from .scaling import NORMS, normalised
from .vocabulary import Vocabulary
from .words import analyzer

TYPES = {"float": float, "int": int}


class Count:
    """{"terms": a Vocabulary, "width", "analyzer": as in words.py, "binary", "gives"}: how often each term is in a text."""

    def __init__(self, node, builder):
        self.width = node["width"]
        self.terms = Vocabulary(node["terms"], builder)
        self.analyze = analyzer(node["analyzer"])
        self.gives = TYPES[node["gives"]]
        self.one = self.gives(1)
        self.binary = node["binary"]

    def transform(self, text):
        terms = self.terms
        one = self.one
        found = {}
        if self.binary:
            found = dict.fromkeys([terms[term] for term in self.analyze(text)], one)
        else:
            for term in self.analyze(text):
                number = terms[term]
                found[number] = found.get(number, 0) + one
        found.pop(-1, None)
        return found


class Tfidf:
    """{"width", "idf": [..] or null, "sublinear", "norm": "l1" | "l2" | "max" or null}: counts, weighed and normalised."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.idf = node["idf"] and builder.view(node["idf"])
        self.sublinear = node["sublinear"]
        self.norm = NORMS.get(node["norm"])

    def transform(self, row):
        if type(row) is not dict:
            row = {index: value for index, value in enumerate(row) if value != 0}
        check_finite(row)
        if self.sublinear:
            row = {index: _log(value) + 1.0 for index, value in row.items()}
        if self.idf is not None:
            idf = self.idf
            row = {index: value * idf[index] for index, value in row.items()}
        if not self.norm:
            return row
        check_finite(row, "Input")
        return normalised(row, self.norm)


def _log(value):
    return log(value) if value > 0 else nan if value < 0 else -inf
