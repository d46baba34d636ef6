"""What holds for the query of every expression, without asking a server."""

from __future__ import annotations

import promql_parser
from hypothesis import given

from sre_copilot_prometheus.asking import union
from sre_copilot_prometheus.promql import Compiler
from tests.prometheus_series import VOCABULARY, expressions


@given(expressions())
def test_every_query_is_promql_and_the_same_every_time(expression):
    query = Compiler(VOCABULARY).compile(expression)
    promql_parser.parse(query)
    assert Compiler(VOCABULARY).compile(expression) == query


@given(expressions())
def test_no_rate_is_read_from_a_process_that_may_be_down(expression):
    query = Compiler(VOCABULARY).compile(expression)
    assert query.count("rate(") + query.count("increase(") <= query.count("and on (job, instance) up{")


@given(expressions(), expressions())
def test_any_two_queries_can_be_asked_together(first, second):
    compiler = Compiler(VOCABULARY)
    promql_parser.parse(union([compiler.compile_bare(first), compiler.compile_bare(second)]))
