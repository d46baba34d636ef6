"""The dashboard *Copilot*: what the copilot decided, and what it decided that from."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, statetimeline, table
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from boards.frame import Board, Placed, Section, words
from boards.graphs import graph
from boards.looks import FLAGS, OUTCOMES, SEVERITIES, STATES, TRENDS, UNSURE, coloured, otherwise
from boards.sources import API, FLAG, NUMBER, TIME, ApiRows, Column
from boards.tables import fact, linked, measured, narrow, painted, rows, wrapped
from sre_copilot.api.parameters import MOST_ISSUES
from sre_copilot_hookspecs import Unit

CLUSTER = ("cluster", "${cluster}")
SPAN = (("start", "${__from}"), ("end", "${__to}"))
MOST_STEPS = 1000
"""Steps of the timeline. Grafana rounds an interval down to no less than half, so the API's bound is far."""


def board() -> Board:
    """The dashboard."""
    return Board(
        uid="sre-copilot",
        title="Copilot",
        describes="What the copilot decided about one cluster, why, and what to do.",
        sections=(
            Section("Now", [*state(), *_facts()]),
            Section("Why, and what to do", _why()),
            Section("Gates", _gates()),
            Section("Signals", _signals()),
            Section("Logs and history", _history()),
            Section("The copilot itself", _itself(), closed=True),
        ),
        variables=(
            words(
                "runbooks",
                "Runbooks",
                "https://docs.temporal.io/search?q=",
                "What an address of a runbook begins with; the name of the cause follows.",
            ),
        ),
        since="now-6h",
    )


def state() -> list[Placed]:
    """State and reason of the cluster; they stand at the top of every dashboard."""
    status = "/status"
    reason = rows(
        "Reason",
        ApiRows("/status/summary", (Column("title", "Title"), Column("summary", "Summary"))),
        "The explanation of the newest decision, or its reason in one line.",
        header=False,
    )
    health = ApiRows(status, (Column("health_state", "State"),))
    return [
        Placed(fact("State", health, "Unknown once three cycles were missed.", colours=STATES), 4, 5),
        Placed(wrapped(reason, "Title", "Summary"), 20, 5),
    ]


def _facts() -> list[Placed]:
    status = "/status"

    def asked(field: str, title: str, kind: str = "string") -> ApiRows:
        return ApiRows(status, (Column(field, title, kind),))

    return [
        Placed(fact("Since", asked("since", "Since", TIME), "When the state began.", unit="dateTimeFromNow"), 3, 4),
        Placed(fact("Cause", asked("cause", "Cause"), "None where nobody is to blame."), 4, 4),
        Placed(
            fact(
                "Confidence", asked("confidence", "Confidence", NUMBER), "How sure the decision is.", unit="percentunit"
            ),
            3,
            4,
        ),
        Placed(
            fact(
                "Visibility",
                asked("visibility", "Visibility", NUMBER),
                "The share of the primary signals that could be seen.",
                unit="percentunit",
            ),
            3,
            4,
        ),
        Placed(fact("Age", asked("age_seconds", "Age", NUMBER), "Time since the observation.", unit="s"), 3, 4),
        Placed(fact("Stale", asked("stale", "Stale", FLAG), "Too old to speak of now.", colours=FLAGS), 2, 4),
        Placed(
            fact("Degraded", asked("degraded", "Degraded", FLAG), "The store does not answer.", colours=FLAGS), 2, 4
        ),
        Placed(fact("Band", asked("band", "Band"), "How much the cluster carries: thresholds differ by it."), 2, 4),
        Placed(fact("Mode", asked("mode", "Mode"), "Normal, idle, busy with itself, recovering or blind."), 2, 4),
    ]


def _why() -> list[Placed]:
    explanation = rows(
        "Explanation",
        ApiRows("/status/summary", (Column("title", "Part"), Column("text", "Text")), root="paragraphs"),
        "Setting, trigger, cause, meaning and what to watch.",
        header=False,
    )
    actions = rows(
        "Remedies",
        ApiRows(
            "/status",
            (
                Column("says", "Do"),
                Column("target", "At"),
                Column("kind", "Kind"),
                Column("risk", "Risk"),
                Column("confidence", "Confidence", NUMBER),
            ),
            root="recommended_actions",
        ),
        "What helps, the most likely first.",
    )
    issues = rows(
        "Issues",
        ApiRows(
            "/status/issues",
            (
                Column("severity", "Severity"),
                Column("title", "Issue"),
                Column("cause", "Cause"),
                Column("service", "Service"),
                Column("opened_at", "Opened", TIME),
                Column("updated_at", "Updated", TIME),
                Column("resolved_at", "Resolved", TIME),
            ),
            parameters=(CLUSTER, ("limit", str(MOST_ISSUES))),
        ),
        "Open ones first. A cause leads to its runbook.",
    )
    services = rows(
        "Services",
        ApiRows(
            "/status/services",
            (
                Column("name", "Service"),
                Column("progress", "Progress"),
                Column("pressure", "Pressure"),
                Column("dominant_signal", "Most telling signal"),
                Column("last_known_progress", "Last known progress"),
            ),
        ),
        "How each actor of the cluster does.",
    )
    runbook = '${runbooks:raw}${__data.fields["Cause"]:percentencode}'
    return [
        Placed(narrow(wrapped(explanation, "Text"), 160, "Part"), 12, 10),
        Placed(measured(wrapped(actions, "Do"), "Confidence", "percentunit"), 12, 10),
        Placed(linked(painted(issues, "Severity", SEVERITIES), "Cause", "Runbook", runbook), 14, 8),
        Placed(services, 10, 8),
    ]


def _gates() -> list[Placed]:
    columns = (
        Column("outcome", "Outcome"),
        Column("level", "Level"),
        Column("sentence", "Sentence"),
        Column("signal", "Signal"),
        Column("value", "Value", NUMBER),
        Column("threshold", "Threshold", NUMBER),
        Column("margin", "Margin", NUMBER),
        Column("unit", "Unit"),
        Column("key", "Gate"),
    )
    # Two tables, since no order of the words puts fired before clear and unknown.
    fired = rows("Fired", ApiRows("/status/gates", columns, only="Outcome == 'fired'"), "Gates that fired.")
    others = rows("Unknown and clear", ApiRows("/status/gates", columns, only="Outcome != 'fired'"), "All other gates.")
    return [
        Placed(narrow(painted(wrapped(each, "Sentence"), "Outcome", OUTCOMES), 90, "Outcome", "Level"), 24, height)
        for each, height in ((fired, 6), (others, 10))
    ]


def _signals() -> list[Placed]:
    read = rows(
        "Signals",
        ApiRows(
            "/status/signals",
            (
                Column("key", "Signal"),
                Column("display", "Value"),
                Column("trend", "Trend"),
                Column("category", "Category"),
                Column("service", "Service"),
                Column("missing", "Missing"),
                Column("detail", "Detail"),
                Column("sample_age_seconds", "Age when read", NUMBER),
            ),
        ),
        "Every signal as it was last read, or the reason there is no value.",
    )
    return [
        Placed(measured(painted(read, "Trend", TRENDS), "Age when read", "s"), 14, 14),
        Placed(_sparklines(), 10, 14),
    ]


def _sparklines() -> table.Panel:
    values = ApiRows(
        "/status/trend",
        (Column("at", "Time", TIME), Column("signal", "Signal"), Column("value", "Value", NUMBER)),
        parameters=(CLUSTER, *SPAN),
    )
    panel = rows("Primary signals over time", values, "As they were read; a gap is a gap.")
    for name, options in (
        ("partitionByValues", {"fields": ["Signal"], "keepFields": False, "naming": {"asLabels": True}}),
        ("timeSeriesTable", {}),
    ):
        panel = panel.with_transformation(DataTransformerConfig(id_val=name, options=options))
    sparkline = DynamicConfigValue("custom.cellOptions", {"type": "sparkline"})
    return panel.override_by_regexp("/^Trend/", [sparkline])


def _history() -> list[Placed]:
    past = ApiRows(
        "/status/timeline",
        (Column("at", "Time", TIME), Column("state", "State")),
        parameters=(CLUSTER, *SPAN, ("step", "${__interval_ms}")),
    )
    timeline = (
        statetimeline.Panel()
        .title("State over time")
        .description("Where nothing was observed the state is unknown.")
        .datasource(API)
        .with_target(past)
        .max_data_points(MOST_STEPS)
        .interval("1s")
        .mappings(coloured(STATES))
        .color_scheme(otherwise(UNSURE))
        .show_value(common_models.VisibilityMode.NEVER)
        .legend(common.VizLegendOptions().show_legend(True))
        .no_value("nothing")
    )
    patterns = rows(
        "Log patterns",
        ApiRows(
            "/status/logs",
            (
                Column("last_at", "Until", TIME),
                Column("service", "Service"),
                Column("severity", "Severity"),
                Column("count", "Lines", NUMBER),
                Column("template", "Pattern"),
                Column("means", "Means"),
                Column("remedy", "Remedy"),
                Column("new", "New", FLAG),
            ),
            parameters=(CLUSTER, ("since", "${__from}"), ("until", "${__to}")),
        ),
        "Repeated kinds of log lines, and what they mean.",
    )
    return [Placed(timeline, 24, 6), Placed(wrapped(patterns, "Pattern", "Means", "Remedy"), 24, 10)]


def _itself() -> list[Placed]:
    """From the copilot's own /metrics, by names that the API declares."""
    parts = (
        ("Duration of an observation", "sre_copilot_cycle_duration_seconds", "", Unit.SECONDS),
        ("Delay of the next observation", "sre_copilot_cycle_lag_seconds", "", Unit.SECONDS),
        ("Signals without a value", "sre_copilot_source_errors", "{{reason}}", Unit.COUNT),
    )
    return [
        Placed(graph(title, f'{name}{{cluster="${{cluster}}"}}', legend or title, unit, title + "."), 8, 7)
        for title, name, legend, unit in parts
    ]
