def preprocess(body):
    """The tutorial's clients send numbers as text: {"G1": "1", ...}."""
    return {name: int(value) for name, value in body.items()}


def postprocess(probabilities):
    return {"response": str(probabilities[0][1]), "success": True}
