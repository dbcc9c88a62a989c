"""No rule and no verb is forgotten in a table that rules are kept in, or that a rule keeps."""

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
    """A module in the folder of rules that is not in its table would never be run."""
    registered = {module.__name__.rpartition(".")[2] for module in rules.RULES.values()}
    assert name in registered, f"bxml/lint/rules/{name}.py is not registered in bxml/lint/rules/__init__.py"


def verbs(**wanted: object) -> set[str]:
    """The verbs with these facts in the schema."""
    behaviors = {name: verb.behavior for name, verb in schema.law().roots["Response"].children.items()}
    return {name for name, said in behaviors.items() if all(getattr(said, fact) == value for fact, value in wanted.items())}


def test_a_reason_for_each_verb_that_ends_the_document() -> None:
    """unreachable-verb says of each verb that nothing follows why that is so."""
    assert unreachable_verb.WHY.keys() == verbs(ends=schema.When(always=True))


def test_each_verb_that_starts_something_is_looked_at() -> None:
    """What is started in the background is lost at the end of the call, which one rule or another says."""
    started = {name for name in verbs() if name.startswith("Start")}
    assert {*background_at_end.LOST, "StartStream"} == started


def test_each_verb_with_a_limit_of_tracks_is_looked_at() -> None:
    """too-many-tracks looks at every verb that has a limit, and the background counts the tracks of each."""
    limited = {name for name, verb in schema.law().elements.items() if verb.most_tracks is not None}
    assert set(too_many_tracks.WORDS) == {f"Start{kind}" for kind in background_state.NAMED} == limited
