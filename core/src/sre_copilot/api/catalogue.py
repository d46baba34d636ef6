"""Every route of the API. The app, the OpenAPI document and the reference page are made from this list."""

from __future__ import annotations

from sre_copilot.api.actions import actions
from sre_copilot.api.answers import clusters, decision, issues
from sre_copilot.api.documents import ActionRequest, ServedEvent
from sre_copilot.api.events import events
from sre_copilot.api.history import timeline, trend
from sre_copilot.api.logs import logs
from sre_copilot.api.operations import health, metrics, ready
from sre_copilot.api.page import HTML, page_routes
from sre_copilot.api.parameters import (
    CLUSTER,
    END,
    ISSUES,
    ROWS,
    SERVICE,
    SEVERITY,
    SIGNAL,
    SINCE,
    START,
    STEP,
    UNTIL,
)
from sre_copilot.api.reference import docs_page, docs_style, openapi_json
from sre_copilot.api.routes import EVENT_STREAM, Route, asked_route, view_route
from sre_copilot.api.serving import served_gates, served_services, served_signals, served_status, served_summary

ROUTES: tuple[Route, ...] = (
    *page_routes(),
    view_route("/status", served_status, "One cluster in full."),
    view_route("/status/summary", served_summary, "What is going on in one cluster, in words."),
    view_route("/status/gates", served_gates, "The gates of one cluster: what was compared with what."),
    view_route("/status/services", served_services, "The services and workers of one cluster."),
    view_route("/status/signals", served_signals, "Every signal of one cluster as it was last read."),
    asked_route(
        "/status/issues",
        issues,
        "The issues of one cluster: open ones first, then the newest first.",
        parameters=(CLUSTER, SEVERITY, ISSUES),
        problems=(404, 503),
    ),
    asked_route(
        "/status/timeline",
        timeline,
        "The states of one cluster in a span of time, oldest first; a gap is a row with the state unknown.",
        parameters=(CLUSTER, START, END, STEP, ROWS),
        problems=(404, 503),
    ),
    asked_route(
        "/status/trend",
        trend,
        "The values of signals in a span of time, oldest first; an hour if nothing is said.",
        parameters=(CLUSTER, START, END, STEP, SIGNAL),
        problems=(404, 503),
    ),
    asked_route(
        "/status/logs",
        logs,
        "The log patterns of one cluster in a span of time, oldest window first.",
        parameters=(CLUSTER, SINCE, UNTIL, SERVICE),
        problems=(404, 503),
    ),
    asked_route("/clusters", clusters, "Every watched cluster in short.", problems=(503,)),
    asked_route(
        "/decisions/{id}",
        decision,
        "One decision with its evidence, as it was made.",
        path_parameters={"id": "The decision's id."},
        problems=(404, 503),
    ),
    Route(
        "/actions",
        "The form of a request to act. Nobody acts: the answer is always that, with the form in `schema`.",
        actions,
        None,
        problems=(403, 413, 415, 422, 501),
        method="POST",
        takes=ActionRequest,
    ),
    Route(
        "/events",
        "What changes, as it changes: server-sent events `state` and `decision`, each with one object of this form.",
        events,
        ServedEvent,
        (CLUSTER,),
        problems=(404, 503),
        media=EVENT_STREAM,
    ),
    Route(
        "/metrics",
        "Every watched cluster for Prometheus, in its own format or in OpenMetrics.",
        metrics,
        str,
        media="text/plain",
        other_media=("application/openmetrics-text",),
    ),
    asked_route("/health", health, "The process answers. It asks nobody.", is_open=True),
    asked_route("/ready", ready, "The store answers, within a second.", problems=(503,), is_open=True),
    Route("/openapi.json", "This API as an OpenAPI 3.1 document.", openapi_json, dict, is_open=True),
    Route("/docs", "This API for people.", docs_page, str, media=HTML, is_open=True),
    Route("/docs.css", "How /docs looks.", docs_style, str, media="text/css", is_open=True),
)
