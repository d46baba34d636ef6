"""Models: nothing is loaded without one, what is wrong with one is named, and both payload converters agree."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from sre_copilot.assess.pricing import priced
from sre_copilot.cli.model_check import model_results
from sre_copilot.explain.assessment import ModelCall
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import load
from sre_copilot.workflows.assessment_messages import Gathered, Material
from sre_copilot.workflows.models import NO_MODELS, make_models
from sre_copilot.workflows.payloads import DATA_CONVERTER
from sre_copilot_hookspecs import CopilotError, Explanation, Paragraph, hookimpl

pytestmark = pytest.mark.xdist_group("models")

LIBRARIES = ("pydantic_ai", "genai_prices", "boto3", "botocore", "anthropic", "openai")


def loaded_after(program):
    shown = f"import sys\n{program}\nprint('LOADED', *[name for name in {LIBRARIES} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, timeout=120)
    return result.stdout.rpartition("LOADED")[2].split()


def test_help_loads_no_model_library_and_no_cloud():
    program = (
        "from sre_copilot.cli.main import main\n"
        "sys.argv = ['sre-copilot', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert loaded_after(program) == []


def test_a_worker_without_a_model_loads_no_model_library():
    program = (
        "from sre_copilot.plugins.manager import Manager\n"
        "from sre_copilot.settings import load\n"
        "from sre_copilot.cli import up, worker\n"
        "from sre_copilot.workflows import duty, models, worker\n"
        "manager = Manager.load()\n"
        "settings = load(manager)\n"
        "found = models.make_models(manager, settings)\n"
        "assert found == models.NO_MODELS\n"
        "duty._surroundings(manager, settings, found)"
    )
    assert loaded_after(program) == []


@pytest.fixture(scope="module")
def manager():
    return Manager.load()


def ready(manager, **model):
    return make_models(manager, load(manager, overrides={"model": model}))


def test_without_a_model_there_is_nothing_to_ask(manager):
    assert ready(manager) is NO_MODELS


@pytest.mark.parametrize("model", ["nobody:nothing", "nothing", ":"])
def test_an_unknown_model_is_named_and_stops_nothing(manager, model):
    found = ready(manager, strong=model)
    assert found.asking is None
    assert "No model can be asked" in found.problem
    assert "Check model.fast, model.strong" in found.problem
    assert "\n" not in found.problem


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A machine without any AWS configuration."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return monkeypatch


def test_bedrock_without_credentials_or_region_is_named(manager, nowhere):
    assert "no AWS region is known" in ready(manager, fast="bedrock:some-model").problem
    found = ready(manager, fast="bedrock:some-model", region="eu-west-1")
    assert "no AWS credentials were found" in found.problem


def test_bedrock_models_are_ready_with_credentials_and_without_asking(manager, nowhere):
    from sre_copilot_aws.bedrock_models import FAST, STRONG

    nowhere.setenv("AWS_ACCESS_KEY_ID", "AKIAQ3EGSRUIPV7XK2ZM")
    nowhere.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    found = ready(manager, fast=FAST, strong=STRONG, region="eu-west-1")
    assert found.problem == ""
    assert (found.asking.fast, found.asking.strong) == (FAST, STRONG)
    assert len(found.plugins) == 2


async def results(manager, **model):
    return await model_results(manager, load(manager, overrides={"model": model}))


def test_doctor_names_what_keeps_a_model_from_being_asked(manager, nowhere):
    assert asyncio.run(results(manager)) == []
    (unknown,) = asyncio.run(results(manager, fast="nobody:nothing"))
    assert unknown.outcome.value == "failed"
    assert "nobody:nothing" in unknown.says
    (missing,) = asyncio.run(results(manager, fast="bedrock:some-model", region="eu-west-1"))
    assert "no AWS credentials" in missing.says


def test_a_plugin_can_bring_models():
    class House:
        key = "house"

        def model(self, name, *, region, timeout):
            raise CopilotError(f"house has no {name} in {region or 'no region'} within {timeout:g} s")

    class Plugin:
        @hookimpl
        def copilot_model_providers(self, settings):
            return [House()]

    manager = Manager()
    manager.register(Plugin(), "house")
    assert "house has no big in eu within 4 s" in ready(manager, strong="house:big", region="eu", timeout=4.0).problem


MATERIAL = Material("d", "critical", "active", "no workers", Explanation("t", (Paragraph("a", "b", "ü"),)), ("x",))


@pytest.mark.parametrize("value", [Gathered(MATERIAL), MATERIAL, "text", ["a", "b"], True, None, {"a": 1}])
def test_both_converters_write_and_read_the_same(value):
    from sre_copilot.workflows.model_payloads import MODEL_DATA_CONVERTER

    own, other = (one.payload_converter for one in (DATA_CONVERTER, MODEL_DATA_CONVERTER))
    (written,), (other_written,) = own.to_payloads([value]), other.to_payloads([value])
    assert (written.metadata, written.data) == (other_written.metadata, other_written.data)
    for converter in (own, other):
        assert converter.from_payloads([written], [type(value)] if value is not None else None) == [value]


def test_a_call_has_a_price_where_one_is_known():
    known = ModelCall("researcher", "bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "", 1000, 100)
    unknown = ModelCall("researcher", "house:big", "", "", 1000, 100)
    failed = ModelCall("researcher", "bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "")
    costs = [call.cost for call in priced((known, unknown, failed))]
    assert costs[0] == pytest.approx(0.0045, rel=0.5)
    assert costs[1:] == [None, None]
