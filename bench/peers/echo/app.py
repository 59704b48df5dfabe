"""The least that Lambda's runtime can be asked for."""


def handler(event, context):
    return event
