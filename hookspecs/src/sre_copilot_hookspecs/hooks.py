"""Every hook of the copilot, in the order of its life: start up, read, decide, record, explain, serve.

A plugin is a module or object with functions of these names, marked with ``@hookimpl``. Each hook is called
once, at start-up, and returns declarations or objects with one clear method; an implementation may leave out
parameters it does not need. Every implementation is called by itself: one that raises is named and left out,
and the others' results are kept. Hooks marked *first result* stop at the first plugin that answers.

A whole plugin::

    from sre_copilot_hookspecs import Gate, Level, Signal, Unit, gauge, hookimpl

    PENDING = Signal(
        key="payments.pending_age",
        category="primary",
        service="payments",
        unit=Unit.SECONDS,
        asks="How long has the oldest payment waited for its workflow?",
        measure=gauge("payments_oldest_pending_seconds", unit=Unit.SECONDS).max(),
    )

    @hookimpl
    def copilot_signals():
        return [PENDING]
"""

# Specifications have no body: pluggy reads their names and arguments and never calls them.
# mypy: disable-error-code="empty-body"
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookspec

if TYPE_CHECKING:
    from sre_copilot_hookspecs.clusters import Settings, SettingsSection
    from sre_copilot_hookspecs.configuration import (
        Adapter,
        GuardRail,
        Modifier,
        Parameter,
        Preset,
    )
    from sre_copilot_hookspecs.deployment import Inspector
    from sre_copilot_hookspecs.dialects import Dialect
    from sre_copilot_hookspecs.environments import (
        Environment,
        ProfileStorage,
        StateDatabase,
    )
    from sre_copilot_hookspecs.explanations import Explainer, ModelProvider, Renderer, Retriever
    from sre_copilot_hookspecs.health import (
        AmplifierEvaluator,
        Cause,
        Gate,
        Service,
        ThresholdProfile,
        WorkerRule,
    )
    from sre_copilot_hookspecs.narrative import NarrativeParser, NarrativeSource
    from sre_copilot_hookspecs.operations import Check, Command, Influence, Notifier
    from sre_copilot_hookspecs.signals import Signal
    from sre_copilot_hookspecs.sources import RequestSigner, SignalSource

# Start up


@hookspec
def copilot_settings() -> Sequence[SettingsSection]:
    """A plugin's own sections of the settings. The only hook called before the settings are read.

    Unknown keys in a section stay errors, with the nearest known name::

        @hookimpl
        def copilot_settings():
            return [SettingsSection("payments", PaymentsSettings)]
    """


@hookspec
def copilot_commands() -> Sequence[Command]:
    """Subcommands of ``sre-copilot``, imported only when they are run::

    @hookimpl
    def copilot_commands():
        return [Command("payments", "payments_copilot.cli:app", "Look at payments.")]
    """


@hookspec
def copilot_checks(
    settings: Settings, signals: Sequence[Signal], dialects: Sequence[Dialect], signers: Sequence[RequestSigner]
) -> Sequence[Check]:
    """A plugin's part of ``sre-copilot doctor``.

    :param settings: the effective settings.
    :param signals: every signal of all plugins.
    :param dialects: every dialect of all plugins.
    :param signers: every request signer of all plugins.

    ::

        @hookimpl
        def copilot_checks(settings):
            return [LedgerReachable(settings.section(PaymentsSettings).ledger_url)]
    """


@hookspec(firstresult=True)
def copilot_environments(folder: Path) -> Environment | None:
    """Embedded servers for ``demo`` and ``up`` (first result).

    :param folder: where data, logs and pid files of the servers go; it exists.

    ::

        @hookimpl
        def copilot_environments(folder):
            return ContainerEnvironment(folder) if shutil.which("podman") else None
    """


@hookspec(firstresult=True)
def copilot_state_database(settings: Settings) -> StateDatabase | None:
    """Where decisions are kept (first result). ``None`` where the plugin is not configured for it.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_state_database(settings):
            endpoint = settings.section(DsqlSettings).endpoint
            return DsqlDatabase(endpoint) if endpoint else None
    """


@hookspec(firstresult=True)
def copilot_profile_storage(settings: Settings) -> ProfileStorage | None:
    """Where behaviour profiles are kept (first result).

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_profile_storage(settings):
            bucket = settings.section(AwsSettings).profile_bucket
            return BucketStorage(bucket) if bucket else None
    """


# Read


@hookspec
def copilot_signals() -> Sequence[Signal]:
    """What can be measured, in which unit, and how. A key belongs to one plugin::

    @hookimpl
    def copilot_signals():
        return [PENDING]
    """


@hookspec
def copilot_dialects() -> Sequence[Dialect]:
    """How logical metrics are spelt on the wire::

    @hookimpl
    def copilot_dialects():
        return [Dialect("vendor", Emitter.SERVER, "The vendor's build", counter="acme_{name}_total")]
    """


@hookspec
def copilot_request_signers(settings: Settings) -> Sequence[RequestSigner]:
    """Authentication for the requests of sources: SigV4, tokens, mutual TLS.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_request_signers(settings):
            return [CompanyToken(settings.section(CompanySettings).token)]
    """


@hookspec
def copilot_signal_sources(
    settings: Settings, dialects: Sequence[Dialect], signers: Sequence[RequestSigner]
) -> Sequence[SignalSource]:
    """Who answers signals. The order in which a cluster asks them is ``clusters.NAME.sources``.

    A source that is a ``ReplaysReadings`` too, by a method ``replay``, answers for the past in back-tests.

    :param settings: the effective settings.
    :param dialects: every dialect that plugins declared.
    :param signers: every request signer that plugins offered.

    ::

        @hookimpl
        def copilot_signal_sources(settings):
            return [LedgerSource(settings.section(PaymentsSettings))]
    """


@hookspec
def copilot_narrative_sources(settings: Settings) -> Sequence[NarrativeSource]:
    """Where log lines come from.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_narrative_sources(settings):
            return [JournalSource()]
    """


@hookspec
def copilot_narrative_parsers() -> Sequence[NarrativeParser]:
    """Kinds of log lines with their meaning and remedy::

    @hookimpl
    def copilot_narrative_parsers():
        return [LogParser("payments", (LogPattern("payments.declined", contains="card declined"),))]
    """


@hookspec
def copilot_inspectors(settings: Settings) -> Sequence[Inspector]:
    """Running and desired replicas, and the state of autoscalers.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_inspectors(settings):
            return [KubernetesInspector()]
    """


# Decide


@hookspec
def copilot_gates() -> Sequence[Gate]:
    """When a signal means stressed, critical, healthy, or is evidence for a cause::

    @hookimpl
    def copilot_gates():
        return [Gate.above(PENDING, level=Level.STRESSED, threshold="payments.pending_age_stressed",
                           says="Payments wait {value} for their workflow, over {threshold}.")]
    """


@hookspec
def copilot_threshold_profiles() -> Sequence[ThresholdProfile]:
    """The numbers behind the gates, and behind what evaluators find, for each scale band. Operators can set others::

    @hookimpl
    def copilot_threshold_profiles():
        age = Threshold("payments.pending_age_stressed", Unit.SECONDS, 120, 60, 30, "our promise to merchants")
        return [ThresholdProfile("payments", (age,))]
    """


@hookspec
def copilot_causes() -> Sequence[Cause]:
    """Which pattern of gates and findings means which cause, and what to do about it::

    @hookimpl
    def copilot_causes():
        return [Cause("ledger_down", "ledger down", "payments", "The ledger does not answer.", rank=60,
                      requires=("payments.pending_age_stressed", "payments.ledger_errors"))]
    """


@hookspec
def copilot_services() -> Sequence[Service]:
    """The actors of a cluster and the facts that speak of them::

    @hookimpl
    def copilot_services():
        return [Service("payments", "Payments", degraded_by=("payments.pending_age_stressed",))]
    """


@hookspec
def copilot_worker_rules() -> Sequence[WorkerRule]:
    """What must never be recommended, and when::

    @hookimpl
    def copilot_worker_rules():
        return [WorkerRule("batch_window", ("payments.batch_running",), (ActionKind.RESTART, "workers"),
                           "Workers are not restarted while the nightly batch runs.")]
    """


@hookspec
def copilot_amplifier_evaluators() -> Sequence[AmplifierEvaluator]:
    """Who looks at the last readings and names pressure. Evaluators run in threads, under a deadline.

    A number that one compares with is declared through ``copilot_threshold_profiles`` and asked of the window:
    ``window.limit(STORM)``. So operators can set it, and the rules that every decision carries contain it::

    @hookimpl
    def copilot_amplifier_evaluators():
        return [RetryStorm()]
    """


# Record and tell


@hookspec
def copilot_notifiers(settings: Settings) -> Sequence[Notifier]:
    """Who is told of every state change, once.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_notifiers(settings):
            return [Pager(settings.section(PagerSettings))]
    """


# Explain


@hookspec
def copilot_explain_renderers() -> Sequence[Renderer]:
    """Text, Markdown, JSON, HTML or anything else, from one explanation::

    @hookimpl
    def copilot_explain_renderers():
        return [TicketRenderer()]
    """


@hookspec
def copilot_explainers(settings: Settings) -> Sequence[Explainer]:
    """Models that put an explanation into better words, and can change nothing else.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_explainers(settings):
            return [HouseModel(settings.section(ModelSettings))]
    """


@hookspec
def copilot_model_providers(settings: Settings) -> Sequence[ModelProvider]:
    """Where models come from whose ids begin with a provider's key. Called only where a model is configured;
    for any other key pydantic-ai looks for the model.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_model_providers(settings):
            return [HouseModels(settings.section(HouseSettings).url)]
    """


@hookspec
def copilot_retrievers(settings: Settings) -> Sequence[Retriever]:
    """Search in runbooks. A retriever may be a `KnowledgeBase` as well, which takes documents in, or a `Library`,
    which has the documents that its passages are from.

    :param settings: the effective settings.

    ::

        @hookimpl
        def copilot_retrievers(settings):
            return [WikiSearch(settings.section(WikiSettings).url)]
    """


# Compile


@hookspec
def copilot_parameters() -> Sequence[Parameter]:
    """Settings of a deployment, each with its type, range, reason and derivation::

    @hookimpl
    def copilot_parameters():
        return [LEDGER_POOL_SIZE]
    """


@hookspec
def copilot_presets() -> Sequence[Preset]:
    """Starting points for deployments of some size::

    @hookimpl
    def copilot_presets():
        return [Preset("edge", "A single small host", (0, 20), values=(("history.shards", 4),))]
    """


@hookspec
def copilot_modifiers() -> Sequence[Modifier]:
    """Changes to any preset that a kind of workload asks for::

    @hookimpl
    def copilot_modifiers():
        return [Modifier("payments", "Short workflows, many signals", values=(("worker.pollers", 20),))]
    """


@hookspec
def copilot_guard_rails() -> Sequence[GuardRail]:
    """Combinations of values that fail later, caught now::

    @hookimpl
    def copilot_guard_rails():
        return [GuardRail("ledger_pool", ("ledger.pool", "ledger.limit"), lambda pool, limit: pool > limit,
                          Verdict.ERROR, "{ledger.pool} connections exceed the ledger's {ledger.limit}.")]
    """


@hookspec
def copilot_adapters() -> Sequence[Adapter]:
    """Who writes resolved values for one technology::

    @hookimpl
    def copilot_adapters():
        return [NomadAdapter()]
    """


@hookspec
def copilot_influences() -> Sequence[Influence]:
    """Which setting is known to move which signal::

    @hookimpl
    def copilot_influences():
        return [Influence("ledger.pool", "payments.pending_age", Effect.LOWERS, "more payments are booked at once")]
    """
