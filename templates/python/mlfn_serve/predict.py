"""The endpoint of a model: POST / and /predict with every body shape, and the Open Inference Protocol under /v2."""

from . import bodies
from .endpoint import JSON, Endpoint
from .events import body_text, respond
from .jsontext import dumps
from .problems import InitError, Problem


class ModelEndpoint(Endpoint):
    """Hooks, if any, stand before and behind the model, and then the body's shape is theirs alone. `data` reads objects that
    bodies name; None where none may be."""

    # It keeps nothing of a request: several processes may answer for it (processes.py).
    forks = True

    def __init__(self, name, release, model, hooks, data=None):
        super().__init__(name, release)
        if model.schema.untold and hooks.preprocess is None:
            raise InitError(model.schema.untold)
        self.model = model
        self.hooks = hooks
        self.data = data

    def answer(self, payload, context):
        """What the model says of a payload, or of the object that it names."""
        if self.data is not None and self.data.refers(payload, self.model.schema):
            return self.data.answer(self, payload)
        if self.hooks.preprocess is None:
            predictions, probabilities = self.model.predict(bodies.read(payload, self.model.schema))
        else:
            predictions, probabilities = self.prepared(self.hooks.before(payload))
        return self.finished(predictions, probabilities, payload)

    def finished(self, predictions, probabilities, payload):
        """{"predictions": [...], "probabilities"?, "classes"?, "model"}, or what postprocess makes of it."""
        model = self.model
        if self.hooks.postprocess is not None:
            values = {"predictions": predictions, "probabilities": probabilities, "classes": model.classes}
            return self.hooks.after({**values, "body": payload})
        told = {"predictions": predictions}
        if probabilities is not None:
            told["probabilities"] = probabilities
        if model.classes is not None:
            told["classes"] = model.classes
        told["model"] = self.identity
        return told

    def prepared(self, made):
        """Predictions for what preprocess returned: any body shape, or an array or DataFrame of its own."""
        if hasattr(made, "shape") or hasattr(self.model.schema, "ports") and _are_arrays(made):
            return self.model.ask(made)
        if self.model.schema.untold:
            raise Problem(500, "hook-failed", f"preprocess did not return a DataFrame. {self.model.schema.untold}")
        made = list(made) if isinstance(made, tuple) else made
        try:
            return self.model.predict(bodies.read(made, self.model.schema))
        except Problem as problem:
            for error in problem.errors:
                error.pop("pointer", None)  # it would point into what the hook made, not into the body that was sent
            raise

    def find(self, path):
        """The fixed routes, then /v2."""
        if path == "/v2" or path.startswith("/v2/"):
            from . import inference

            return inference.routes(self, path)
        return self.routes.get(path)

    def infer(self, request, context):
        """POST /v2/models/{name}/infer."""
        from . import inference

        if self.hooks.preprocess or self.hooks.postprocess:
            raise Problem(404, "not-found", "This model's hooks define its own body; POST / instead of /v2.")
        text = body_text(request)
        body = self.json(text, request)
        return respond(200, JSON, dumps(inference.infer(self, body)))

    def document(self):
        """The OpenAPI document with the model's own schema."""
        from . import openapi

        return openapi.for_model(self)


def _are_arrays(made):
    """Whether these are arrays by the names of a model's inputs."""
    return isinstance(made, dict) and any(getattr(each, "ndim", 0) for each in made.values())
