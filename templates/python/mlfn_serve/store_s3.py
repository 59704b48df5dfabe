"""Objects of S3, by the client that every Python runtime of Lambda has."""

import os

from .problems import InitError

# Ranges side by side: one stream of S3 gives some 90 MB/s, a function's network several times that.
RANGE = 16 * 1024 * 1024
STREAMS = 8
BLOCK = 1024 * 1024


def download(uri, size, path):
    """Writes the object to `path`. Raises InitError."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _parts(uri)
    try:
        ranges(client(), bucket, key, size, path)
    except (BotoCoreError, ClientError) as error:
        raise InitError(f"The model {uri} could not be fetched: {error}") from error


def ranges(made, bucket, key, size, path, **conditions):
    """Writes the object to `path`, by a client that was `made`. Raises botocore's errors."""
    from concurrent.futures import ThreadPoolExecutor

    def part(start):
        end = min(start + RANGE, size) - 1
        answer = made.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end}", **conditions)
        with open(path, "r+b", buffering=0) as file:
            file.seek(start)
            for block in answer["Body"].iter_chunks(BLOCK):
                file.write(block)

    with open(path, "wb") as file:
        file.truncate(size)
    with ThreadPoolExecutor(STREAMS) as pool:
        for _ in pool.map(part, range(0, size, RANGE)):
            pass


def read(uri, tag):
    """(bytes, tag) of a small object, or None while it is still the one of `tag`. Raises InitError."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _parts(uri)
    known = {} if tag is None else {"IfNoneMatch": tag}
    try:
        answer = client().get_object(Bucket=bucket, Key=key, **known)
        return answer["Body"].read(), answer["ETag"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
            return None
        raise InitError(f"{uri} could not be read: {error}") from error
    except BotoCoreError as error:
        raise InitError(f"{uri} could not be read: {error}") from error


def _parts(uri):
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


def client():
    """The SDK's client for S3, by the function's own role."""
    import botocore.session
    from botocore.config import Config

    # An emulator has no host name for each bucket.
    addressing = {"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}
    config = Config(max_pool_connections=STREAMS, retries={"mode": "standard", "max_attempts": 5}, s3=addressing)
    return botocore.session.get_session().create_client("s3", config=config)
