"""The API's own document."""

from __future__ import annotations

import attrs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sre_copilot.api.catalogue import ROUTES
from sre_copilot.api.documents import ServedStatus
from sre_copilot.api.reference import document
from sre_copilot.api.schemas import Schemas
from sre_copilot.explain.status import StatusDocument


def test_the_document_is_openapi():
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []
    assert document()["openapi"] == "3.1.0"


def test_every_route_is_in_it_with_every_parameter():
    paths = document()["paths"]
    for route in ROUTES:
        operation = paths[route.path][route.method.lower()]
        named = {one["name"] for one in operation["parameters"]}
        assert named == {one.name for one in route.parameters} | set(route.path_parameters)
        assert all(one["description"] for one in operation["parameters"])
    assert sum(len(methods) for methods in paths.values()) == len(ROUTES)


def test_every_name_of_an_operation_is_its_own():
    names = [one["operationId"] for methods in document()["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


def test_all_fields_of_an_answer_are_always_there():
    schema = document()["components"]["schemas"]["ServedStatus"]
    assert schema["required"] == [field.name for field in attrs.fields(ServedStatus)]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["health_state"]["enum"] == ["happy", "stressed", "critical", "unknown"]


def test_what_a_field_means_comes_from_below_it_also_where_it_is_inherited():
    schemas = Schemas()
    schemas.of(ServedStatus)
    says = {name: one.get("description") for name, one in schemas.known["ServedStatus"]["properties"].items()}
    assert says["stale"] == "Too old to speak of now: more than three cycles were missed."
    assert says["bottleneck"] == "On which side work waits."


def test_a_type_that_json_has_no_word_for_is_refused():
    with pytest.raises(TypeError, match="has no schema"):
        Schemas().of(set[str])


def test_every_stored_field_is_served_somewhere():
    """A new field of the stored document must not be forgotten by the API."""
    served = {name for schema in document()["components"]["schemas"].values() for name in schema["properties"]}
    assert {field.name for field in attrs.fields(StatusDocument)} <= served
