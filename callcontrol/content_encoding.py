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
"""``wbits`` of zlib to try, by encoding. Servers send deflate with and without the header of zlib."""


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its content encoding.

    Args:
        body: The body as it was received.
        encoding: Value of the header field Content-Encoding.
        limit: Largest number of bytes of the result.

    Raises:
        TooLarge: If the result has more bytes; never more than the limit are decompressed.
        UnknownEncoding: If the encoding is not gzip, deflate or identity, or if there are several.
        ValueError: If the body does not have the encoding.
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
