"""Decompression of a body up to a bound, so that a small response cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import Final


class TooLarge(ValueError):
    """A body decompresses to more bytes than the limit."""


class UnknownEncoding(ValueError):
    """A body has an encoding that this module does not decompress."""


_WINDOWS: Final = {
    "gzip": (zlib.MAX_WBITS | 16,),
    "x-gzip": (zlib.MAX_WBITS | 16,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}
"""The values of zlib's ``wbits`` to try for each encoding. Some servers send deflate with a zlib header, others without."""


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its content encoding.

    Args:
        body: The body as it was received.
        encoding: Value of the header field Content-Encoding.
        limit: Largest number of bytes of the result.

    Raises:
        TooLarge: If the result would have more bytes than ``limit``. Decompression stops there.
        UnknownEncoding: If the encoding is not gzip, deflate or identity, or if there are several encodings.
        ValueError: If the body is not valid in this encoding.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"} or not body:
        return body
    if name not in _WINDOWS:
        raise UnknownEncoding(encoding)
    for window in _WINDOWS[name]:
        decompressor = zlib.decompressobj(window)
        try:
            content = decompressor.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(content) > limit:
            raise TooLarge(limit)
        if decompressor.eof and not decompressor.unused_data:
            return content
    raise ValueError(f"the body is not valid {name}")
