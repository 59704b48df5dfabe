"""Variables whose values are kept elsewhere: MLFN_SECRETS holds the references, Secrets Manager and Parameter Store the rest.

Read once, before the user's code is imported. No value is logged, nor in any error.
"""

import json

from .problems import InitError

VARIABLE = "MLFN_SECRETS"
# Of one call each; Lambda gives the init phase 10 seconds.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 3, 2
# ssm:GetParameters takes ten names.
MOST_NAMES = 10


def resolve(environ):
    """Sets a variable for each reference of MLFN_SECRETS. Raises InitError naming the reference that failed, and why."""
    references = json.loads(environ[VARIABLE])
    values = {}
    parameters = {text for text in references.values() if _service(text) == "ssm"}
    for region in sorted({_region(text) for text in parameters}, key=str):
        values.update(_parameters(sorted(text for text in parameters if _region(text) == region), region))
    for name, text in references.items():
        if text not in values:
            values[text] = _secret(text)
        try:
            environ[name] = values[text]
        except ValueError:
            raise InitError(f"The secret {text} holds a NUL character, which no variable can.") from None


def _service(text):
    return text.split(":")[2] if text.startswith("arn:") else text.partition(":")[0]


def _region(text):
    """None for the function's own."""
    return text.split(":")[3] if text.startswith("arn:") else None


def _split(text):
    """The id to ask for, and the field or None: secretsmanager:NAME:FIELD, arn:...:secret:NAME-RANDOM:FIELD."""
    parts = text.split(":")
    at = 7 if text.startswith("arn:") else 2
    return ":".join(parts[:at]) if at == 7 else parts[1], parts[at] if len(parts) > at else None


def _secret(text):
    secret, field = _split(text)
    answer = _ask("secretsmanager", _region(text), "get_secret_value", [text], SecretId=secret)
    value = answer.get("SecretString")
    if value is None:
        raise InitError(f"The secret {text} is binary; a variable can only hold text.")
    if field is None:
        return value
    try:
        found = json.loads(value)
    except ValueError:  # its text is part of that error
        found = None
    if not isinstance(found, dict) or field not in found:
        what = f"has no field {field}" if isinstance(found, dict) else f"is no JSON object, so it has no field {field}"
        raise InitError(f"The secret {secret} {what}.")
    return found[field] if isinstance(found[field], str) else json.dumps(found[field])


def _parameters(texts, region):
    values = {}
    for start in range(0, len(texts), MOST_NAMES):
        names = {text: text if text.startswith("arn:") else text[len("ssm:") :] for text in texts[start : start + MOST_NAMES]}
        answer = _ask("ssm", region, "get_parameters", list(names), Names=list(names.values()), WithDecryption=True)
        found = {key: each["Value"] for each in answer["Parameters"] for key in (each["Name"], each.get("ARN"))}
        for text, name in names.items():
            if name not in found:
                raise InitError(f"There is no parameter {text}.")
            values[text] = found[name]
    return values


def _ask(service, region, operation, texts, **arguments):
    try:
        # Part of Lambda's Python runtimes: docs.aws.amazon.com/lambda/latest/dg/python-package.html
        from botocore.config import Config
        from botocore.session import get_session
    except ImportError as error:
        raise InitError(f"Secrets need botocore, which this runtime lacks: {error}.") from None
    limits = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": ATTEMPTS})
    try:
        client = get_session().create_client(service, region_name=region, config=limits)
        return getattr(client, operation)(**arguments)
    except Exception as error:
        which = ", ".join(texts)
        raise InitError(f"The secret {which} could not be read: {type(error).__name__}: {error}") from None
