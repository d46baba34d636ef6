"""The program ``sre-copilot``: finds the command and says in one sentence what went wrong."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from cyclopts import App, CycloptsError, UnusedCliTokensError

from sre_copilot.cli.context import OPTIONS, load_manager
from sre_copilot.cli.options import HELP, GlobalOptions, split
from sre_copilot.settings.masking import mask_urls
from sre_copilot_hookspecs.errors import CopilotError, DeclarationError
from sre_copilot_hookspecs.nearest import did_you_mean

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130
BROKEN_PIPE = 141

COLLECT_AFTER = 20_000
"""Objects made, less those let go, before garbage is looked for. Python's own 700 suit programs that run on."""

TEMPORAL_CLIENT = "temporalio.bridge.temporal_sdk_bridge"
"""The module whose import means that threads of Temporal's client may run."""

MOST_SENTENCES = 10
"""Mistakes that are told at once: one wrong name in a ruleset can be missed in a hundred places."""

COMMANDS = (
    (
        "demo",
        "sre_copilot.cli.demo:demo",
        "Start Temporal, PostgreSQL and the copilot here, and break things.",
    ),
    (
        "up",
        "sre_copilot.cli.up:up",
        "Run everything: worker and API, with embedded servers where none are set.",
    ),
    ("worker", "sre_copilot.cli.worker:worker", "Run the workflows that watch clusters."),
    ("api", "sre_copilot.cli.api:api", "Serve the status page and the JSON API."),
    ("status", "sre_copilot.cli.status:status", "Show the state of every cluster."),
    ("timeline", "sre_copilot.cli.timeline:timeline", "Show how the state of a cluster came about."),
    ("signals", "sre_copilot.cli.signals:signals", "Show what is measured on a cluster, or explain one signal."),
    (
        "compile",
        "sre_copilot.cli.compile:compile_",
        "Compile every file of a deployment's configuration from a preset.",
    ),
    ("presets", "sre_copilot.cli.presets:presets", "List the presets that configurations start from."),
    ("modifiers", "sre_copilot.cli.modifiers:modifiers", "List the modifiers that fit a preset to a workload."),
    ("parameters", "sre_copilot.cli.parameters:parameters", "List the parameters of a deployment."),
    ("describe", "sre_copilot.cli.describe:describe", "Show every value of a preset, with its source and rationale."),
    ("explain", "sre_copilot.cli.explain:explain", "Explain a state, a parameter, a preset or a compiled profile."),
    ("check", "sre_copilot.cli.check:check", "Check a compiled profile against every guard rail."),
    ("diff", "sre_copilot.cli.diff:diff", "Show what tells two presets or profiles apart."),
    ("rules", "sre_copilot.cli.rules:rules", "Show, compare and apply the rules that decide."),
    ("verify", "sre_copilot.cli.verify:verify", "Compute stored decisions again and report the first difference."),
    ("backtest", "sre_copilot.cli.backtest:backtest", "Show what rules would have decided in the past."),
    ("export", "sre_copilot.cli.export:export", "Write decisions and what they were made from into a file."),
    ("kb", "sre_copilot.cli.kb:app", "Search runbooks, and keep knowledge bases up to date."),
    ("doctor", "sre_copilot.cli.doctor:doctor", "Check everything the copilot depends on."),
    (
        "plugins",
        "sre_copilot.cli.plugins:plugins",
        "List plugins, what they declare, and what became of them.",
    ),
    (
        "settings",
        "sre_copilot.cli.settings:settings",
        "Show the effective settings and where each comes from.",
    ),
)
"""Name, target and help of the commands of the core. A target is imported when its command is run."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that ``arguments`` name, and exit with its code."""
    # A command's start makes many objects that stay; looking through them 200 times would find nothing.
    gc.set_threshold(COLLECT_AFTER)
    code = run(sys.argv[1:] if arguments is None else arguments)
    if TEMPORAL_CLIENT in sys.modules:
        # Its threads may still be letting go of an answer, or of none, while Python ends, which aborts the process
        # with a report of a fatal error. Everything of ours is closed and written by now.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    raise SystemExit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command.

    :return: its exit code: 0, or what the command returned; 2 for bad input, 1 for an unexpected error, 130
        after Ctrl-C.
    """
    options = GlobalOptions(debug="--debug" in arguments)
    try:
        options, rest = split(arguments)
        OPTIONS.set(options)
        code = _run(rest)
        sys.stdout.flush()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except CopilotError as error:
        _say(str(error))
        return BAD_INPUT
    except CycloptsError as error:
        _say(_misused(error))
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a traceback
        return _unexpected(error, options)
    return code


def _run(arguments: list[str]) -> int:
    app = build(with_plugins=_may_be_a_plugins(arguments))
    named = _named(arguments)
    if named is not None and named not in app:
        raise CopilotError(f"there is no command {named!r}{did_you_mean(named, _names(app))}")
    result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    return int(result) if isinstance(result, int) else 0


def _named(arguments: list[str]) -> str | None:
    """The command, which is the first argument that is no option."""
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _names(app: App) -> list[str]:
    return [name for name in app if not name.startswith("-")]


def build(*, with_plugins: bool) -> App:
    """The program with all its commands.

    :param with_plugins: also with those of plugins, which have to be loaded for that.
    :raises DeclarationError: if a plugin's command has the name of another one.
    """
    app = App(
        name="sre-copilot",
        help="Decides whether Temporal clusters make forward progress, and says why.",
        help_epilogue=HELP,
        version=_version,
    )
    for name, target, help_text in COMMANDS:
        app.command(target, name=name, help=help_text)
    if with_plugins:
        _add_plugins_commands(app)
    return app


def _add_plugins_commands(app: App) -> None:
    manager = load_manager()
    taken = {name for name, _, _ in COMMANDS}
    for declared in manager.collect("copilot_commands"):
        command = declared.value
        if command.name in taken:
            raise DeclarationError(
                f"{manager.describe(declared.plugin)}, hook copilot_commands: {command.name!r} is a command"
                " of sre-copilot itself; choose another name"
            )
        app.command(command.target, name=command.name, help=command.help)


def _may_be_a_plugins(arguments: list[str]) -> bool:
    """Whether plugins have to be loaded to know the command: it is not ours, or all are to be listed."""
    named = _named(arguments)
    if named is None:
        return "--version" not in arguments
    return named not in {name for name, _, _ in COMMANDS}


def _version() -> str:
    import sre_copilot

    return sre_copilot.__version__


def _misused(error: CycloptsError) -> str:
    command = " ".join(("sre-copilot", *(error.command_chain or ())))
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"unexpected {error.unused_tokens[0]!r}; see {command} --help"
    text = " ".join(str(error).split())
    # A question stays one; everything else goes on in the same sentence.
    return f"{text} See {command} --help." if text.endswith("?") else f"{text.rstrip('.')}; see {command} --help"


def _unexpected(error: Exception, options: GlobalOptions) -> int:
    text = " ".join(str(error).split())
    _say(mask_urls(f"unexpected {type(error).__name__}: {text or 'no further word'}"))
    if options.debug:
        import traceback

        traceback.print_exception(error)
    else:
        sys.stderr.write("Run it again with --debug to see where it happened.\n")
    return FAILED


def _say(text: str) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:MOST_SENTENCES]:
        sys.stderr.write(f"sre-copilot: {line}\n")
    if len(lines) > MOST_SENTENCES:
        sys.stderr.write(f"sre-copilot: and {len(lines) - MOST_SENTENCES} more; mend these first\n")
