"""From a text to its words, letters or n-grams, as scikit-learn's vectorizers take them."""

import re

SPACES = re.compile(r"\s\s+")


def analyzer(node):
    """A function from a text to the list of its terms. `node` is {"of": "word" | "char" | "char_wb", "lower", "accents":
    "ascii" | "unicode" | null, "pattern", "stop": [word, ...] or null, "least", "most": of the n of n-grams}."""
    least, most = node["least"], node["most"]
    prepared = _prepared(node["lower"], node["accents"])
    if node["of"] == "word":
        words = re.compile(node["pattern"]).findall
        stop = frozenset(node["stop"] or ())
        if not stop and most == 1:
            return lambda text: words(prepared(text))
        return lambda text: _word_grams([word for word in words(prepared(text)) if word not in stop], least, most)
    grams = _letter_grams if node["of"] == "char" else _bounded_grams
    return lambda text: grams(SPACES.sub(" ", prepared(text)), least, most)


def _prepared(lower, accents):
    strip = {None: None, "ascii": _strip_ascii, "unicode": _strip_unicode}[accents]
    if lower and strip:
        return lambda text: strip(text.lower())
    return strip or (_lower if lower else _same)


def _lower(text):
    return text.lower()  # what is no text fails as it does in the original


def _same(text):
    return text


def _strip_ascii(text):
    from unicodedata import normalize

    return normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _strip_unicode(text):
    if text.isascii():
        return text
    from unicodedata import combining, normalize

    return "".join([each for each in normalize("NFKD", text) if not combining(each)])


def _word_grams(words, least, most):
    count = len(words)
    found = list(words) if least == 1 else []
    for size in range(max(least, 2), min(most, count) + 1):
        found += [" ".join(words[start : start + size]) for start in range(count - size + 1)]
    return found


def _letter_grams(text, least, most):
    count = len(text)
    found = []
    for size in range(least, min(most, count) + 1):
        found += [text[start : start + size] for start in range(count - size + 1)]
    return found


def _bounded_grams(text, least, most):
    """Within words, each with a space on both sides; a word that is too short once."""
    found = []
    for word in text.split():
        word = f" {word} "
        count = len(word)
        for size in range(least, most + 1):
            found += [word[start : start + size] for start in range(max(count - size, 0) + 1)]
            if count <= size:
                break
    return found
