"""From a target's answer to a scrape; everything that takes CPU time, to be run in a thread."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot_exposition.dialect import Detected, detect
from sre_copilot_exposition.exposition_text import Body, sort_lines
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_hookspecs import Dialect


@attrs.frozen
class Digest:
    """A scrape and the dialect it is written in."""

    scrape: Scrape
    detected: Detected


def digest(
    body: Body, needs: Needs, dialects: Sequence[Dialect], parser: SampleParser, at: int, most_samples: int
) -> Digest:
    """Detect the dialect and parse what is needed of it.

    :raises MalformedText: if the body is not in the exposition format.
    """
    offer = sort_lines(body, needs.candidates(dialects), most_samples)
    detected = detect(dialects, needs, offer)
    wanted = needs.names(detected.dialect)
    lines = {name: found for name, found in offer.lines.items() if name in wanted}
    samples = parser.parse(lines, body.openmetrics)
    scrape = Scrape(
        at=at,
        duration=0.0,
        families=samples.families,
        stamps=samples.stamps,
        wanted=wanted,
        offered=offer.names,
        scraped=offer.scraped,
    )
    return Digest(scrape, detected)
