"""The emulator's tables of verbs have the verbs of the schema."""

from __future__ import annotations

import pytest

from bxml import schema
from callcontrol.emulator import Core
from callcontrol.emulator.verbs.verb_tables import CONFERENCE_VERBS

CALL_VERBS = Core()._calls.verbs

EVERY_VERB = pytest.mark.parametrize("name", schema.vocabulary().roots["Response"].children)


@EVERY_VERB
def test_a_call_runs_every_verb(name: str) -> None:
    """Every verb of the schema is in the table of verbs."""
    known = {cls.__name__ for cls in CALL_VERBS}
    assert name in known, f"{name} is missing in callcontrol/emulator/verbs/verb_tables.py"


@EVERY_VERB
def test_a_conference_runs_the_verbs_that_it_takes(name: str) -> None:
    """A verb is in ``CONFERENCE_VERBS`` if and only if the schema allows the verb in a conference."""
    takes = "conference" in schema.vocabulary().elements[name].behavior.contexts
    known = {cls.__name__ for cls in CONFERENCE_VERBS}
    fault = "is missing in" if takes else "must not be in"
    assert (name in known) is takes, f"{name} {fault} CONFERENCE_VERBS of callcontrol/emulator/verbs/verb_tables.py"


def test_the_tables_have_no_other_verbs() -> None:
    """The tables contain only verbs of the schema."""
    names = {cls.__name__ for cls in (*CALL_VERBS, *CONFERENCE_VERBS)}
    assert names <= schema.vocabulary().roots["Response"].children.keys()
