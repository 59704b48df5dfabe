def preprocess(body):
    """The tutorial's clients send numbers as text: {"G1": "1", ...}."""
    return [float(body[f"G{number}"]) for number in range(1, 11)]


def postprocess(predictions):
    """A network computes in float32, which is exact to seven digits."""
    return {"response": str(round(predictions[0][0], 6)), "success": True}
