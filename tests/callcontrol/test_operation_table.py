"""The tables of operations and fields agree with the API's reference and with the vendor's client."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import bandwidth
import pytest
from bandwidth.models import (
    CallState as VendorCallState,
)
from bandwidth.models import (
    CreateCall,
    CreateCallResponse,
    MachineDetectionConfiguration,
    TranscribeRecording,
    UpdateCall,
    UpdateCallRecording,
    UpdateConference,
    UpdateConferenceMember,
)

from bxml.messages.python_names import python_name
from callcontrol import CallState, Client, CreatedCall, MachineDetection, request_fields
from callcontrol.emulator.not_emulated import NOT_EMULATED
from callcontrol.errors import BY_STATUS
from callcontrol.operation_table import BASE_URL, EMULATOR_OPERATIONS, OPERATIONS, Operation
from callcontrol.request_fields import Field

VENDOR = {
    python_name(operation.name): bandwidth.ConferencesApi if "Conference" in operation.name else bandwidth.CallsApi
    for operation in OPERATIONS
}
"""For each method name: the class of the vendor's client that has the method."""

APIS = [
    bandwidth.CallsApi,
    bandwidth.ConferencesApi,
    bandwidth.RecordingsApi,
    bandwidth.TranscriptionsApi,
    bandwidth.StatisticsApi,
]
"""The classes of the vendor's client for the voice API."""

EACH_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_the_table_agrees_with_the_reference() -> None:
    """Each operation has the documented method, path, media type and success status."""
    assert {each.name: (each.method, each.path, each.takes, each.success) for each in OPERATIONS} == {
        "CreateCall": ("POST", "/accounts/{accountId}/calls", "application/json", 201),
        "GetCallState": ("GET", "/accounts/{accountId}/calls/{callId}", None, 200),
        "ListCalls": ("GET", "/accounts/{accountId}/calls", None, 200),
        "UpdateCall": ("POST", "/accounts/{accountId}/calls/{callId}", "application/json", 200),
        "UpdateCallBxml": ("PUT", "/accounts/{accountId}/calls/{callId}/bxml", "application/xml", 204),
        "UpdateConference": ("POST", "/accounts/{accountId}/conferences/{conferenceId}", "application/json", 204),
        "UpdateConferenceBxml": ("PUT", "/accounts/{accountId}/conferences/{conferenceId}/bxml", "application/xml", 204),
    }


def test_the_client_has_a_method_for_each_operation() -> None:
    """For each operation on calls, the client has a method with the same name. The vendor's client has no other operations."""
    names = {python_name(operation.name) for operation in OPERATIONS if "Call" in operation.name}
    theirs = {name for name in vars(bandwidth.CallsApi) if not name.startswith("_")}
    assert names == {name for name in theirs if not name.endswith(("_with_http_info", "_without_preload_content"))}
    assert all(callable(getattr(Client, name)) for name in names)


@EACH_OPERATION
def test_requests_agree_with_the_client_of_the_vendor(operation: Operation) -> None:
    """Method, URL and media type are those of the request that the vendor's client sends."""
    name = python_name(operation.name)
    serialize = getattr(VENDOR[name](), f"_{name}_serialize")
    # Without arguments the placeholders of the ids stay in the path.
    method, url, headers, _, _ = serialize(**dict.fromkeys(inspect.signature(serialize).parameters) | {"_host_index": 0})
    assert (method, url, headers.get("Content-Type")) == (operation.method, BASE_URL + operation.path, operation.takes)
    assert headers["Accept"] == "application/json"


@EACH_OPERATION
def test_statuses_agree_with_the_client_of_the_vendor(operation: Operation) -> None:
    """The success status is the vendor's, and there is an error class for each error status that the vendor's client knows."""
    name = python_name(operation.name)
    source = inspect.getsource(getattr(VENDOR[name], name))
    statuses = {int(status) for status in re.findall(r"'(\d{3})': ", source)}
    assert {status for status in statuses if status < 300} == {operation.success}
    assert {status for status in statuses if status >= 300} <= BY_STATUS.keys()


@pytest.mark.parametrize("operation", EMULATOR_OPERATIONS, ids=lambda operation: operation.name)
def test_operations_of_the_emulator_agree_with_the_client_of_the_vendor(operation: Operation) -> None:
    """Method, path, media type and success status are the vendor's."""
    name = python_name(operation.name)
    (api,) = (each for each in APIS if hasattr(each, name))
    serialize = getattr(api(), f"_{name}_serialize")
    method, url, headers, _, _ = serialize(**dict.fromkeys(inspect.signature(serialize).parameters) | {"_host_index": 0})
    assert (method, url, headers.get("Content-Type")) == (operation.method, BASE_URL + operation.path, operation.takes)
    statuses = {int(status) for status in re.findall(r"'(\d{3})': ", inspect.getsource(getattr(api, name)))}
    assert {status for status in statuses if status < 300} == {operation.success}


def test_every_operation_of_the_vendor_is_emulated_or_refused_by_name() -> None:
    """The vendor's client has no operation that the tables lack."""
    here: dict[tuple[str, str], str] = {}
    here |= {(each.method, each.path): each.name for each in (*OPERATIONS, *EMULATOR_OPERATIONS)}
    here |= {request: name for name, request in NOT_EMULATED.items()}
    theirs: dict[tuple[str, str], str] = {}
    for name in dir(bandwidth):
        for operation, function in vars(getattr(bandwidth, name)).items() if name.endswith("Api") else ():
            if match := re.fullmatch(r"_(\w+)_serialize", operation):
                found = re.search(r"method='(\w+)',\s*resource_path='([^']+)'", inspect.getsource(function))
                assert found is not None
                theirs[found[1], found[2]] = match[1]
    assert {request: python_name(name) for request, name in here.items()} == theirs


REQUESTS = [
    pytest.param(CreateCall, request_fields.CREATE_CALL, Client.create_call, {"self"}, id="CreateCall"),
    pytest.param(UpdateCall, request_fields.UPDATE_CALL, Client.update_call, {"self", "call_id", "repeat"}, id="UpdateCall"),
    pytest.param(
        UpdateConference,
        request_fields.UPDATE_CONFERENCE,
        Client.update_conference,
        {"self", "conference_id", "repeat"},
        id="UpdateConference",
    ),
    pytest.param(
        MachineDetectionConfiguration, request_fields.MACHINE_DETECTION, MachineDetection, set(), id="machineDetection"
    ),
]


@pytest.mark.parametrize(("model", "table", "signature", "beside"), REQUESTS)
def test_every_field_that_the_vendor_knows_can_be_sent(
    model: Any, table: tuple[Field, ...], signature: Callable[..., object], beside: set[str]
) -> None:
    """The vendor's request, the table and the arguments have exactly the same fields."""
    names = {each.alias or name for name, each in model.model_fields.items()} - {"additional_properties"}
    assert {field.name for field in table} == names
    assert inspect.signature(signature).parameters.keys() - beside == {python_name(name) for name in names}


def test_every_filter_that_the_vendor_knows_can_be_sent() -> None:
    """``list_calls`` has the arguments of the vendor's client, except that ``var_from`` is named ``from_``."""
    theirs = {name for name in inspect.signature(bandwidth.CallsApi.list_calls).parameters if not name.startswith("_")}
    names = theirs - {"self", "account_id", "var_from"} | {"from_"}
    assert {python_name(field.name) for field in request_fields.LIST_CALLS} == names
    assert inspect.signature(Client.list_calls).parameters.keys() - {"self"} == names


LIMITS = {"maxLength", "minimum", "maximum", "enum"}

DIFFERENCES: Mapping[tuple[str, str], dict[str, Any]] = {
    # The vendor's prose has this limit, but its schema does not.
    ("CreateCall", "uui"): {"maxLength": 350},
    # A duration cannot be negative, although the vendor's schema sets no minimum.
    ("machineDetection", "detectionTimeout"): {"minimum": 0},
    ("machineDetection", "silenceTimeout"): {"minimum": 0},
    ("machineDetection", "speechThreshold"): {"minimum": 0},
    ("machineDetection", "speechEndThreshold"): {"minimum": 0},
    ("machineDetection", "machineSpeechEndThreshold"): {"minimum": 0},
}
"""For each pair of an object and a field: the limits of this package that the vendor's model does not have."""


EMULATOR_REQUESTS = [
    pytest.param(UpdateCallRecording, request_fields.UPDATE_CALL_RECORDING, id="UpdateCallRecordingState"),
    pytest.param(TranscribeRecording, request_fields.TRANSCRIBE_RECORDING, id="TranscribeCallRecording"),
    pytest.param(UpdateConferenceMember, request_fields.UPDATE_CONFERENCE_MEMBER, id="UpdateConferenceMember"),
]


@pytest.mark.parametrize(("model", "table"), EMULATOR_REQUESTS)
def test_emulator_knows_every_field_that_the_vendor_knows(model: Any, table: tuple[Field, ...]) -> None:
    """The fields of the table are those of the vendor's request."""
    names = {each.alias or name for name, each in model.model_fields.items()} - {"additional_properties"}
    assert {field.name for field in table} == names


@pytest.mark.parametrize(
    ("model", "table"),
    [*(pytest.param(*each.values[:2], id=each.id) for each in REQUESTS if isinstance(each.id, str)), *EMULATOR_REQUESTS],
)
def test_limits_agree_with_the_models_of_the_vendor(
    model: Any, table: tuple[Field, ...], request: pytest.FixtureRequest
) -> None:
    """Required fields, lengths, ranges and allowed words are the vendor's, except the stricter limits in ``DIFFERENCES``."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    assert {field.name for field in table if field.required} == set(required)
    for field in table:
        theirs = dict(limits(schema["properties"][field.name], schema.get("$defs", {})))
        ours = {
            "maxLength": field.longest,
            "minimum": field.minimum,
            "maximum": field.maximum,
            "enum": sorted(field.words),
        }
        unlimited = {"maxLength": float("inf"), "minimum": -float("inf"), "maximum": float("inf"), "enum": []}
        here = DIFFERENCES.get((request.node.callspec.id, field.name), {})
        assert ours == unlimited | theirs | here, field.name


def limits(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the limits in a JSON schema, including those of its alternatives."""
    for each in node.get("anyOf", []):
        yield from limits(each, definitions)
    if "$ref" in node:
        yield from limits(definitions[node["$ref"].rpartition("/")[2]], definitions)
    yield from ((name, sorted(value) if name == "enum" else value) for name, value in node.items() if name in LIMITS)


RESPONSES = [
    pytest.param(CreateCallResponse, CreatedCall, id="CreateCall"),
    pytest.param(VendorCallState, CallState, id="GetCallState"),
]


@pytest.mark.parametrize(("model", "ours"), RESPONSES)
def test_every_field_of_a_response_is_an_attribute(model: Any, ours: type[CreatedCall | CallState]) -> None:
    """The attributes of a call are the fields of the vendor's model, plus ``unknown`` and ``reply``."""
    names = {python_name(each.alias or name) for name, each in model.model_fields.items()} - {"additional_properties"}
    assert {field.name for field in dataclasses.fields(ours)} - {"unknown", "reply"} == names
