"""A model too large for the package: fetched at init from the bucket to the one folder that is writable, and checked."""

import hashlib
import os
import tempfile

from .problems import InitError

# Ranges side by side: one stream of S3 gives some 90 MB/s, a function's network several times that.
RANGE = 16 * 1024 * 1024
STREAMS = 8
BLOCK = 1024 * 1024
VARIABLE = "MLFN_MODEL"


def fetch(artifact):
    """The path of the model, whole and with the right digest. Raises InitError with one sentence."""
    uri = os.environ.get(VARIABLE, "")
    if not uri.startswith("s3://"):
        raise InitError(f"The model is not in the package, and {VARIABLE} does not say where it is: {uri!r}.")
    bucket, _, key = uri[len("s3://") :].partition("/")
    file_name = os.path.basename(artifact["path"])
    path = os.path.join(tempfile.gettempdir(), artifact["sha256"][:16] + "-" + file_name)
    if not os.path.exists(path):  # a frozen environment keeps its /tmp
        partial = f"{path}.{os.getpid()}"
        try:
            _download(bucket, key, artifact["size"], partial)
            _check(partial, artifact["sha256"], uri)
            os.replace(partial, path)
        except OSError as error:
            raise InitError(f"The model {uri} could not be kept in {os.path.dirname(path)}: {error}.") from error
        finally:
            if os.path.exists(partial):
                os.remove(partial)
    return path


def _download(bucket, key, size, path):
    from concurrent.futures import ThreadPoolExecutor

    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(max_pool_connections=STREAMS, retries={"mode": "standard", "max_attempts": 5}, s3=_addressing())
    client = botocore.session.get_session().create_client("s3", config=config)

    def part(start):
        end = min(start + RANGE, size) - 1
        answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end}")
        with open(path, "r+b", buffering=0) as file:
            file.seek(start)
            for block in answer["Body"].iter_chunks(BLOCK):
                file.write(block)

    with open(path, "wb") as file:
        file.truncate(size)
    try:
        with ThreadPoolExecutor(STREAMS) as pool:
            for _ in pool.map(part, range(0, size, RANGE)):
                pass
    except (BotoCoreError, ClientError) as error:
        raise InitError(f"The model s3://{bucket}/{key} could not be fetched: {error}") from error


def _addressing():
    # An emulator has no host name for each bucket.
    return {"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}


def _check(path, digest, uri):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    if found.hexdigest() != digest:
        raise InitError(f"The model {uri} is not the one that was released: its SHA-256 is {found.hexdigest()}.")
