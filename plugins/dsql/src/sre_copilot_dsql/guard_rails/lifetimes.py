"""How long connections and tokens live."""

from __future__ import annotations

from sre_copilot_dsql import limits
from sre_copilot_dsql.parameters.connections import LIFETIME, TIMEOUT, TOKEN
from sre_copilot_dsql.parameters.reservoir import BASE_LIFETIME, ENABLED, GUARD_WINDOW, JITTER
from sre_copilot_hookspecs.configuration import GuardRail, Verdict
from sre_copilot_hookspecs.durations import go_seconds_of

LATEST = limits.CONNECTION_SECONDS - limits.TRANSACTION_SECONDS
"""Age of a connection, in seconds, at which the longest transaction may still begin and end."""

COLD_START = 5
"""Seconds that signing a token and a TLS handshake may take when nothing is warm."""


def lives_too_long(lifetime: str) -> bool:
    """Whether DSQL closes the connection first."""
    return go_seconds_of(lifetime) >= limits.CONNECTION_SECONDS


def lives_nearly_too_long(lifetime: str) -> bool:
    """Whether a transaction may be cut off by the end of its connection."""
    return LATEST < go_seconds_of(lifetime) < limits.CONNECTION_SECONDS


def reservoir_lives_too_long(reservoir: bool, base: str, jitter: str) -> bool:
    """Whether DSQL closes some connection of the reservoir first."""
    return reservoir and go_seconds_of(base) + go_seconds_of(jitter) >= limits.CONNECTION_SECONDS


def always_too_old(reservoir: bool, window: str, base: str, jitter: str) -> bool:
    """Whether the guard window may take in a whole life."""
    return reservoir and go_seconds_of(window) >= go_seconds_of(base) - go_seconds_of(jitter)


def token_outlives_itself(duration: str) -> bool:
    """Whether a token is still used after its end."""
    return go_seconds_of(duration) >= limits.TOKEN_SECONDS


def impatient(timeout: str) -> bool:
    """Whether a cold start may not finish."""
    return go_seconds_of(timeout) < COLD_START


LIFETIMES = (
    GuardRail(
        key="conn_lifetime_over_limit",
        inputs=(LIFETIME,),
        violated=lives_too_long,
        verdict=Verdict.ERROR,
        says="dsql.max_conn_lifetime is {dsql.max_conn_lifetime}, and DSQL closes connections after 60m; keep it at or"
        " below 55m, so that a transaction of five minutes can still end.",
        source="DSQL: 60 minutes a connection, 5 minutes a transaction.",
    ),
    GuardRail(
        key="conn_lifetime_tight",
        inputs=(LIFETIME,),
        violated=lives_nearly_too_long,
        verdict=Verdict.WARNING,
        says="dsql.max_conn_lifetime is {dsql.max_conn_lifetime}, which leaves less than the five minutes that a"
        " transaction may take before DSQL closes the connection at 60m; 55m is safe.",
        source="DSQL: 60 minutes a connection, 5 minutes a transaction.",
    ),
    GuardRail(
        key="reservoir_lifetime_over_limit",
        inputs=(ENABLED, BASE_LIFETIME, JITTER),
        violated=reservoir_lives_too_long,
        verdict=Verdict.ERROR,
        says="Connections of the reservoir may live {dsql.reservoir_base_lifetime} and {dsql.reservoir_lifetime_jitter}"
        " more, and DSQL closes them after 60m; shorten dsql.reservoir_base_lifetime.",
        source="DSQL: 60 minutes a connection.",
    ),
    GuardRail(
        key="guard_window_too_wide",
        inputs=(ENABLED, GUARD_WINDOW, BASE_LIFETIME, JITTER),
        violated=always_too_old,
        verdict=Verdict.ERROR,
        says="dsql.reservoir_guard_window is {dsql.reservoir_guard_window} and connections live"
        " {dsql.reservoir_base_lifetime}, give or take {dsql.reservoir_lifetime_jitter}; some would never be handed"
        " out, so make the window shorter than the life without its jitter.",
    ),
    GuardRail(
        key="token_cache_too_long",
        inputs=(TOKEN,),
        violated=token_outlives_itself,
        verdict=Verdict.ERROR,
        says="dsql.token_duration is {dsql.token_duration}, and tokens end after 15m; new connections would fail with a"
        " stale one, so keep it below, such as 14m.",
        source="DSQL: tokens live 900 seconds unless a longer life is asked for.",
    ),
    GuardRail(
        key="connection_timeout_short",
        inputs=(TIMEOUT,),
        violated=impatient,
        verdict=Verdict.WARNING,
        says="dsql.connection_timeout is {dsql.connection_timeout}; signing a token and the TLS handshake may take"
        " longer on a cold start, so give it at least 5s.",
    ),
)
