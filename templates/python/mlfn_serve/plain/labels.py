"""From scores to labels and probabilities, as NumPy and SciPy compute them."""

from math import exp


def largest(scores):
    """As numpy.argmax: the first of equals, and the first NaN before all."""
    total = sum(scores)
    if total != total:
        for index, score in enumerate(scores):
            if score != score:
                return index
    return scores.index(max(scores))


def sigmoid(score):
    """As scipy.special.expit."""
    try:
        return 1 / (1 + exp(-score))
    except OverflowError:
        return 0.0


def logistic(scores):
    """Two classes: the second's chance is the score's. More: each against the rest, made to sum to one."""
    if len(scores) == 1:
        chance = sigmoid(scores[0])
        return [1 - chance, chance]
    chances = [sigmoid(score) for score in scores]
    total = sum(chances)
    return [chance / total for chance in chances] if total else [float("nan")] * len(chances)


def softmax(scores):
    """Of a single score, those of minus and plus it."""
    if len(scores) == 1:
        scores = [-scores[0], scores[0]]
    top = scores[largest(scores)]
    grown = [exp(score - top) for score in scores]
    total = sum(grown)
    return [each / total for each in grown]


def modified_huber(scores):
    """As SGDClassifier(loss="modified_huber"); where every class has nothing, all are alike."""
    chances = [(min(1.0, max(-1.0, score)) + 1) / 2 for score in scores]
    if len(chances) == 1:
        return [1 - chances[0], chances[0]]
    total = sum(chances)
    return [chance / total for chance in chances] if total else [1 / len(chances)] * len(chances)


class ByChance:
    """A classifier whose label is the likeliest one: `classes` and `predict_proba` are the heir's."""

    def predict(self, row):
        return self.classes[largest(self.predict_proba(row))]

    def answer(self, row):
        chances = self.predict_proba(row)
        return self.classes[largest(chances)], chances
