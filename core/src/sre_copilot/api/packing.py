"""Large answers are sent compressed to those who say that they understand it: rows repeat themselves a lot."""

from __future__ import annotations

import gzip

from falcon.asgi import Request, Response

WORTH_IT = 4096
"""Bytes; less is sent as it is, because it fits into two or three packets anyway."""
EFFORT = 1
"""The quickest level: a thousand rows of a trend shrink to a twentieth in a few milliseconds."""


class Packing:
    """Compresses what browsers and dashboards ask for."""

    async def process_response(self, request: Request, response: Response, _resource: object, _succeeded: bool) -> None:
        """After the answer was made. Streams have no body here and are left alone."""
        data = response.data
        if data is None or len(data) < WORTH_IT:
            return
        response.append_header("Vary", "Accept-Encoding")
        if understands_gzip(request.get_header("Accept-Encoding") or ""):
            response.data = gzip.compress(data, EFFORT)
            response.set_header("Content-Encoding", "gzip")


def understands_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip, by name or by a star, and does not rule it out with ``q=0``."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = weight.replace(" ", "").removeprefix("q=")
    weight = weights.get("gzip", weights.get("*", "0"))
    return weight.strip("0.") != "" or weight == ""
