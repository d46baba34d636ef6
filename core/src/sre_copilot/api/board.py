"""What the API knows of the store: which clusters there are, and the newest status of each."""

from __future__ import annotations

import asyncio
from functools import partial

import attrs
import falcon

from sre_copilot.api.instruments import Instruments
from sre_copilot.api.parameters import CLUSTER
from sre_copilot.api.problems import BadParameter
from sre_copilot.api.remembered import Answer, Remembered
from sre_copilot.explain.overlay import overlay
from sre_copilot.explain.status import StatusDocument
from sre_copilot.store import ClusterHead, Store

MOST_NAMES = 20
"""Clusters a sentence names at most."""


@attrs.frozen
class Standing:
    """One cluster and its newest status, where there is one."""

    cluster: ClusterHead | None
    status: StatusDocument | None
    trouble: str | None = None
    """Why this is only what was heard earlier, where it is."""

    @property
    def name(self) -> str | None:
        """The cluster's name; ``None`` before any is watched."""
        return None if self.cluster is None else self.cluster.name


@attrs.frozen
class Told:
    """A status in the words of its assessment, where it has one."""

    status: StatusDocument
    assessment: str | None
    """Id of the newest assessment of the cluster, whichever decision it is of."""


class Board:
    """Answers from memory for a moment, from the store otherwise.

    One short question tells which decision of each cluster is the newest; a status is fetched and decoded once
    for each decision and each assessment of it, however many ask.
    """

    def __init__(self, store: Store, instruments: Instruments) -> None:
        self._store = store
        self._timed = instruments.timed
        self._heads = Remembered(self._fetch_heads)
        # Only clusters that are in the store get here, so this does not grow with what people ask for.
        self._statuses: dict[str, Remembered[Told | None]] = {}
        self._newest: dict[str, Told] = {}

    async def watched(self) -> Answer[tuple[ClusterHead, ...]]:
        """Every cluster that is observed, by name."""
        known = await self._heads.get()
        return Answer(tuple(one for one in known.value if one.is_watched), known.trouble)

    async def standings(self) -> Answer[tuple[Standing, ...]]:
        """Every watched cluster with its newest status."""
        watched = await self.watched()
        found = await asyncio.gather(*(self._standing(Answer(head, watched.trouble)) for head in watched.value))
        return Answer(tuple(found), watched.trouble or next((one.trouble for one in found if one.trouble), None))

    async def pick(self, asked: str | None) -> Answer[ClusterHead | None]:
        """The cluster that is meant: the one asked for, or the only one; ``None`` before there is any.

        :raises falcon.HTTPNotFound: if there is none of that name.
        :raises BadParameter: if none is named and there are several.
        """
        known = await self._heads.get()
        if asked is None:
            watched = [one for one in known.value if one.is_watched]
            if len(watched) > 1:
                raise BadParameter(
                    CLUSTER.name,
                    "Several are watched.",
                    f"Give one of {_listed([one.name for one in watched])}.",
                )
            return Answer(watched[0] if watched else None, known.trouble)
        # A cluster that was removed can still be asked for its past.
        found = next((one for one in known.value if one.name == asked), None)
        if found is None:
            raise self._unknown(asked, [one.name for one in known.value if one.is_watched])
        return Answer(found, known.trouble)

    async def standing(self, asked: str | None) -> Standing:
        """The cluster that is meant with its newest status; raises as :meth:`pick` does."""
        picked = await self.pick(asked)
        if picked.value is None:
            return Standing(None, None, picked.trouble)
        return await self._standing(Answer(picked.value, picked.trouble))

    async def _standing(self, head: Answer[ClusterHead]) -> Standing:
        cluster = head.value
        known = self._newest.get(cluster.name)
        if known is not None and (known.status.id, known.assessment) == (cluster.decision, cluster.assessment):
            return Standing(cluster, known.status, head.trouble)
        if cluster.name not in self._statuses:
            self._statuses[cluster.name] = Remembered(partial(self._fetch_status, cluster.name))
        found = await self._statuses[cluster.name].get()
        if found.value is not None:
            self._newest[cluster.name] = found.value
        status = None if found.value is None else found.value.status
        return Standing(cluster, status, head.trouble or found.trouble)

    async def _fetch_heads(self) -> tuple[ClusterHead, ...]:
        return await self._timed(self._store.heads())

    async def _fetch_status(self, cluster: str) -> Told | None:
        status = await self._timed(self._store.latest_status(cluster))
        if status is None:
            return None
        assessment = await self._timed(self._store.latest_assessment(cluster))
        return Told(overlay(status, assessment), None if assessment is None else assessment.id)

    def _unknown(self, asked: str, watched: list[str]) -> falcon.HTTPNotFound:
        there_are = f"known are {_listed(watched)}" if watched else "no cluster is watched yet"
        return falcon.HTTPNotFound(
            title="No such cluster", description=f"There is no cluster {asked[:100]!r}; {there_are}."
        )


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
