"""Texts made from the words that a model knows."""

PLAIN = (
    "",
    " ",
    "a",
    "unheard of",
    "The QUICK brown fox, 3 times!",
    "Ärger über Größe, naïve café\u0301, I\u0307stanbul ß ﬁ",
    "it's a well-known e-mail: a_b@c.de",
    "日本語 テキスト",
    "\u200bzero\u00a0width\ttab\r\nline",
    "🙂 emoji 👩\u200d👩\u200d👧",
    "1 22 333 4.5",
    "a " * 400,
)
WORDS = 400
MIXED = 150


def texts(estimator, chance):
    """Some that hold no word, each word (or a sample of them) alone, and mixtures."""
    words = known_words(estimator)
    words = words if len(words) <= WORDS else chance.sample(words, WORDS)
    made = [*PLAIN, *words]
    for word in words[:40]:
        made += [word.upper(), f"({word})", f"{word}{word}", word[:-1], f"{word}\n{word} {word}"]
    for _ in range(MIXED if words else 0):
        taken = [chance.choice(words) for _ in range(chance.randrange(2, 30))]
        made.append(chance.choice((" ", " ", ", ", " the ", "-")).join(taken))
    return made


def known_words(estimator):
    """The keys of every vocabulary in the model, in order."""
    found = set()
    seen = set()
    stack = [estimator]
    while stack:
        each = stack.pop()
        if id(each) in seen or each is None or isinstance(each, (str, bytes, int, float)):
            continue
        seen.add(id(each))
        if isinstance(each, (list, tuple)):
            stack += each[:50]
        elif hasattr(each, "get_params"):
            words = getattr(each, "vocabulary_", None)
            found.update(word for word in words or () if isinstance(word, str))
            stack += vars(each).values()
    return sorted(found)
