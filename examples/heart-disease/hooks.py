NAMES = {0: "healthy", 1: "heart-disease"}


def postprocess(predictions, body):
    answers = [{"diagnosis": NAMES[prediction]} for prediction in predictions]
    return answers[0] if isinstance(body, dict) else answers
