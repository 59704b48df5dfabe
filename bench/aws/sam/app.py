import base64
import json
import os

import joblib
import pandas as pd

MODEL = joblib.load(os.path.join(os.path.dirname(__file__), "model.joblib"))


def handler(event, context):
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    frame = pd.DataFrame([json.loads(body)])
    answer = {"predictions": MODEL.predict(frame).tolist(), "probabilities": MODEL.predict_proba(frame).tolist()}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
