"""What a person sees who asks Python instead of reading."""

from __future__ import annotations

import inspect
import pydoc
from typing import Self

import pytest

import bxml
from bxml import Gather, Response, ssml

ALIASES = {"Speech", "Ssml"}
"""Names of types, of which there is nothing to say."""

PUBLIC = [
    *(getattr(bxml, name) for name in bxml.__all__),
    *(getattr(ssml, name) for name in ssml.__all__ if name not in ALIASES),
]


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: getattr(thing, "__name__", str(thing))[:40])
def test_help_is_given(thing: object) -> None:
    """``help()`` works for everything that is public."""
    assert pydoc.render_doc(thing)


@pytest.mark.parametrize("method", [Response().gather, Response.gather], ids=["of a document", "of the class"])
def test_a_method_shows_the_arguments_of_its_verb(method: object) -> None:
    """A fluent method has the name, the arguments and the description of its verb."""
    assert callable(method)
    own = [name for name in inspect.signature(method).parameters if name != "self"]
    assert own == list(inspect.signature(Gather).parameters)
    assert inspect.signature(method).return_annotation is Self
    assert getattr(method, "__name__", None) == "gather"
    assert "Collects digits or speech" in (inspect.getdoc(method) or "")


def test_a_document_as_text_is_its_bxml() -> None:
    """``str()`` gives what is sent, for those who are used to it; ``repr()`` shows no password."""
    document = Response().play_audio("https://app.example/a.wav", username="u", password="geheim")
    assert str(document) == document.to_bxml()
    assert "geheim" not in repr(document)
