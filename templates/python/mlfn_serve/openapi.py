"""The OpenAPI 3.1 document: what this very model takes and answers, field by field. The page is made from it."""

# An enum longer than this tells a reader nothing and costs every reader of the document.
MAX_ENUM = 1000

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "record": {"type": "integer", "description": "Position in the list of records, from 0."},
                    "pointer": {"type": "string", "description": "JSON Pointer into the body."},
                    "expected": {"type": "string"},
                    "got": {"type": "string"},
                },
            },
        },
    },
}


def for_model(endpoint):
    """The document of a ModelEndpoint."""
    hooks = endpoint.hooks
    name = endpoint.identity["name"]
    if hooks.preprocess is not None:
        record, body, example = {}, {"description": "Whatever the model's preprocess hook reads."}, {}
    else:
        record, example = record_schema(endpoint.model.schema)
        body = body_schema(endpoint.model.schema)
    answer = {} if hooks.postprocess is not None else answer_schema(endpoint.model)
    if endpoint.data is not None:
        from .data.described import REFERENCE, WRITTEN

        body = {"anyOf": [*body.get("anyOf", [body]), REFERENCE]}
        answer = {"anyOf": [answer, WRITTEN]}
    document = _document(endpoint, body, example, {"Record": record, "Answer": answer})
    if hooks.preprocess is None and hooks.postprocess is None:
        document["paths"].update(_inference_paths(name))
    return document


def for_function(endpoint):
    """The document of a FunctionEndpoint: any JSON in, any JSON out."""
    return _document(endpoint, {}, {}, {"Record": {}, "Answer": {}})


def field_schema(field):
    """JSON Schema of one field."""
    if field.kind == "category":
        kinds = {bool: "boolean", str: "string"}
        types = sorted({kinds.get(type(value), "number") for value in field.allowed}) or ["string"]
    else:
        types = {"any": ["number", "string", "boolean"], "label": ["string", "integer"]}.get(field.kind, [field.kind])[:]
    if field.nullable or field.kind == "any":
        types.append("null")
    schema = {"type": types[0] if len(types) == 1 else types}
    if field.allowed is not None and len(field.allowed) <= MAX_ENUM:
        if field.closed:
            schema["enum"] = [*field.allowed, *([None] if field.nullable else [])]
        else:
            schema["examples"] = field.allowed
            schema["description"] = "Other values are taken; the examples are those of training."
    if field.example is not None:
        schema["default"] = field.example
    return schema


def record_schema(schema):
    """(JSON Schema, example) of one record."""
    if hasattr(schema, "described"):
        return schema.described()
    if schema.shape == "text":
        return {"type": "string"}, "some text"
    if schema.shape == "mapping":
        return {"type": "object", "additionalProperties": {"type": ["number", "string"]}}, {}
    if schema.shape == "open":
        return {"type": ["object", "array", "string"]}, {}
    used = [field for field in schema.fields if field.kind != "ignored"]
    if schema.shape == "row":
        items = [field_schema(field) for field in schema.fields]
        count = len(items)
        made = {"type": "array", "minItems": count, "maxItems": count}
        if all(item == items[0] for item in items):
            made["items"] = items[0]
        else:
            made["prefixItems"] = items
        return made, [_example(field) for field in schema.fields]
    return {
        "type": "object",
        "required": [field.name for field in used],
        "properties": {field.name: field_schema(field) for field in used},
        "additionalProperties": False,
    }, {field.name: _example(field) for field in used}


def _example(field):
    if field.example is not None:
        return field.example
    return "text" if field.kind in ("string", "label") else 1


def body_schema(schema):
    """JSON Schema of every body shape that POST / takes."""
    record = {"$ref": "#/components/schemas/Record"}
    records = {"type": "array", "items": record, "minItems": 1}
    instances = {"type": "object", "required": ["instances"], "properties": {"instances": records}}
    columns = {"type": "array", "items": {"type": "string"}}
    data = {"type": "array", "items": {"type": "array"}}
    split = {"type": "object", "required": ["columns", "data"], "properties": {"columns": columns, "data": data}}
    split = {"type": "object", "required": ["dataframe_split"], "properties": {"dataframe_split": split}}
    shapes = [record, records, instances]
    return {"anyOf": shapes if schema.shape in ("mapping", "open") else [*shapes, split]}


def answer_schema(model):
    """JSON Schema of the answer."""
    properties = {"predictions": {"type": "array", "description": "One per record, in order."}}
    if model.probabilistic:
        properties["probabilities"] = {"type": "array", "description": "Per record, in the order of classes."}
    if model.classes is not None:
        properties["classes"] = {"type": "array", "const": model.classes}
    release = {"type": ["integer", "string", "null"]}
    properties["model"] = {"type": "object", "properties": {"name": {"type": "string"}, "release": release}}
    return {"type": "object", "required": [*properties], "properties": properties}


def _document(endpoint, body, example, schemas):
    name, release = endpoint.identity["name"], endpoint.identity["release"]
    content = {"application/json": {"schema": body, "example": example}}
    answered = {
        "200": _told("The answer.", {"$ref": "#/components/schemas/Answer"}),
        "4XX": {"$ref": "#/components/responses/Problem"},
        "500": {"$ref": "#/components/responses/Problem"},
    }

    def post(operation):
        request = {"required": True, "content": content}
        summary = "Predict one record or many."
        return {"operationId": operation, "summary": summary, "requestBody": request, "responses": answered}

    problem = {"$ref": "#/components/schemas/Problem"}
    problem = _told("What was wrong (RFC 9457).", problem, "application/problem+json")
    page = {"200": {"description": "HTML.", "content": {"text/html": {"schema": {"type": "string"}}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": str(release), "description": f"The model {name}, release {release}."},
        "servers": [{"url": "./"}],
        "paths": {
            "/": {
                "get": {"operationId": "page", "summary": "A page to try it from.", "responses": page},
                "post": post("predict"),
            },
            "/predict": {"post": post("predictAlias")},
            "/healthz": _get("health", "Answers when the model is loaded."),
            "/openapi.json": _get("openapi", "This document."),
        },
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM},
            "responses": {"Problem": problem},
        },
    }


def _inference_paths(name):
    body = {"type": "object", "required": ["inputs"]}
    infer = {
        "operationId": "infer",
        "summary": "Open Inference Protocol.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _told("Tensors.", {"type": "object"}), "4XX": {"$ref": "#/components/responses/Problem"}},
    }
    return {
        "/v2": _get("serverMetadata", "The server."),
        "/v2/health/live": _get("serverLive", "Whether the server lives."),
        "/v2/health/ready": _get("serverReady", "Whether the server is ready."),
        f"/v2/models/{name}": _get("modelMetadata", "The model's tensors."),
        f"/v2/models/{name}/ready": _get("modelReady", "Whether the model is ready."),
        f"/v2/models/{name}/infer": {"post": infer},
    }


def _get(operation, summary):
    told = {"200": _told("JSON.", {"type": "object"})}
    return {"get": {"operationId": operation, "summary": summary, "responses": told}}


def _told(description, schema, kind="application/json"):
    return {"description": description, "content": {kind: {"schema": schema}}}
