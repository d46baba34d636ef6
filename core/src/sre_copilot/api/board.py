"""What the API knows of the store: which clusters there are, and the newest status of each."""

from __future__ import annotations

from functools import partial

import attrs
import falcon

from sre_copilot.api.remembered import Answer, Remembered
from sre_copilot.explain.status import StatusDocument
from sre_copilot.store import KnownCluster, Store

MOST_NAMES = 20
"""Clusters a sentence names at most."""


@attrs.frozen
class ClusterStatus:
    """One cluster and its newest status, where there is one."""

    cluster: str | None
    status: StatusDocument | None
    degraded: bool


class Board:
    """Answers from memory for a moment, from the store otherwise."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._clusters = Remembered(store.clusters)
        # Only clusters that are in the store get here, so this does not grow with what people ask for.
        self._statuses: dict[str, Remembered[StatusDocument | None]] = {}

    async def watched(self) -> Answer[tuple[KnownCluster, ...]]:
        """Every cluster that is observed, by name."""
        known = await self._clusters.get()
        return Answer(tuple(one for one in known.value if one.is_watched), known.degraded)

    async def status(self, cluster: str) -> Answer[StatusDocument | None]:
        """The newest status of a cluster that :meth:`watched` or :meth:`pick` named."""
        if cluster not in self._statuses:
            self._statuses[cluster] = Remembered(partial(self._store.latest_status, cluster))
        return await self._statuses[cluster].get()

    async def pick(self, asked: str | None) -> Answer[str | None]:
        """The cluster that is meant: the one asked for, or the only one; ``None`` before there is any.

        :raises falcon.HTTPNotFound: if there is none of that name.
        :raises falcon.HTTPBadRequest: if none is named and there are several.
        """
        known = await self._clusters.get()
        watched = [one.name for one in known.value if one.is_watched]
        if asked is None:
            if len(watched) > 1:
                raise falcon.HTTPBadRequest(
                    title="Which cluster?",
                    description=f"Several are watched; add ?cluster= with one of {_listed(watched)}.",
                )
            return Answer(watched[0] if watched else None, known.degraded)
        # A cluster that was removed can still be asked for its past.
        if asked not in {one.name for one in known.value}:
            there_are = f"known are {_listed(watched)}" if watched else "no cluster is watched yet"
            raise falcon.HTTPNotFound(
                title="No such cluster", description=f"There is no cluster {asked[:100]!r}; {there_are}."
            )
        return Answer(asked, known.degraded)

    async def picked_status(self, asked: str | None) -> ClusterStatus:
        """The newest status of the cluster that is meant; raises as :meth:`pick` does."""
        picked = await self.pick(asked)
        if picked.value is None:
            return ClusterStatus(None, None, picked.degraded)
        found = await self.status(picked.value)
        return ClusterStatus(picked.value, found.value, picked.degraded or found.degraded)


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
