"""Correct and wrong uses of the strategies for type checkers; each wrong line names its error in a ``type: ignore`` comment.

This file is checked by mypy and pyright, but never run.
"""

from typing import Any, assert_type

from hypothesis.strategies import SearchStrategy

from bxml import Bxml, Gather, Prompt, Response, Verb, ssml
from bxml.strategies import documents, elements, speech, texts, verbs
from callcontrol import Reply
from callcontrol.events import CallEvent, Event, GatherEvent
from callcontrol.strategies import event_bodies, events, responses

assert_type(documents(), SearchStrategy[Response | Bxml])
assert_type(documents(Response, min_verbs=1), SearchStrategy[Response])
assert_type(verbs(), SearchStrategy[Verb])
assert_type(elements(Gather), SearchStrategy[Gather])
assert_type(elements(Prompt), SearchStrategy[Prompt])
assert_type(elements(ssml.Break), SearchStrategy[ssml.Break])
assert_type(speech(), SearchStrategy[ssml.Speech])
assert_type(texts(), SearchStrategy[str])
assert_type(events(), SearchStrategy[Event])
assert_type(events(GatherEvent), SearchStrategy[GatherEvent])
assert_type(events(CallEvent), SearchStrategy[CallEvent])
assert_type(events("gather"), SearchStrategy[Event])
assert_type(event_bodies("gather"), SearchStrategy[dict[str, Any]])
assert_type(responses("invalid", "empty"), SearchStrategy[Reply])

documents(Gather)  # type: ignore[type-var]
elements(str)  # type: ignore[type-var]
events(Gather)  # type: ignore[type-var]
responses("valid")  # type: ignore[arg-type]
