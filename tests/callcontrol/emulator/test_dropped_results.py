"""An empty document is reported as a mistake if the application did not use the results of the document's methods."""

from __future__ import annotations

import fastapi
import flask
import pytest

from bxml import Bxml, EmptyDocument, Response
from callcontrol.emulator import Core, NotHeard
from callcontrol.emulator.calls import DROPPED_RESULTS, NO_VERBS
from tests.callcontrol.emulator.table_application import Answers


def dropped() -> Response:
    """Return a document whose verbs were lost."""
    document = Response()
    document.speak_sentence("Hello.").hangup()
    return document


def written_by_mistake(core: Core) -> str:
    """Call the application, and return the first line of the failure of an expectation."""
    with pytest.warns(EmptyDocument), pytest.raises(NotHeard) as caught:
        core.dial("/answer").expect_speech("Hello.")
    (call,) = core.calls
    assert call.timeline.texts("problem") == [DROPPED_RESULTS]
    return str(caught.value).splitlines()[0]


EXPECTED = f"'Hello.' was not spoken before the call ended with rejected; {DROPPED_RESULTS}"


def test_wsgi() -> None:
    """The message says what happened and what to write, and so does the timeline."""
    assert written_by_mistake(Core(Answers(answer=dropped()))) == EXPECTED


def test_flask() -> None:
    """A document may be written as a string."""
    app = flask.Flask("app")
    app.post("/answer")(lambda: dropped().to_bxml())
    assert written_by_mistake(Core(app)) == EXPECTED


def test_fastapi_runs_handlers_in_threads_and_in_its_loop() -> None:
    """Each handler has its own context, so its documents are assigned to its own request."""

    async def in_loop() -> fastapi.Response:
        return fastapi.Response(dropped().to_bytes(), media_type="application/xml")

    def in_thread() -> fastapi.Response:
        return fastapi.Response(dropped().to_bytes(), media_type="application/xml")

    for handler in (in_loop, in_thread):
        app = fastapi.FastAPI()
        app.post("/answer")(handler)
        with Core(app) as core:
            assert written_by_mistake(core) == EXPECTED


@pytest.mark.parametrize("body", [Response([]), b"<Response/>", Bxml([])])
def test_an_empty_document_on_purpose_is_no_mistake(body: Response | Bxml | bytes) -> None:
    """An application may hang up or reject a call with an empty document. A failed expectation still mentions the document."""
    core = Core(Answers(answer=body))
    with pytest.raises(NotHeard) as caught:
        core.dial("/answer").expect_speech("Hello.")
    (call,) = core.calls
    assert call.timeline.texts("problem") == []
    assert str(caught.value).splitlines()[0].endswith(f"ended with rejected; {NO_VERBS}")


def test_only_the_document_of_the_response_counts() -> None:
    """The emulator ignores documents that the application creates during the request but does not return."""
    app = Answers(answer=Response().speak_sentence("Hello."))
    app.acts["/answer"] = lambda: dropped().to_bytes()
    call = Core(app).dial("/answer")
    with pytest.warns(EmptyDocument):
        call.expect_speech("Hello.")
    call.expect_end()
    assert call.timeline.texts("problem") == []


def test_a_conference_continues() -> None:
    """In a conference, an empty document has no effect, so a developer could overlook the mistake."""
    app = Answers(answer=Response().conference("room", conference_event_url="/event"), event=dropped())
    core = Core(app)
    core.dial("/answer")
    with pytest.warns(EmptyDocument):
        core.advance(1)
    (conference,) = core.conferences
    assert conference.timeline.texts("problem") == [DROPPED_RESULTS] * 2
    assert conference.state == "active"
