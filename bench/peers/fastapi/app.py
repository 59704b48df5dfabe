"""As fastapi.tiangolo.com has it: a path operation that is no coroutine, so that the model runs in the thread pool."""

import os
from typing import Annotated, Any

import joblib
from fastapi import Body, FastAPI
from record import rows

app = FastAPI()
model = joblib.load(os.environ["MODEL"])


@app.post("/predict")
def predict(record: Annotated[Any, Body()]):
    data = rows(record)
    return {"predictions": model.predict(data).tolist(), "probabilities": model.predict_proba(data).tolist()}
