"""Vectorizers of texts and of mappings, on words, letters, accents, odd spaces and what UTF-8 cannot hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import compiled, proof
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from mlfn_serve.plain.hashing import murmur3
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import murmurhash3_32

TEXTS = [
    "The quick brown fox jumps over the lazy dog",
    "Ärger über Größe und Straße",
    "naïve café, I was there 3 times",
    "a b c d e 1 22 333",
    "it's a well-known e-mail a_b@c.de dog dog fox",
    "日本語 テキスト fox",
    "",
    "the dog the fox the cat",
    "café fox quick quick quick",
    "  two  spaces\tand\u2003more \n",
]
LABELS = [0, 1] * 5
RECORDS = [{"age": 3, "city": "Bern"}, {"age": 5, "city": "Köln", "ok": True}, {"city": "Oslo", "x": 2.5}, {"ok": False}, {}] * 2
ANALYSES = [
    {},
    {"binary": True},
    {"ngram_range": (1, 3)},
    {"ngram_range": (2, 2)},
    {"lowercase": False},
    {"strip_accents": "ascii"},
    {"strip_accents": "unicode", "lowercase": False},
    {"stop_words": "english"},
    {"stop_words": ["dog", "fox"], "ngram_range": (1, 2)},
    {"token_pattern": r"(?u)\b\w+\b"},
    {"token_pattern": r"(\w)\w+"},
    {"analyzer": "char", "ngram_range": (1, 3)},
    {"analyzer": "char_wb", "ngram_range": (1, 1)},
    {"analyzer": "char_wb", "ngram_range": (2, 4)},
]
ODD = ["\ud800 lone", "x" * 5000, "ẞß İi ﬁ Ⅳ", "\x00\x1c\x85", "3 3 3", "e\u0301 é"]


@pytest.mark.parametrize("how", ANALYSES, ids=str)
def test_texts_are_counted_weighed_and_hashed_as_the_model_does(how):
    union = make_union(
        CountVectorizer(**how),
        TfidfVectorizer(**how),
        HashingVectorizer(n_features=64, **how),
        CountVectorizer(dtype=float, **how),
    )
    told = proof(union.fit(TEXTS), ODD)
    assert told["probes"] > 100
    assert told["largestDifference"] < 1e-12


def test_ways_to_weigh():
    ways = [{"sublinear_tf": True}, {"norm": None}, {"norm": "l1"}, {"use_idf": False}, {"smooth_idf": False}]
    proof(make_union(*(TfidfVectorizer(**way) for way in ways)).fit(TEXTS))
    hashed = [{"norm": None}, {"norm": "l1", "alternate_sign": False}, {"binary": True}, {"n_features": 7}]
    proof(make_union(*(HashingVectorizer(**{"n_features": 32, **way}) for way in hashed)).fit(TEXTS))
    few = HashingVectorizer(n_features=32, norm=None, alternate_sign=False)
    told = proof(make_pipeline(few, TfidfTransformer(smooth_idf=False), MultinomialNB()).fit(TEXTS, LABELS))
    assert told["refused"] > 0  # an infinite weight of what was in no text


@pytest.mark.parametrize(
    "steps",
    [
        (CountVectorizer(), MultinomialNB()),
        (TfidfVectorizer(), TruncatedSVD(3, random_state=0), LogisticRegression()),
        (TfidfVectorizer(), SelectKBest(k=4), LogisticRegression()),
        (CountVectorizer(vocabulary=["dog", "fox", "the"], stop_words="english"), LogisticRegression()),
        (make_union(TfidfVectorizer(), CountVectorizer(analyzer="char")), LogisticRegression()),
        (HashingVectorizer(n_features=2**12), LogisticRegression()),
    ],
    ids=lambda steps: type(steps[0]).__name__ + "-" + type(steps[1]).__name__,
)
def test_what_stands_behind_a_vectorizer(steps):
    proof(make_pipeline(*steps).fit(TEXTS, LABELS), ODD)


def test_a_column_of_texts():
    frame = pd.DataFrame({"text": TEXTS, "age": np.arange(10.0), "city": ["x", "y"] * 5})
    columns = ColumnTransformer(
        [("t", TfidfVectorizer(), "text"), ("n", StandardScaler(), ["age"]), ("c", OneHotEncoder(), ["city"])]
    )
    told = proof(make_pipeline(columns, LogisticRegression()).fit(frame, LABELS), [{"text": None, "age": 1, "city": "x"}])
    assert told["refused"] > 0
    letters = ColumnTransformer([("t", CountVectorizer(analyzer="char"), "text")])
    proof(make_pipeline(letters, DecisionTreeClassifier()).fit(frame, LABELS), [{"text": None}])


@pytest.mark.parametrize("how", [{}, {"sparse": False}, {"separator": "::"}, {"sort": False}], ids=str)
def test_mappings(how):
    told = proof(DictVectorizer(**how).fit(RECORDS))
    assert told["probes"] > 100
    proof(make_pipeline(DictVectorizer(**how), LogisticRegression()).fit(RECORDS, LABELS))


@pytest.mark.parametrize("how", [{"n_features": 16}, {"n_features": 5, "alternate_sign": False}], ids=str)
def test_hashed_mappings(how):
    proof(FeatureHasher(**how).fit(RECORDS))
    proof(make_pipeline(FeatureHasher(**how), LogisticRegression()).fit(RECORDS, LABELS))


@pytest.mark.parametrize(
    "vectorizer, reason",
    [
        (TfidfVectorizer(dtype=np.float32), "dtype=float32"),
        (CountVectorizer(tokenizer=str.split), "a tokenizer of its own"),
        (CountVectorizer(analyzer=str.split), "a function of its own"),
        (HashingVectorizer(preprocessor=str.upper), "a preprocessor of its own"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_functions_of_the_users_have_no_plain_form(vectorizer, reason):
    with pytest.raises(Unsupported, match=reason):
        compiled(make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS, LABELS))


def test_a_vocabulary_that_numbers_two_words_otherwise_is_found():
    native, model = compiled(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS))
    words = native.estimator.steps[0][1].vocabulary_
    words["fox"], words["cat"] = words["cat"], words["fox"]
    with pytest.raises(Unsupported, match="the plain form answers"):
        prove(native, model, ["a fox"])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_hashes_are_the_original_s(text):
    data = text.encode("utf-8", "surrogatepass")
    assert murmur3(data) == murmurhash3_32(data, 0)


EVERY = {
    "word": make_union(*(CountVectorizer(**how) for how in ANALYSES if "analyzer" not in how)).fit(TEXTS),
    "char": make_union(*(CountVectorizer(**how) for how in ANALYSES if "analyzer" in how)).fit(TEXTS),
}


@pytest.mark.parametrize("name", EVERY)
def test_any_text(name):
    native, model = compiled(EVERY[name])

    @settings(max_examples=60, deadline=None)
    @given(st.text(alphabet=st.one_of(st.sampled_from("aeiouthdogfx é'-_1\t\n\u2003ßÄ\u0301"), st.characters()), max_size=60))
    def tried(text):
        prove(native, model, [text])

    tried()
