"""The state of a call changes only as the table of call states allows."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from callcontrol.call_states import ENDABLE, INTERRUPTIBLE, NEXT
from callcontrol.emulator.call_records import Record

STATES = ("queued", "initiated", "answered", "disconnected")

ALLOWED = {
    ("queued", "initiated"),
    ("queued", "disconnected"),
    ("initiated", "answered"),
    ("initiated", "disconnected"),
    ("answered", "disconnected"),
}

THEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
LATER = THEN + timedelta(seconds=5)


def call_in(state: str) -> Record:
    """Return a call in a state, without the times that a change of state sets."""
    return Record("c-1", "9900123", "app", "+19195550100", "+12125550123", enqueued_time=THEN, last_update=THEN, state=state)


def test_the_table_has_the_documented_states() -> None:
    """The table has the four documented states of calls, but not ``active`` and ``completed`` of UpdateCall."""
    assert tuple(NEXT) == STATES
    assert {(state, after) for state in NEXT for after in NEXT[state]} == ALLOWED


def test_only_answered_calls_can_be_interrupted_and_all_active_calls_ended() -> None:
    """Only answered calls can be interrupted, but all calls that are not disconnected can be ended."""
    assert set(STATES[2:3]) == INTERRUPTIBLE
    assert set(STATES[:3]) == ENDABLE


@pytest.mark.parametrize(("state", "after"), list(product(STATES, STATES)))
def test_a_call_changes_its_state_as_the_table_allows(state: str, after: str) -> None:
    """If the table does not allow a change of state, an error is raised, and the call does not change."""
    record = call_in(state)
    if (state, after) in ALLOWED:
        record.move(after, LATER)
        assert (record.state, record.last_update) == (after, LATER)
    else:
        with pytest.raises(ValueError, match=f"^a call that is {state} cannot become {after}; "):
            record.move(after, LATER)
        assert record == call_in(state)


def test_each_change_of_state_sets_its_time() -> None:
    """Each change of state sets its time, and the end of a call also sets the cause and the error."""
    record = call_in("queued")
    for seconds, state in enumerate(STATES[1:]):
        record.move(state, THEN + timedelta(seconds=seconds), cause="error", error="it broke")
    assert (record.start_time, record.answer_time, record.end_time) == tuple(THEN + timedelta(seconds=n) for n in range(3))
    assert (record.disconnect_cause, record.error_message) == ("error", "it broke")


def test_only_a_disconnected_call_has_a_cause() -> None:
    """An active call has no cause or error, even if a cause and an error are passed to the change of state."""
    record = call_in("queued")
    record.move("initiated", LATER, cause="busy", error="it broke")
    assert (record.disconnect_cause, record.error_message, record.end_time) == (None, None, None)
