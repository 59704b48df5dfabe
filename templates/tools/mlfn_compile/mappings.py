"""Objects of any keys made from the names that a model knows."""

from .texts import known_words

ODD = ({}, {"": 0}, {"unheard of": 1}, {"a=b": 2, "a": "b"}, {"Ä\u0301": "日本"}, {"\ud800": 1})
VALUES = (
    0,
    0.0,
    -0.0,
    1,
    -2.5,
    True,
    False,
    "",
    "1",
    "unheard of",
    1e300,
    -1e300,
    5e-324,
    2**53 + 1,
    10**400,
    None,
    [1],
    {"a": 1},
)
NAMES = 300
MIXED = 150


def mappings(estimator, chance):
    """Each known name with a number and with texts, odd values under known names, and mixtures."""
    words = known_words(estimator) or ["a", "b", "c=d", "age", "city=Bern"]
    words = words if len(words) <= NAMES else chance.sample(words, NAMES)
    made = [*ODD, [{}, {words[0]: 1}]]
    for word in words:
        name, mark, value = word.partition("=")
        made += [{word: 1}, {word: 2.5}, {name: value}, {name: value + " "}]
    made += [{word: value} for word in words[:5] for value in VALUES]
    for _ in range(MIXED):
        record = {}
        for word in chance.sample(words, min(len(words), chance.randrange(1, 8))):
            name, mark, value = word.partition("=")
            record[name if mark and chance.random() < 0.7 else word] = value if mark else chance.gauss(0, 3)
        made.append(record)
    return made
