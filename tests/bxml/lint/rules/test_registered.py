"""The table of all rules is complete, and so are the tables that list verbs in individual rules."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from bxml import schema
from bxml.lint import background_state, rules
from bxml.lint.rules import background_at_end, too_many_tracks, unreachable_verb

FILES: Final = sorted(path.stem for path in Path(rules.__file__).parent.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_a_registered_rule(name: str) -> None:
    """Each module in the folder of rules is registered, because an unregistered rule would never run."""
    registered = {module.__name__.rpartition(".")[2] for module in rules.RULES.values()}
    assert name in registered, f"bxml/lint/rules/{name}.py is not registered in bxml/lint/rules/__init__.py"


def verbs(**wanted: object) -> set[str]:
    """Return the names of the verbs whose behavior in the schema has the given values."""
    behaviors = {name: verb.behavior for name, verb in schema.vocabulary().roots["Response"].children.items()}
    return {name for name, facts in behaviors.items() if all(getattr(facts, fact) == value for fact, value in wanted.items())}


def test_each_verb_that_ends_the_document_has_a_reason() -> None:
    """The rule ``unreachable-verb`` has a reason for each verb that always ends the document."""
    assert unreachable_verb.REASONS.keys() == verbs(ends=schema.When(always=True))


def test_each_background_verb_is_checked_at_the_end() -> None:
    """Each verb that starts something in the background is checked by the rule ``background-at-end`` or ``stream-at-end``."""
    started = {name for name in verbs() if name.startswith("Start")}
    assert {*background_at_end.CONSEQUENCES, "StartStream"} == started


def test_each_verb_with_a_limit_of_tracks_is_checked() -> None:
    """The rule ``too-many-tracks`` checks each verb with a limit of tracks. ``background_state`` counts the tracks."""
    limited = {name for name, verb in schema.vocabulary().elements.items() if verb.most_tracks is not None}
    assert set(too_many_tracks.TARGETS) == {f"Start{kind}" for kind in background_state.NAMED_KINDS} == limited
