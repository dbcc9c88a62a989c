"""Documentation at run time: ``help()``, signatures, ``str`` and ``repr``."""

from __future__ import annotations

import inspect
import pydoc
from typing import Self

import pytest

import bxml
from bxml import Gather, Response, ssml

ALIASES = {"Speech"}
"""Public type aliases, which have no documentation of their own."""

PUBLIC = [
    *(getattr(bxml, name) for name in bxml.__all__),
    *(getattr(ssml, name) for name in ssml.__all__ if name not in ALIASES),
]


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: getattr(thing, "__name__", str(thing))[:40])
def test_public_names_have_help(thing: object) -> None:
    """``help()`` works for every public name."""
    assert pydoc.render_doc(thing)


@pytest.mark.parametrize("method", [Response().gather, Response.gather], ids=["of a document", "of the class"])
def test_a_method_has_the_documentation_of_its_verb(method: object) -> None:
    """A fluent method has its verb's arguments. Its docstring is a line about the new document, then the verb's docstring."""
    assert callable(method)
    own = [name for name in inspect.signature(method).parameters if name != "self"]
    assert own == list(inspect.signature(Gather).parameters)
    assert inspect.signature(method).return_annotation is Self
    assert getattr(method, "__name__", None) == "gather"
    first, _, rest = (inspect.getdoc(method) or "").partition("\n\n")
    assert first == "Return a new document with this verb appended; this document does not change."
    assert rest == inspect.getdoc(Gather)


def test_str_is_the_bxml_and_repr_hides_passwords() -> None:
    """``str`` returns what ``to_bxml`` returns, and ``repr`` hides passwords."""
    document = Response().play_audio("https://app.example/a.wav", username="u", password="hunter2")
    assert str(document) == document.to_bxml()
    assert "hunter2" not in repr(document)
