"""Rows as the model's schema has them, from what a format has: names where there are names, else the order of training."""

from .broken import Broken


def fitter(schema):
    """The function from a block of an object to a block for the model."""
    if schema.shape == "record":
        return lambda block: [_named(row, schema) for row in block]
    if schema.shape == "row":
        return lambda block: [_listed(row) for row in block]
    if schema.shape == "text":
        return lambda block: [_single(row) for row in block]
    return lambda block: block


def _named(row, schema):
    if not isinstance(row, list):
        return row
    fields = schema.fields
    if len(row) != len(fields):
        fields = [field for field in fields if field.kind != "ignored"]
    if len(row) != len(fields):
        raise Broken(f"expected {len(schema.fields)} values a row, in the order of training, got {len(row)}").problem()
    return {field.name: value for field, value in zip(fields, row)}


def _listed(row):
    return list(row.values()) if isinstance(row, dict) else row


def _single(row):
    """A column alone is the text itself."""
    values = list(row.values()) if isinstance(row, dict) else row
    return values[0] if isinstance(values, list) and len(values) == 1 else row
