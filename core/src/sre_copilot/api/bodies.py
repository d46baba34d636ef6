"""Reading what is sent to the API, at most as much of it as a body may have."""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

import attrs
import falcon
import msgspec
from falcon.asgi import Request

from sre_copilot.api.manners import LARGEST_BODY

T = TypeVar("T")


class _WrongField(falcon.HTTPUnprocessableEntity):
    """A document that does not fit, with the field that is wrong."""

    def __init__(self, parameter: str, says: str) -> None:
        super().__init__(title="Wrong document", description=says)
        self.parameter = parameter


async def body_as(request: Request, kind: type[T]) -> T:
    """The body as a value of an attrs class.

    :raises falcon.HTTPError: 415 for another content type, 413 if it is too large, 400 if it is not JSON, 422 if
        it does not fit, naming the field.
    """
    media = (request.content_type or "").partition(";")[0].strip().lower()
    if media != falcon.MEDIA_JSON:
        raise falcon.HTTPUnsupportedMediaType(title="Wrong type", description="Send application/json.")
    data = await request.stream.read(LARGEST_BODY + 1)
    if len(data) > LARGEST_BODY:
        raise falcon.HTTPContentTooLarge(title="Too large", description=f"A body may have {LARGEST_BODY:,} bytes.")
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise falcon.HTTPBadRequest(title="Not JSON", description=f"The body is not JSON: {error}.") from error
    return _structured(document, kind)


def _structured(document: Any, kind: type[T]) -> T:
    known = [field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", kind))]
    unknown = [name for name in document if name not in known] if isinstance(document, dict) else []
    if unknown:
        raise _WrongField(unknown[0][:60], f"There is no field {unknown[0][:60]!r}; known are {', '.join(known)}.")
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        said = str(error)
        where = re.search(r"`\$\.?([^`]*)`$", said) or re.search(r"field `([^`]*)`", said)
        raise _WrongField(where[1] if where and where[1] else "body", f"{said}.") from error
