"""Settings: what can be set, what is refused and how, and that secrets stay hidden."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from sre_copilot.plugins.manager import Manager
from sre_copilot.plugins.requests import plugin_request
from sre_copilot.settings import Flag, Settings, SettingsFile, find_file, load, requested_plugins
from sre_copilot.settings.environment import variable
from sre_copilot.settings.masking import HIDDEN, mask_urls
from sre_copilot_hookspecs import Band, SettingsError, SettingsSection, hookimpl


@attrs.frozen
class Target:
    """An item of an array of tables."""

    url: str = ""
    token: str = attrs.field(default="", repr=False, metadata={"secret": True})


@attrs.frozen
class Pool:
    """A table within a section."""

    size: int = 4
    "Connections at most."


@attrs.frozen
class PaymentsSettings:
    """A section with everything a section can hold."""

    ledger_url: str = "http://ledger"
    "Where the ledger is."
    retries: int = attrs.field(default=3, validator=attrs.validators.ge(0))
    "How often a payment is tried again."
    strict: bool = False
    token: str | None = attrs.field(default=None, metadata={"secret": True})
    certificate: Path | None = None
    labels: Mapping[str, str] = attrs.field(factory=dict)
    targets: tuple[Target, ...] = ()
    pool: Pool = Pool()


class Plugin:
    """A plugin with sections."""

    def __init__(self, *sections: SettingsSection) -> None:
        self.sections = sections

    @hookimpl
    def copilot_settings(self) -> tuple[SettingsSection, ...]:
        return self.sections


PAYMENTS = Plugin(SettingsSection("payments", PaymentsSettings))
FOR_CLUSTERS = Plugin(SettingsSection("payments", PaymentsSettings, per_cluster=True))


def manager(*plugins: object, block: tuple[str, ...] = ("temporal", "exposition", "local")) -> Manager:
    made = Manager.load([plugin_request(f"no:{name}") for name in block])
    for number, plugin in enumerate(plugins):
        made.register(plugin, f"plugin{number}")
    return made


def of(
    toml: str = "",
    *plugins: object,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    file = SettingsFile(Path("sre-copilot.toml"), toml)
    return load(manager(*plugins), file=file, environment=environment, overrides=overrides)


def problems(toml: str = "", *plugins: object, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        of(toml, *plugins, environment=environment)
    return str(caught.value).splitlines()


def entry(settings: Settings, key: str) -> tuple[object, str]:
    (found,) = [(value, source) for name, value, source in settings.entries() if name == key]
    return found


def test_without_any_file_there_are_defaults_and_no_clusters() -> None:
    settings = load(manager())
    assert settings.clusters == ()
    assert settings.temporal is None
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8080)
    assert settings.data_folder == Path(".sre-copilot")
    assert {source for _, _, source in settings.entries()} == {"default"}


def test_each_layer_overrules_the_one_below() -> None:
    toml = "[api]\nport = 1\nhost = 'file'\n"
    environment = {"SRE_COPILOT_API_PORT": "2"}
    assert entry(of(toml), "api.port") == (1, "sre-copilot.toml:2")
    assert entry(of(toml, environment=environment), "api.port") == (2, "environment SRE_COPILOT_API_PORT")
    flags = {"api": {"port": Flag("--port", 3), "host": Flag("--host", None)}}
    settings = of(toml, environment=environment, overrides=flags)
    assert entry(settings, "api.port") == (3, "flag --port")
    assert entry(settings, "api.host") == ("file", "sre-copilot.toml:3")


def test_a_cluster_is_complete() -> None:
    settings = of(
        """
        [copilot]
        cycle = 10
        [clusters.prod]
        sources = ["exposition"]
        band = "mid-scale"
        [clusters.prod.temporal]
        address = "temporal:7233"
        namespace = "orders"
        [clusters.prod.payments]
        retries = 5
        targets = [{url = "http://a"}, {url = "http://b"}]
        pool.size = 9
        [clusters.prod.thresholds]
        "history.backlog" = 5
        [thresholds]
        history.backlog = 1
        matching.age = 2
        """,
        FOR_CLUSTERS,
    )
    cluster = settings.cluster("prod")
    assert cluster.connection.address == "temporal:7233"
    assert (cluster.namespaces, cluster.cycle, cluster.sources) == (("orders",), 10, ("exposition",))
    section = cluster.section(PaymentsSettings)
    assert (section.retries, section.pool.size) == (5, 9)
    assert [target.url for target in section.targets] == ["http://a", "http://b"]
    assert settings.band("prod") is Band.MID_SCALE
    assert settings.thresholds("prod") == {"history.backlog": 5, "matching.age": 2}
    assert entry(settings, "clusters.prod.cycle") == (10, "copilot.cycle")
    assert entry(settings, "clusters.prod.namespaces")[1] == "clusters.prod.temporal.namespace"


def test_a_section_is_typed() -> None:
    settings = of("[payments]\nlabels = {a = 'b'}\nretries = 0", PAYMENTS)
    assert settings.section(PaymentsSettings) == PaymentsSettings(labels={"a": "b"}, retries=0)
    with pytest.raises(KeyError):
        settings.section(Target)


def test_paths_start_from_the_file_they_stand_in(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[copilot]\ndata_folder = 'data'\n")
    assert load(manager(), file=file).data_folder == tmp_path / "data"
    overrides = {"copilot": {"data_folder": "here"}}
    assert load(manager(), file=file, overrides=overrides).data_folder == Path("here")


def test_a_plugins_section_may_share_a_table_with_the_core() -> None:
    shared = Plugin(SettingsSection("temporal", Pool, per_cluster=True))
    settings = of("[clusters.prod.temporal]\naddress = 'a:1'\nsize = 7", shared)
    assert settings.cluster("prod").connection.address == "a:1"
    assert settings.cluster("prod").section(Pool) == Pool(7)


@attrs.frozen
class NoDefault:
    size: int


@attrs.frozen
class OddType:
    size: complex = 1j


@attrs.frozen
class Taken:
    port: int = 3


@pytest.mark.parametrize(
    ("section", "says"),
    [
        (SettingsSection("odd", NoDefault), "NoDefault.size has no default; every setting needs one"),
        (SettingsSection("odd", OddType), "OddType.size is <class 'complex'>; settings hold text, numbers"),
        (SettingsSection("odd", int), "int is not an attrs class"),
        (SettingsSection("api", Taken), "section 'api' declares port, which this table already has"),
        (SettingsSection("plugins", Pool), "section 'plugins' has the name of a setting"),
    ],
)
def test_a_section_that_does_not_fit_takes_its_plugin_out(section: SettingsSection, says: str) -> None:
    plugins = manager(Plugin(section))
    load(plugins)
    (failure,) = plugins.failures
    assert failure.says.startswith("plugin 'plugin0' (registered by the program), hook copilot_settings: ")
    assert says in failure.says


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (
            "[clusters.prod.temporal]\nadress = 'x'",
            "sre-copilot.toml:2: unknown key 'adress' in [clusters.prod.temporal]; did you mean 'address'?",
        ),
        ("[apis]\nport = 1", "sre-copilot.toml:1: unknown key 'apis' at the top; did you mean 'api'?"),
        (
            "[api]\nzzz = 1",
            (
                "sre-copilot.toml:2: unknown key 'zzz' in [api]; known are cors_origins, host, port, rate_limit,"
                " read_access, token"
            ),
        ),
        ("api = 3", "sre-copilot.toml:1: api must be a table, [api]"),
        (
            "[clusters.'a b']",
            "sre-copilot.toml:1: 'a b' cannot be a cluster's name; use letters, digits, - and _, at most 63",
        ),
        (
            "[api]\nport = 'x'",
            "api.port is 'x' (sre-copilot.toml:2); it must be a whole number: Port to listen on; 0 takes a free one.",
        ),
        ("[copilot]\ncycle = true", "copilot.cycle is True (sre-copilot.toml:2); it must be a number: "),
        ("[copilot]\ncycle = nan", "it must be a finite number"),
        (
            "[copilot]\ncycle = 0.5",
            "copilot.cycle is 0.5 (sre-copilot.toml:2); it must be between 1 and 3600: ",
        ),
        ("[copilot]\ndata_folder = 3", "it must be a path: Where the copilot keeps"),
        ("[clusters.p]\nsources = 'a'", "it must be a list, written in brackets"),
        ("[clusters.p]\nsources = ['a', 3]", "it is wrong at item 2, which must be text"),
        ("[clusters.p]\nband = 'mid'", "it must be one of starter, mid-scale, high-throughput"),
        ("[clusters.p.temporal]\ntls = 'yes'", "it must be true or false"),
        ("[thresholds]\na.b = 'x'", "thresholds.a.b is 'x' (sre-copilot.toml:2); it must be a number"),
        (
            "[copilot.temporal]\nnamespace = 'x'",
            "copilot.temporal.namespace is set (sre-copilot.toml:2), but copilot.temporal.address is not",
        ),
        (
            "[payments]\nretries = -1",
            "payments.retries is -1 (sre-copilot.toml:2); it must be >= 0: How often",
        ),
        ("[payments]\nlabels = {a = 1}", "it is wrong at 'a', which must be text"),
        ("[payments.pool]\nsizee = 1", "unknown key 'sizee' in [payments.pool]; did you mean 'size'?"),
        ("[payments]\npool = 3", "payments.pool must be a table, [payments.pool]"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(toml: str, says: str) -> None:
    (problem,) = problems(toml, PAYMENTS)
    assert says in problem


def test_all_problems_are_told_together() -> None:
    found = problems("[api]\nport = 'x'\nhots = 1\n[copilot]\nretention_days = 0", SRE_COPILOT_API_PROT="1")
    assert len(found) == 4


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("a = \n", "sre-copilot.toml, line 1, column 5: invalid value"),
        ("[api]\nport = 1\nport = 2\n", "sre-copilot.toml, line 3, column 9: cannot overwrite a value"),
        ("b = 1\na = 'x", "sre-copilot.toml, line 2, at the end of the file: "),
    ],
)
def test_malformed_toml_names_line_and_column(toml: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        of(toml)
    assert says in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no settings file"):
        find_file(tmp_path / "gone.toml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        find_file(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"a = '\xe9'")
    with pytest.raises(SettingsError, match="is not UTF-8 text: byte 5 is none"):
        find_file(tmp_path / "latin.toml")


def test_lines_are_those_of_the_statement() -> None:
    settings = of('''
[clusters.a]
# [api]
sources = [
  "x",  # port = 1
  """
[api]
""",
]
[clusters]
b.temporal = { address = "b:1" }

[api]
port = 5
''')
    assert entry(settings, "clusters.a.sources")[1] == "sre-copilot.toml:4"
    assert entry(settings, "clusters.b.temporal.address")[1] == "sre-copilot.toml:11"
    assert entry(settings, "api.port")[1] == "sre-copilot.toml:14"


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("SRE_COPILOT_API_PORT", "9000", "api.port", 9000),
        ("SRE_COPILOT_COPILOT_DATA_FOLDER", "/x", "copilot.data_folder", "/x"),
        ("SRE_COPILOT_CLUSTERS_PROD_EU_TEMPORAL_TLS", "yes", "clusters.prod-eu.temporal.tls", True),
        ("SRE_COPILOT_CLUSTERS_PROD_EU_TASK_QUEUES", "a, b", "clusters.prod-eu.task_queues", ["a", "b"]),
        ("SRE_COPILOT_CLUSTERS_NEW_ONE_CYCLE", "5", "clusters.new_one.cycle", 5),
        ("SRE_COPILOT_PAYMENTS_POOL_SIZE", "5", "payments.pool.size", 5),
    ],
)
def test_variables_resolve_against_the_known_keys(name: str, text: str, key: str, value: object) -> None:
    settings = of("[clusters.prod-eu]", PAYMENTS, environment={name: text})
    assert entry(settings, key) == (value, f"environment {name}")


def test_a_threshold_can_come_from_the_environment() -> None:
    made = manager(block=("exposition", "local"))
    profiles = made.collect("copilot_threshold_profiles")
    key = profiles[0].value.thresholds[0].key
    settings = load(made, environment={variable(("thresholds", key)): "7"})
    assert settings.thresholds("any") == {key: 7}


def test_variables_that_are_wrong() -> None:
    assert problems(SRE_COPILOT_API_PROT="1") == [
        "environment SRE_COPILOT_API_PROT: there is no such setting; did you mean SRE_COPILOT_API_PORT?"
    ]
    (says,) = problems(SRE_COPILOT_API_PORT="many")
    assert says.startswith("api.port is 'many' (environment SRE_COPILOT_API_PORT); it must be a whole number")
    (says,) = problems("[clusters.a]\n[clusters.a_a]", SRE_COPILOT_CLUSTERS_X_TEMPORAL_TEMPORAL_TLS="maybe")
    assert "must be true or false" in says


def test_a_variable_with_two_meanings_is_refused() -> None:
    ambiguous = Plugin(SettingsSection("api_x", Pool), SettingsSection("api", Nested))
    (says,) = problems("", ambiguous, SRE_COPILOT_API_X_SIZE="1")
    assert says == (
        "environment SRE_COPILOT_API_X_SIZE could mean api.x.size or api_x.size; set it in the file instead"
    )


@attrs.frozen
class Nested:
    x: Pool = Pool()


def test_variables_of_others_are_left_alone() -> None:
    of(environment={"SRE_COPILOT_VENV": ".venv", "SRE_OTHER": "1", "PATH": "x"})


def test_settings_of_a_blocked_plugin_may_stay() -> None:
    toml = "[exposition]\nx = 1\n[clusters.prod.exposition]\nserver = ['x']\n[clusters.prod.temporal]\naddress = 'a'"
    settings = of(toml, environment={"SRE_COPILOT_CLUSTERS_PROD_EXPOSITION_TIMEOUT": "3"})
    assert settings.cluster("prod").connection.address == "a"
    assert not [key for key, _, _ in settings.entries() if "exposition" in key]


def test_plugins_of_the_file_start_from_its_folder() -> None:
    file = SettingsFile(Path("deploy/sre-copilot.toml"), "plugins = ['./payments.py', 'no:local', 'company']")
    requests = requested_plugins(file, {})
    assert [request.name for request in requests] == ["payments", "local", "company"]
    assert requests[0].path == Path("deploy/payments.py")
    assert requests[1].block
    (only,) = requested_plugins(file, {"SRE_COPILOT_PLUGINS": "other"})
    assert (only.name, only.asked_by) == ("other", "SRE_COPILOT_PLUGINS")
    with pytest.raises(SettingsError, match=r"deploy/sre-copilot.toml:1: plugins must be a list of names"):
        requested_plugins(SettingsFile(Path("deploy/sre-copilot.toml"), "plugins = 3"), {})


def test_unknown_clusters_suggest_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"there is no cluster 'prd'; did you mean 'prod'\?"):
        of("[clusters.prod]").cluster("prd")
    with pytest.raises(SettingsError, match=r"add \[clusters\.prd\]"):
        of("").cluster("prd")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://user:hunter2@host/db", "postgresql://user:***@host/db"),
        ("postgresql://user:p@ss@host/db", "postgresql://user:***@host/db"),
        ("cannot reach https://sometoken@host/x now", "cannot reach https://***@host/x now"),
        ("host=a password=hunter2 user=b", "host=a password=*** user=b"),
        ("http://a/b?api_key=hunter2&x=1", "http://a/b?api_key=***&x=1"),
        ("http://host:8080/path", "http://host:8080/path"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
    ],
)
def test_passwords_in_addresses_are_masked(text: str, shown: str) -> None:
    assert mask_urls(text) == shown


SECRET = "hunter2-very-secret"


def test_secrets_are_not_listed() -> None:
    toml = f"""
        [copilot]
        database_url = "postgresql://u:{SECRET}@h/d"
        [payments]
        token = "{SECRET}"
        targets = [{{url = "http://a", token = "{SECRET}"}}]
        [clusters.prod.temporal]
        api_key = "{SECRET}"
    """
    settings = of(toml, PAYMENTS, environment={"SRE_COPILOT_CLUSTERS_PROD_TEMPORAL_API_KEY": SECRET + "x"})
    assert SECRET not in str(settings.entries())
    assert SECRET not in repr(settings)
    assert entry(settings, "payments.token")[0] == HIDDEN
    assert entry(settings, "payments.targets")[0] == [{"url": "http://a", "token": HIDDEN}]
    assert settings.section(PaymentsSettings).token == SECRET
    assert settings.cluster("prod").connection.api_key == SECRET + "x"


def refuse(_instance: object, _attribute: object, value: str) -> None:
    if value:
        raise ValueError(f"{value!r} is no good")


@attrs.frozen
class Strict:
    token: str = attrs.field(default="", validator=refuse, metadata={"secret": True})
    targets: tuple[Target, ...] = ()


@attrs.frozen
class Talkative:
    token: str = attrs.field(default="", metadata={"secret": True})
    user: str = ""

    def __attrs_post_init__(self) -> None:
        if self.token and self.user:
            raise ValueError(f"the token {self.token} is not that of {self.user}")


def test_a_short_secret_is_not_in_errors_either() -> None:
    (problem,) = problems("[strict]\ntoken = 'xyz'", Plugin(SettingsSection("strict", Strict)))
    assert "xyz" not in problem
    assert "strict.token is a hidden value (sre-copilot.toml:2); it is not acceptable" in problem


@pytest.mark.parametrize(
    "toml",
    [
        f"[strict]\ntoken = '{SECRET}'",
        f"[strict]\ntoken = ['{SECRET}']",
        f"[strict]\ntargets = '{SECRET}'",
        f"[strict]\ntargets = [{{token = 3, url = '{SECRET}'}}]",
        f"[talkative]\ntoken = '{SECRET}'\nuser = 'me'",
        f"[copilot]\ndatabase_url = ['postgresql://u:{SECRET}@h']",
    ],
)
def test_secrets_are_not_in_errors(toml: str) -> None:
    plugin = Plugin(SettingsSection("strict", Strict), SettingsSection("talkative", Talkative))
    (problem,) = problems(toml, plugin)
    assert SECRET not in problem
