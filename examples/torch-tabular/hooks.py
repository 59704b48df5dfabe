COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
SPECIES = ("setosa", "versicolor", "virginica")


def preprocess(body):
    records = body if isinstance(body, list) else [body]
    return [[record[column] for column in COLUMNS] for record in records]


def postprocess(predictions, body):
    """A network computes in float32, which is exact to seven digits."""
    answers = [
        {"species": SPECIES[shares.index(max(shares))], "shares": dict(zip(SPECIES, (round(share, 5) for share in shares)))}
        for shares in predictions
    ]
    return answers if isinstance(body, list) else answers[0]
