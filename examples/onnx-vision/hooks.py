"""PNG files in, digits out: {"image": base64}, or a list of such."""

import base64
import binascii
import struct
import zlib

import numpy

SIZE = 8


def preprocess(body):
    records = body if isinstance(body, list) else [body]
    return {"image": numpy.stack([picture(record["image"]) for record in records])[:, None]}


def postprocess(predictions, body):
    told = [{"digit": row.index(max(row)), "probability": round(max(row), 4)} for row in predictions]
    return told if isinstance(body, list) else told[0]


def picture(text):
    """The grey values of a PNG, from 0 to 1, as an array of 8 x 8: larger ones are averaged."""
    try:
        pixels = grey(base64.b64decode(text, validate=True))
    except (binascii.Error, struct.error, zlib.error, TypeError) as error:
        raise ValueError(f"image is no PNG in base64: {error}") from error
    rows, columns = pixels.shape
    if rows % SIZE or columns % SIZE or not rows or not columns:
        raise ValueError(f"image has {columns} x {rows} pixels; both must be multiples of {SIZE}.")
    return pixels.reshape(SIZE, rows // SIZE, SIZE, columns // SIZE).mean(axis=(1, 3)).astype("float32")


def grey(data):
    """An 8-bit grey PNG without interlacing (w3.org/TR/png)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("image is no PNG.")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if (depth, colour, interlaced) != (8, 0, 0) or width * height > 1 << 20:
        raise ValueError("image must be an 8-bit grey PNG of at most a million pixels, not interlaced.")
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        packed += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    lines = zlib.decompressobj().decompress(packed, height * (width + 1))
    if len(lines) != height * (width + 1):
        raise ValueError("image ends early.")
    above = [0] * width
    found = []
    for start in range(0, len(lines), width + 1):
        above = unfiltered(lines[start], lines[start + 1 : start + 1 + width], above)
        found.append(above)
    return numpy.array(found, dtype="float32") / 255


def unfiltered(kind, line, above):
    """A line of bytes, each of which was written as its difference from its neighbours."""
    made = []
    left = corner = 0
    for value, up in zip(line, above):
        guess = (0, left, up, (left + up) // 2, nearest(left, up, corner))[kind] if kind < 5 else 0
        left = (value + guess) & 255
        corner = up
        made.append(left)
    return made


def nearest(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
