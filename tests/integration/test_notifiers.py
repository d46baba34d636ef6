"""Notifiers against real HTTP servers: what arrives, how often, and that no URL is ever told."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import time
import traceback

import attrs
import pytest
from whenever import Instant, TimeDelta

from sre_copilot.explain.rows import explanation_of
from sre_copilot.settings.silence import Silence
from sre_copilot.workflows.assessment_activities import Surroundings
from sre_copilot.workflows.assessment_messages import NotifyOrder
from sre_copilot.workflows.notify import NotifyWorkflow
from sre_copilot_hookspecs import HealthState, SettingsError, StateChange
from sre_copilot_notifiers.alertmanager import alert_group
from sre_copilot_notifiers.building import notifiers
from sre_copilot_notifiers.chat import text
from sre_copilot_notifiers.posting import IDEMPOTENCY_KEY, NotTold
from sre_copilot_notifiers.printing import Stdout
from sre_copilot_notifiers.settings import NotifySettings
from tests.assessment_fakes import CRITICAL, AssessmentStore, assessing
from tests.receivers import receiver
from tests.workflow_fakes import server, until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("notifiers")]

SECRET = "s3cr3t-path"
STATUS = CRITICAL[-1][1]
CHANGE = StateChange(
    Instant.from_utc(2026, 11, 22, 3, 0),
    "prod",
    HealthState.STRESSED,
    HealthState.CRITICAL,
    "no workers",
    "Tasks are not dispatched.",
    "decision-1",
    explanation_of(STATUS.explanation, STATUS.recommended_actions),
)
OVER = attrs.evolve(CHANGE, before=CHANGE.after, after=HealthState.HAPPY, cause="none", decision_id="decision-2")


def tell(change=CHANGE, **settings):
    (notifier,) = notifiers(NotifySettings(**settings))
    asyncio.run(notifier.notify(change))


def refusal(**settings):
    with pytest.raises(NotTold) as refused:
        tell(**settings)
    shown = "".join(traceback.format_exception(refused.value))
    assert SECRET not in shown
    assert SECRET not in repr(notifiers(NotifySettings(**settings)))
    return str(refused.value)


def test_a_webhook_gets_what_alertmanager_sends():
    with receiver() as found:
        tell(webhook=found.url, webhook_bearer="t0ken", link="https://copilot.example")
    (got,) = found.got
    assert got.document == alert_group(CHANGE, "https://copilot.example")
    assert got.headers[IDEMPOTENCY_KEY] == "decision-1"
    assert got.headers["Authorization"] == "Bearer t0ken"
    document = got.document
    assert set(document) == {
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    }
    (alert,) = document["alerts"]
    assert set(alert) == {
        "status",
        "labels",
        "annotations",
        "startsAt",
        "endsAt",
        "generatorURL",
        "fingerprint",
    }
    assert (document["version"], document["status"], alert["status"]) == ("4", "firing", "firing")
    assert alert["labels"] == {"alertname": "TemporalClusterState", "cluster": "prod", "severity": "critical"}
    assert "no workers" in alert["annotations"]["summary"]
    assert STATUS.explanation.paragraphs[1].text in alert["annotations"]["description"]


def test_the_end_resolves_what_the_beginning_fired():
    fired, resolved = alert_group(CHANGE), alert_group(OVER)
    assert resolved["status"] == resolved["alerts"][0]["status"] == "resolved"
    assert resolved["groupKey"] == fired["groupKey"]
    assert resolved["alerts"][0]["fingerprint"] == fired["alerts"][0]["fingerprint"]
    assert resolved["alerts"][0]["endsAt"] == "2026-11-22T03:00:00Z"


def test_a_chat_room_mentions_nobody_and_links_nowhere_else():
    hostile = attrs.evolve(
        CHANGE, explanation=None, cluster="<!channel>", reason="<https://evil.example|click> @here &"
    )
    with receiver() as found:
        tell(hostile, slack=found.url)
    said = found.got[0].document["text"]
    assert "<" not in said
    assert "@here" not in said
    assert "&lt;!channel&gt; is critical: no workers" in said
    assert text(CHANGE, "https://copilot.example").endswith("\n<https://copilot.example|Details>")


def test_standard_output_gets_a_headline_and_what_to_know():
    stream = io.StringIO()
    asyncio.run(Stdout(stream).notify(attrs.evolve(CHANGE, explanation=None, reason="\x1b[2Jgone")))
    assert stream.getvalue() == "2026-11-22T03:00:00Z prod is critical: no workers\n  \ufffd[2Jgone\n"


def test_refusals_redirects_and_silence_are_told_without_the_url(caplog):
    caplog.set_level(logging.DEBUG)
    with receiver(lambda number: (500, {})) as found:
        assert "status 500" in refusal(webhook=found.url)
    with receiver() as other, receiver(lambda number: (302, {"Location": other.url})) as found:
        assert "redirect is not followed" in refusal(webhook=found.url)
        assert other.got == []
    with receiver(lambda number: None) as found:
        assert "did not answer within 0.3 s" in refusal(slack=found.url, timeout=0.3)
    assert "could not be reached" in refusal(slack=f"http://127.0.0.1:1/{SECRET}")
    assert SECRET not in caplog.text


def test_a_certificate_must_be_trusted(tmp_path):
    certificate = tmp_path / "server.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            tmp_path / "key",
            "-out",
            tmp_path / "cert",
            "-subj",
            "/CN=receiver",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    certificate.write_text((tmp_path / "key").read_text() + (tmp_path / "cert").read_text())
    with receiver(certificate=certificate) as found:
        assert "certificate that is not trusted" in refusal(webhook=found.url)
        assert found.got == []
        tell(webhook=found.url, ca_certificate=tmp_path / "cert")
        assert len(found.got) == 1


@pytest.mark.parametrize("url", ["hooks.example/s3cr3t-path", "ftp://example/s3cr3t-path", "https:///s3cr3t-path"])
def test_a_url_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match=r"notify\.webhook") as refused:
        notifiers(NotifySettings(webhook=url))
    assert SECRET not in str(refused.value)


def workflow_told(store, around, change, done):
    async def scenario():
        async with asyncio.timeout(40), server() as environment, assessing(environment.client, store, around) as queue:
            handle = await environment.client.start_workflow(
                NotifyWorkflow.run, NotifyOrder(change), id=f"notify-{time.monotonic_ns()}", task_queue=queue
            )
            left = await handle.result()
            await until(done)
            return left, (await handle.fetch_history()).to_json()

    return asyncio.run(scenario())


def test_a_message_is_sent_until_it_is_taken_with_one_key():
    store = AssessmentStore(CRITICAL)
    with receiver(lambda number: (500 if number < 2 else 204, {})) as found:
        around = Surroundings(notifiers=tuple(notifiers(NotifySettings(webhook=found.url))))
        left, history = workflow_told(store, around, CHANGE, lambda: len(store.notifications) >= 3)
    assert left == []
    assert [row.outcome for row in store.notifications] == ["failed", "failed", "told"]
    assert {got.headers[IDEMPOTENCY_KEY] for got in found.got} == {"decision-1"}
    assert len(found.got) == 3
    assert SECRET not in history
    assert not any(SECRET in row.detail for row in store.notifications)


def test_in_a_silence_nobody_is_told_and_that_is_kept():
    store = AssessmentStore(CRITICAL)
    with receiver() as found:
        around = Surroundings(
            notifiers=tuple(notifiers(NotifySettings(webhook=found.url))), silences=(Silence.parse("22:00/06:00"),)
        )
        workflow_told(store, around, CHANGE, lambda: bool(store.notifications))
    assert [row.outcome for row in store.notifications] == ["silenced"]
    assert found.got == []


@pytest.mark.parametrize(
    ("span", "cluster", "hours", "covered"),
    [
        ("22:00/06:00", "prod", 3, True),
        ("22:00/06:00", "prod", 6, False),
        ("22:00/06:00", "prod", 22, True),
        ("09:00/17:00", "prod", 16.9, True),
        ("09:00/17:00", "prod", 17, False),
        ("other 22:00/06:00", "prod", 3, False),
        ("prod 2026-11-22T00:00:00Z/2026-11-22T04:00:00Z", "prod", 3, True),
        ("2026-11-22T00:00:00Z/2026-11-22T04:00:00Z", "prod", 4, False),
    ],
)
def test_a_silence_covers_its_hours(span, cluster, hours, covered):
    at = Instant.from_utc(2026, 11, 22) + TimeDelta(hours=hours)
    assert Silence.parse(span).covers(cluster, at) is covered


@pytest.mark.parametrize("span", ["", "22:00", "22:00/25:00", "22:00/22:00", "tonight/tomorrow", "06:00/2026-11-22"])
def test_a_silence_that_is_none_is_refused_with_examples(span):
    with pytest.raises(ValueError, match="22:00/06:00"):
        Silence.parse(span)
