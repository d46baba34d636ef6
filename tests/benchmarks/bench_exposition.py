"""How long one cycle of direct scraping takes, beside the reference parser on the same text.

Run by itself: ``python tests/benchmarks/bench_exposition.py``. Exits with 1 if the scrape takes more than a
tenth of the reference parser's time.
"""

from __future__ import annotations

import gzip
import resource
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from sre_copilot_exposition.digest import Digest, digest
from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.exposition_text import Body
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.outcome import Outcome
from sre_copilot_exposition.ring import Ring
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_exposition.targets import Target
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    Category,
    Dialect,
    Emitter,
    Expr,
    Signal,
    counter,
    gauge,
    histogram,
    not_equal,
    timer,
)

SCRAPE = Path(__file__).parents[1] / "data" / "scrapes" / "steady.server.t60.prom.gz"
MOST = 0.1
SCRAPES = 16
USER = not_equal("temporal_system")

# What an ordinary set of signals asks of a server: demand, progress, latencies, errors, backlog.
EXPRESSIONS: tuple[Expr, ...] = (
    counter("tasks_added", forwarded="false", namespace=USER).rate("1m"),
    counter("poll_success", namespace=USER).rate("1m"),
    counter("poll_timeouts", namespace=USER).rate("1m"),
    counter("action", action_type="grpc_StartWorkflowExecution").rate("1m"),
    counter("workflow_success", namespace=USER).rate("1m"),
    counter("workflow_failed", namespace=USER).rate("1m"),
    counter("workflow_tasks_completed", namespace=USER).rate("1m"),
    counter("activity_success", namespace=USER).rate("1m"),
    counter("service_requests", service_name="frontend").rate("1m"),
    counter("service_errors", service_name="frontend").rate("1m"),
    counter("service_error_with_type", service_name="frontend").rate("1m"),
    counter("persistence_requests").rate("1m"),
    counter("persistence_errors").rate("1m"),
    counter("persistence_error_with_type").rate("1m"),
    counter("task_requests").rate("1m"),
    counter("task_errors").rate("1m"),
    histogram("state_transition_count", namespace=USER).rate("1m"),
    timer("service_latency", service_name="frontend").quantile(0.95, over="1m"),
    timer("service_latency", service_name="history").quantile(0.95, over="1m"),
    timer("persistence_latency").quantile(0.95, over="1m"),
    timer("persistence_latency").quantile(0.99, over="5m"),
    timer("task_latency_queue").quantile(0.95, over="1m"),
    timer("task_schedule_to_start_latency").quantile(0.95, over="1m"),
    timer("workflow_schedule_to_close_latency").quantile(0.95, over="1m"),
    gauge("approximate_backlog_count").sum(by=["taskqueue"]).max(),
    gauge("approximate_backlog_age_seconds").max(),
    gauge("pending_polls").sum(),
    gauge("numshards_gauge").max(),
)
SIGNALS = tuple(
    Signal(f"bench.s{number}", Category.PRIMARY, "server", expression.unit, "?", expression)
    for number, expression in enumerate(EXPRESSIONS)
)
DIALECTS = (
    Dialect("native", Emitter.SERVER, "the server's own reporter", first_timer_bound=0.001),
    Dialect("otel", Emitter.SERVER, "OpenTelemetry", counter="{name}_total", timer="{name}_milliseconds"),
)
NEEDS = Needs().with_signals(SIGNALS, "server")
TARGET = Target("server", "temporal:9090", "http://temporal:9090/metrics", "temporal:9090", "temporal")


def seconds(work: Callable[[], object], repeat: int) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(repeat):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def scraped(content: bytes, parser: SampleParser, at: int = 0) -> Digest:
    """One scrape, without the network."""
    return digest(Body(content), NEEDS, DIALECTS, parser, at, 10**6)


def new_parser() -> SampleParser:
    """A parser that has seen nothing yet."""
    return SampleParser(SeriesTable(TARGET.labels))


def view_of_ring(content: bytes, scrapes: int) -> TargetView:
    """A target after that many cycles of half a minute."""
    ring, parser = Ring(10**7), new_parser()
    for number in range(scrapes):
        ring.append(scraped(content, parser, number * 30_000).scrape, keep=450)
    return TargetView(TARGET, DIALECTS[0], ring.scrapes())


def evaluated(view: TargetView) -> list[Outcome]:
    """Every expression, as one cycle evaluates them."""
    evaluator = Evaluator("prod", [view], view.latest.at)
    return [evaluator.evaluate(each) for each in EXPRESSIONS]


def main() -> int:
    """Measure, print, compare."""
    content = gzip.decompress(SCRAPE.read_bytes())
    text = content.decode()
    warm = new_parser()
    kept = scraped(content, warm).scrape
    reference = seconds(lambda: list(text_string_to_metric_families(text)), 3)
    first = seconds(lambda: scraped(content, new_parser()), 7)
    again = seconds(lambda: scraped(content, warm), 15)

    tracemalloc.start()
    view = view_of_ring(content, SCRAPES)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    evaluation = seconds(lambda: evaluated(view), 5)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    lines = (
        f"scrape              {len(content) / 1e6:.1f} MB, {kept.scraped} samples, {kept.kept} kept",
        f"reference parser    {reference * 1000:7.1f} ms for the whole text",
        f"first scrape        {first * 1000:7.1f} ms, {first / reference:.3f} of the reference",
        f"every later scrape  {again * 1000:7.1f} ms, {again / reference:.3f} of the reference",
        f"{len(EXPRESSIONS)} expressions      {evaluation * 1000:7.1f} ms over {SCRAPES} scrapes",
        f"memory              {held / 1e6:7.1f} MB held, {peak / 1e6:.1f} MB at most, {SCRAPES} scrapes",
        f"process             {resident / 1e3:7.1f} MB at most, with the reference parser",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if first <= MOST * reference else 1


def test_a_scrape_costs_a_tenth_of_reading_all_of_it() -> None:
    assert main() == 0


if __name__ == "__main__":
    sys.exit(main())
