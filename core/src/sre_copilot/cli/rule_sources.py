"""The rulesets that commands name: those of the settings, stored ones, and files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from sre_copilot.health.checks import check
from sre_copilot.health.declarations import Declarations, Declared
from sre_copilot.health.encoding import from_json
from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Patience, Ruleset, Visibility
from sre_copilot.settings.document import malformed
from sre_copilot_hookspecs import Band, CopilotError, DeclarationError
from sre_copilot_hookspecs.nearest import did_you_mean, nearest

if TYPE_CHECKING:
    from sre_copilot.cli.context import Context
    from sre_copilot.store import Store

T = TypeVar("T")

CURRENT = "current"
STORED = "stored:"
SHORTEST_PREFIX = 6
"""Characters of a digest that may stand for it."""
FORMS = f"{CURRENT!r}, {STORED}DIGEST, or a TOML or JSON file"
TABLES = ("thresholds", "patience", "visibility", "band")


@attrs.frozen
class Overrides:
    """What a person wants different from what plugins declare."""

    thresholds: Mapping[str, float] = attrs.field(factory=dict)
    band: Band | None = None
    patience: Patience | None = None
    visibility: Visibility | None = None


def current_rules(context: Context, cluster: str | None, overrides: Overrides | None = None) -> Ruleset:
    """The rules of the settings, as a worker would resolve them now.

    :param cluster: with the thresholds and the band of this cluster; those for all clusters if there is none.
    :param overrides: on top of the settings.
    :raises DeclarationError: with one line for each thing that is wrong.
    """
    more = overrides or Overrides()
    settings = context.settings
    name = cluster or (settings.clusters[0].name if len(settings.clusters) == 1 else "")
    return resolve(
        context.manager.declarations(),
        overrides={**settings.thresholds(name), **more.thresholds},
        band=more.band or settings.band(name),
        patience=more.patience,
        visibility=more.visibility,
    )


def rules_of_file(context: Context, path: Path, cluster: str | None, more: Overrides | None = None) -> Ruleset:
    """A file's ruleset: a whole one, or the settings' with what the file overrides.

    :param more: thresholds on top of the file's, which a whole ruleset does not take.
    :raises CopilotError: if it is neither, naming the file and the key.
    """
    document = read_document(path)
    if "gates" in document and "signals" in document:
        if more is not None and more.thresholds:
            raise CopilotError(f"{path} is a whole ruleset; thresholds cannot be set on top of it")
        return _whole(context, document, path)
    found = overrides_of(document, str(path))
    if more is not None:
        found = attrs.evolve(found, thresholds={**found.thresholds, **more.thresholds})
    try:
        return current_rules(context, cluster, found)
    except DeclarationError as refusal:
        lines = str(refusal).splitlines()
        raise DeclarationError("\n".join(f"{path}: {line}" for line in lines)) from refusal


async def rules_named(context: Context, text: str, cluster: str | None, store: Store | None) -> Ruleset:
    """The ruleset that a person names.

    :param store: where stored ones are; ``None`` where the name needs none.
    :raises CopilotError: if there is none of that name.
    """
    if text == CURRENT:
        return current_rules(context, cluster)
    if _is_file(text):
        return rules_of_file(context, Path(text), cluster)
    if store is not None and needs_store(text):
        return await _stored(store, text.removeprefix(STORED))
    meant = nearest(text, [CURRENT, *_files()])
    hint = f"; did you mean {meant!r}?" if meant is not None else f"; name {FORMS}"
    raise CopilotError(f"{text!r} is no ruleset and no file{hint}")


def needs_store(text: str) -> bool:
    """Whether a ruleset's name can only be that of a stored one."""
    if text == CURRENT or _is_file(text):
        return False
    bare = text.removeprefix(STORED)
    return text.startswith(STORED) or (len(bare) >= SHORTEST_PREFIX and not set(bare) - set("0123456789abcdef"))


async def _stored(store: Store, prefix: str) -> Ruleset:
    digests = await store.ruleset_digests()
    found = [name for name in digests if len(prefix) >= SHORTEST_PREFIX and name.startswith(prefix)]
    if len(found) > 1:
        raise CopilotError(f"{prefix!r} begins the digests of {len(found)} stored rulesets; write more of it")
    if not found:
        known = [name[:12] for name in digests]
        raise CopilotError(f"no stored ruleset has the digest {prefix!r}{did_you_mean(prefix, known[:10])}")
    ruleset = await store.ruleset(found[0])
    assert ruleset is not None
    return ruleset


def _files() -> list[str]:
    return sorted(path.name for pattern in ("*.toml", "*.json") for path in Path().glob(pattern))


def _is_file(text: str) -> bool:
    return Path(text).is_file()


def read_document(path: Path) -> dict[str, Any]:
    """A TOML or JSON file.

    :raises CopilotError: if it cannot be read, or says something twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        said = getattr(failure, "strerror", None) or "it is no text"
        raise CopilotError(f"{path} cannot be read: {said}") from failure
    try:
        found = json.loads(text, object_pairs_hook=_once) if path.suffix == ".json" else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CopilotError(malformed(path, text, str(error))) from error
    except (ValueError, RecursionError) as error:
        raise CopilotError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise CopilotError(f"{path} holds no table; write [thresholds] and, below it, threshold = number")
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"key {key!r} is given twice")
        made[key] = value
    return made


def _whole(context: Context, document: Mapping[str, Any], path: Path) -> Ruleset:
    document = {key: value for key, value in document.items() if key != "digest"}
    try:
        ruleset = from_json(json.dumps(document), Ruleset)
    except Exception as error:
        raise CopilotError(f"{path} is no ruleset that this version can read: {_plain(error)}") from error
    problems = check(ruleset, _declared_in(ruleset, path, context))
    if problems:
        named = [line if str(path) in line else f"{path}: {line}" for line in problems]
        raise DeclarationError("\n".join(named))
    return ruleset


def _declared_in(ruleset: Ruleset, path: Path, context: Context) -> Declarations:
    """A whole ruleset's declarations, as if the file were a plugin; findings are those of the plugins here."""

    def of_file(values: Iterable[T]) -> tuple[Declared[T], ...]:
        return tuple(Declared(str(path), value) for value in values)

    return Declarations(
        gates=of_file(ruleset.gates),
        causes=of_file(ruleset.causes),
        services=of_file(ruleset.services),
        worker_rules=of_file(ruleset.worker_rules),
        findings=context.manager.declarations().findings,
    )


def _plain(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__


def overrides_of(document: Mapping[str, Any], where: str) -> Overrides:
    """What a file overrides.

    :param where: the file, for the refusal.
    :raises CopilotError: if it says anything else.
    """
    unknown = [key for key in document if key not in TABLES]
    if unknown:
        raise CopilotError(f"{where}: there is no {unknown[0]!r} in rules{did_you_mean(unknown[0], TABLES)}")
    thresholds: dict[str, float] = {}
    for key, value in _flat(document.get("thresholds", {}), ""):
        if key in thresholds:
            raise CopilotError(f"{where}: threshold {key!r} is given twice")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CopilotError(f"{where}: threshold {key!r} is {value!r}, which is no number")
        thresholds[key] = float(value)
    return Overrides(
        thresholds,
        _band(document.get("band"), where),
        _table(document.get("patience"), Patience(), int, f"{where}: patience"),
        _table(document.get("visibility"), Visibility(), float, f"{where}: visibility"),
    )


def overrides_of_options(options: Sequence[str]) -> dict[str, float]:
    """Thresholds from ``--set key=number``.

    :raises CopilotError: if one is written otherwise, or a key twice.
    """
    found: dict[str, float] = {}
    for option in options:
        key, equals, text = option.partition("=")
        try:
            number = float(text)
        except ValueError:
            equals = ""
            number = 0.0
        if not equals or not key.strip():
            raise CopilotError(f"--set {option!r} must be written as threshold=number")
        if key.strip() in found:
            raise CopilotError(f"--set gives threshold {key.strip()!r} twice")
        found[key.strip()] = number
    return found


def _flat(table: object, prefix: str) -> Iterator[tuple[str, object]]:
    if not isinstance(table, Mapping):
        yield prefix or "thresholds", table
        return
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        else:
            yield name, value


def _band(name: object, where: str) -> Band | None:
    if name is None:
        return None
    names = [band.value for band in Band]
    if name not in names:
        raise CopilotError(f"{where}: band is {name!r}; it must be one of {', '.join(names)}")
    return Band(name)


def _table(given: object, default: Any, kind: type, where: str) -> Any:
    if given is None:
        return None
    fields = [field.name for field in attrs.fields(type(default))]
    if not isinstance(given, Mapping):
        raise CopilotError(f"{where} is no table of {', '.join(fields)}")
    for key, value in given.items():
        if key not in fields:
            raise CopilotError(f"{where}.{key}: there is no such setting{did_you_mean(str(key), fields)}")
        numbers = (int, float) if kind is float else (int,)
        if isinstance(value, bool) or not isinstance(value, numbers) or not 0 <= value < 10**6:
            raise CopilotError(f"{where}.{key} is {value!r}; it must be a number from 0 on")
    return attrs.evolve(default, **{str(key): kind(value) for key, value in given.items()})
