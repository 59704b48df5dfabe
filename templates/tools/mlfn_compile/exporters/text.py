"""Vectorizers of texts and of mappings."""

from ..unsupported import Unsupported
from . import number_type, width_of

ROOM = 2  # slots of the hash table for each term


def count_vectorizer(estimator, out, columns):
    words = _vocabulary(estimator)
    analyzer = _analyzer(estimator)
    if analyzer["stop"] and analyzer["most"] == 1 and not any(word in words for word in analyzer["stop"]):
        analyzer["stop"] = None  # what is not in the vocabulary is left out anyway
    return {
        "kind": "count",
        "analyzer": analyzer,
        "terms": terms(words, out),
        "width": len(words),
        "binary": bool(estimator.binary),
        "gives": _counted(estimator),
    }


def tfidf_vectorizer(estimator, out, columns):
    tfidf = getattr(estimator, "_tfidf", None)
    if tfidf is None or _counted(estimator) != "float":
        raise Unsupported("a TfidfVectorizer that was not fitted, or not on 64-bit floats, has no plain form")
    count = count_vectorizer(estimator, out, columns)
    return {"kind": "chain", "steps": [count, _tfidf(tfidf, count["width"], out)]}


def tfidf_transformer(estimator, out, columns):
    return _tfidf(estimator, width_of(estimator), out)


def _tfidf(estimator, width, out):
    idf = None
    if estimator.use_idf:
        idf = estimator.idf_
        if idf.dtype.itemsize != 8:
            raise Unsupported("TF-IDF in 32 bits has no plain form")
        idf = out.doubles(idf)
    return {"kind": "tfidf", "width": width, "idf": idf, "sublinear": bool(estimator.sublinear_tf), "norm": estimator.norm}


def hashing_vectorizer(estimator, out, columns):
    if number_type(estimator.dtype, "HashingVectorizer") != "float":
        raise Unsupported("a HashingVectorizer of integers has no plain form")
    return {
        "kind": "hashed",
        "analyzer": _analyzer(estimator),
        "width": int(estimator.n_features),
        "signed": bool(estimator.alternate_sign),
        "binary": bool(estimator.binary),
        "norm": estimator.norm,
    }


def feature_hasher(estimator, out, columns):
    if estimator.input_type != "dict" or number_type(estimator.dtype, "FeatureHasher") != "float":
        raise Unsupported(f"FeatureHasher(input_type={estimator.input_type!r}) has no plain form")
    return {"kind": "hashed-mapping", "width": int(estimator.n_features), "signed": bool(estimator.alternate_sign)}


def dict_vectorizer(estimator, out, columns):
    if number_type(estimator.dtype, "DictVectorizer") != "float":
        raise Unsupported("a DictVectorizer of integers has no plain form")
    words = _vocabulary(estimator)
    return {"kind": "mapping", "terms": terms(words, out), "width": len(words), "separator": estimator.separator}


def _counted(estimator):
    found = number_type(estimator.dtype, type(estimator).__name__)
    if found == "bool":
        raise Unsupported(f"{type(estimator).__name__}(dtype=bool) has no plain form")
    return found


def _vocabulary(estimator):
    words = getattr(estimator, "vocabulary_", None)
    if not words or any(type(word).__name__ not in ("str", "str_") for word in words):
        raise Unsupported(f"a {type(estimator).__name__} without a vocabulary of texts has no plain form")
    if sorted(words.values()) != list(range(len(words))):
        raise Unsupported(f"a {type(estimator).__name__} whose vocabulary leaves numbers out has no plain form")
    return words


def _analyzer(estimator):
    name = type(estimator).__name__
    for own in ("preprocessor", "tokenizer"):
        if getattr(estimator, own) is not None:
            raise Unsupported(f"{name} with a {own} of its own has no plain form")
    if callable(estimator.analyzer) or callable(estimator.strip_accents):
        raise Unsupported(f"{name} with a function of its own has no plain form")
    if estimator.input != "content":
        raise Unsupported(f"{name}(input={estimator.input!r}) has no plain form")
    least, most = estimator.ngram_range
    word = estimator.analyzer == "word"
    stop = estimator.get_stop_words() if word else None
    return {
        "of": estimator.analyzer,
        "lower": bool(estimator.lowercase),
        "accents": estimator.strip_accents or None,
        "pattern": _pattern(estimator.token_pattern, name) if word else None,
        "stop": sorted(stop) if stop else None,
        "least": int(least),
        "most": int(most),
    }


def _pattern(pattern, name):
    import re

    compiled = re.compile(pattern)
    if compiled.groups > 1 or compiled.pattern is not pattern and compiled.pattern != pattern:
        raise Unsupported(f"{name}(token_pattern=...) with several groups has no plain form")
    if not isinstance(pattern, str):
        raise Unsupported(f"{name} with a compiled token_pattern has no plain form")
    return pattern


def terms(words, out):
    """What mlfn_serve/plain/vocabulary.py looks terms up in. `words` is {term: number}."""
    ordered = [data.encode("utf-8", "surrogatepass") for data in sorted(words, key=words.get)]
    ends = [0]
    for data in ordered:
        ends.append(ends[-1] + len(data))
    count = _prime(ROOM * len(ordered))
    slots = [0] * count
    for number, data in enumerate(ordered):
        place = int.from_bytes(data, "little") % count
        while slots[place]:
            place = (place + 1) % count
        slots[place] = number + 1
    return {"blob": out.integers(b"".join(ordered)), "ends": out.integers(ends), "slots": out.integers(slots)}


def _prime(least):
    """The next prime: with any other number of slots the first letters alone might decide."""
    found = max(least, 3) | 1
    while any(found % factor == 0 for factor in range(3, int(found**0.5) + 1, 2)):
        found += 2
    return found
