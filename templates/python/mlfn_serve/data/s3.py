"""Objects of S3, by the client that every Python runtime of Lambda has and the function's own role."""

from ..store_s3 import client, ranges
from .found import Found, changed, denied, missing, unreachable

WHOSE = "The function's role"
_kept = []


def stat(place):
    """Size and ETag. Raises Problem."""
    with _told(place, "read"):
        found = _client().head_object(Bucket=place.bucket, Key=place.key)
    return Found(found["ContentLength"], found["ETag"])


def download(place, found, path):
    """The bytes of that very ETag. Raises Problem."""
    with _told(place, "read"):
        ranges(_client(), place.bucket, place.key, found.size, path, IfMatch=found.tag)


def upload(place, path):
    """One request: up to 5 GB (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). Raises Problem."""
    with _told(place, "write"), open(path, "rb") as file:
        _client().put_object(Bucket=place.bucket, Key=place.key, Body=file, ContentType="application/jsonl")


def _client():
    if not _kept:
        _kept.append(client())
    return _kept[0]


class _told:
    """botocore's errors as problems."""

    def __init__(self, place, act):
        self.place = place
        self.act = act

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _trace):
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                raise missing(self.place) from None
            if status == 403:
                raise denied(self.place, self.act, WHOSE) from None
            if status == 412:
                raise changed(self.place) from None
        if isinstance(error, (ClientError, BotoCoreError)):
            raise unreachable(self.place, error) from None
