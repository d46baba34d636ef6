"""URLs in the settings, and what becomes of them."""

from __future__ import annotations

import pytest

from sre_copilot_exposition.cluster_watch import checked
from sre_copilot_exposition.plugin import copilot_settings, copilot_signal_sources
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.targets import endpoints_of
from sre_copilot_hookspecs import SourceUnavailable


def endpoint(url):
    return endpoints_of("server", [url], "clusters.prod.exposition.server")[0]


@pytest.mark.parametrize(
    ("url", "instance", "target_url"),
    [
        ("http://temporal:9090/metrics", "temporal:9090", "http://temporal:9090/metrics"),
        ("http://temporal:9090", "temporal:9090", "http://temporal:9090/metrics"),
        ("https://temporal/a?b=c", "temporal:443", "https://temporal:443/a?b=c"),
        ("http://[::1]:9090/metrics", "[::1]:9090", "http://[::1]:9090/metrics"),
    ],
)
def test_urls(url, instance, target_url):
    target = endpoint(url).target()
    assert (target.instance, target.url) == (instance, target_url)
    assert target.labels == {"role": "server", "instance": instance}


def test_an_address_keeps_the_name_it_was_found_by():
    target = endpoint("dns+https://workers.internal:9000/metrics").target("10.0.0.7")
    assert target.url == "https://10.0.0.7:9000/metrics"
    assert target.instance == "10.0.0.7:9000"
    assert target.host == "workers.internal:9000"
    assert target.server_name == "workers.internal"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("temporal:9090", "neither"),
        ("ftp://temporal/metrics", "neither"),
        ("dns+temporal:9090", "neither"),
        ("http://", "host"),
        ("http://tem poral/metrics", "host"),
        ("http://temporal:port/metrics", "not a URL"),
        ("http://temporal:99999/metrics", "not a URL"),
        ("http://[::1/metrics", "not a URL"),
        ("http://me:secret@temporal/metrics", "password"),
    ],
)
def test_urls_that_can_never_work(url, complaint):
    with pytest.raises(SourceUnavailable, match=complaint) as refusal:
        endpoint(url)
    assert "clusters.prod.exposition.server" in str(refusal.value)


def test_a_target_counts_once():
    with pytest.raises(SourceUnavailable, match="twice"):
        endpoints_of("server", ["http://a:1/x", "http://a:1/y"], "setting")


@pytest.mark.parametrize("setting", ["timeout", "max_body", "max_samples"])
def test_limits_are_positive(setting):
    with pytest.raises(SourceUnavailable, match=f"exposition.{setting} is 0"):
        checked(ExpositionSettings(**{setting: 0}), "prod")


def test_the_plugin_declares_its_settings_and_its_source():
    (section,) = copilot_settings()
    assert (section.name, section.kind, section.per_cluster) == ("exposition", ExpositionSettings, True)
    (source,) = copilot_signal_sources([])
    assert (source.key, source.reads_expressions) == ("exposition", True)
