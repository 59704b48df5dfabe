"""Answers in JSON's own types."""

import base64
import decimal
import json
import math
import uuid


def plain(value):
    """The value in JSON's own types; NaN and infinities are null, as JSON has none."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [plain(item) for item in sorted(value, key=repr)]
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return times(value.astype("str").tolist())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, decimal.Decimal):
        return plain(int(value) if value.is_finite() and value == value.to_integral_value() else float(value))
    if isinstance(value, uuid.UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "toarray"):
        return plain(value.toarray().tolist())
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):
        listed = value.tolist()
        return plain(float(value) if type(listed) is type(value) else listed)
    raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} cannot be written as JSON.")


def times(told):
    """NumPy's texts of times; what is not a time is missing."""
    return [times(each) for each in told] if isinstance(told, list) else None if told == "NaT" else told
