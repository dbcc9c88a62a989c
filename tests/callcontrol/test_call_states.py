"""A call goes from state to state as the table says, and nowhere else."""

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


def call_that_is(state: str) -> Record:
    """A call that came into a state, with the times that no move sets."""
    return Record("c-1", "9900123", "app", "+19195550100", "+12125550123", enqueued_time=THEN, last_update=THEN, state=state)


def test_the_table_has_the_states_of_the_reference() -> None:
    """The API documents four states; the commands of UpdateCall are none."""
    assert tuple(NEXT) == STATES
    assert {(state, after) for state in NEXT for after in NEXT[state]} == ALLOWED


def test_a_call_can_be_interrupted_once_answered_and_ended_until_it_is_over() -> None:
    """A redirection waits for the answer; the end does not."""
    assert set(STATES[2:3]) == INTERRUPTIBLE
    assert set(STATES[:3]) == ENDABLE


@pytest.mark.parametrize(("state", "after"), list(product(STATES, STATES)))
def test_a_call_moves_where_the_table_lets_it(state: str, after: str) -> None:
    """Each pair of states is either a move that is made, or one that is refused and changes nothing."""
    record = call_that_is(state)
    if (state, after) in ALLOWED:
        record.move(after, LATER)
        assert (record.state, record.last_update) == (after, LATER)
    else:
        with pytest.raises(ValueError, match=f"^a call that is {state} cannot become {after}; "):
            record.move(after, LATER)
        assert record == call_that_is(state)


def test_each_move_keeps_its_time() -> None:
    """Start, answer and end are when the call came there, and the end has its cause and its error."""
    record = call_that_is("queued")
    for seconds, state in enumerate(STATES[1:]):
        record.move(state, THEN + timedelta(seconds=seconds), cause="error", error="it broke")
    assert (record.start_time, record.answer_time, record.end_time) == tuple(THEN + timedelta(seconds=n) for n in range(3))
    assert (record.disconnect_cause, record.error_message) == ("error", "it broke")


def test_only_the_end_has_a_cause() -> None:
    """A call that goes on has no cause of disconnection, whatever was given with the move."""
    record = call_that_is("queued")
    record.move("initiated", LATER, cause="busy", error="it broke")
    assert (record.disconnect_cause, record.error_message, record.end_time) == (None, None, None)
