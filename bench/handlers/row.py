"""As tutorials write it, for a model that learned from arrays."""

import base64
import json
import os

import joblib
import numpy as np

MODEL = joblib.load(os.path.join(os.path.dirname(__file__), "model.joblib"))


def handler(event, context):
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    body = json.loads(body)
    records = body["instances"] if isinstance(body, dict) and "instances" in body else [body]
    data = np.array(records, dtype=float)
    answer = {"predictions": MODEL.predict(data).tolist(), "probabilities": MODEL.predict_proba(data).tolist()}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
