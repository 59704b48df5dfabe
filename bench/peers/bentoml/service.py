"""As docs.bentoml.com has it: a class with an API; two workers, and no line in the log for each request."""

import os
from typing import Any

import bentoml
import joblib
from record import rows


@bentoml.service(workers=2, logging={"access": {"enabled": False}})
class Model:
    def __init__(self):
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api
    def predict(self, record: Any) -> dict:
        data = rows(record)
        return {"predictions": self.model.predict(data).tolist(), "probabilities": self.model.predict_proba(data).tolist()}
