"""DictVectorizer."""

from .vocabulary import Vocabulary


class Mapping:
    """{"terms": a Vocabulary, "width", "separator"}: an object's numbers by its keys; a text counts as one, at the name made
    of key and text. What the vocabulary does not know is left out."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.terms = Vocabulary(node["terms"], builder)
        self.separator = node["separator"]

    def transform(self, record):
        found = {}
        for name, value in record.items():
            if type(value) is str:
                name, value = f"{name}{self.separator}{value}", 1.0
            number = self.terms[name]
            if number >= 0:
                found[number] = found.get(number, 0.0) + float(value)
        return found
