"""The timeline shows the body of an error response, so that developers see what their application said."""

from __future__ import annotations

import pytest

from callcontrol.emulator.calls import NotHeard
from callcontrol.emulator.error_responses import MAX_CHARACTERS, explanation
from callcontrol.http_messages import Headers, Reply
from tests.callcontrol.emulator.scripted_application import App, core, response, say

DJANGO = """<!DOCTYPE html>
<html lang="en">
<head>
  <title>ValueError
          at /answer &amp; more</title>
</head>
</html>
"""

PAGE = """
<HTML><head><style>body { margin: 0 }</style></head>
<!-- <p>hidden</p> -->
<body class="a"><h1>No <b>such</b>
file</h1><br/>  <script>if (a < b) document.write("<p>hidden</p>")</script>
<p>Line&nbsp;1<p>Line &lt;2&gt;</p><svg><text>hidden</text></svg><!-- a --></body></HTML>
"""

TRACEBACK = """Traceback (most recent call last):
  File "/srv/app.py", line 9, in answer
\traise ValueError("no menu")

ValueError: no menu
"""


@pytest.mark.parametrize(
    ("status", "body", "lines"),
    [
        (404, '{"detail": "Not Found"}\n', ['the application returned status 404: {"detail": "Not Found"}']),
        (404, "  \n", None),
        (500, "a\x1b[2J\r\nb", ["the application returned status 500: a\\x1b[2J", "a\\x1b[2J", "b"]),
        (
            500,
            DJANGO,
            [
                "the application returned status 500: ValueError at /answer & more",
            ],
        ),
        (404, PAGE, ["the application returned status 404: No such", "No such", "file", "Line 1", "Line <2>"]),
        (404, "<html", ["the application returned status 404: an HTML page"]),
        (
            500,
            TRACEBACK,
            [
                "the application returned status 500: ValueError: no menu",
                "Traceback (most recent call last):",
                '  File "/srv/app.py", line 9, in answer',
                '        raise ValueError("no menu")',
                "ValueError: no menu",
            ],
        ),
    ],
    ids=["JSON", "blank", "control characters", "HTML", "text of HTML", "cut HTML", "traceback"],
)
def test_the_body_is_explained(status: int, body: str, lines: list[str] | None) -> None:
    """The first line is a summary, which commands print. The body follows."""
    assert explanation(Reply(status, Headers(), body.encode())) == (lines and "\n".join(lines))


def test_a_long_body_is_shortened() -> None:
    """The beginning and the end are shown, because the exception is at the end of a traceback."""
    reply = Reply(500, Headers(), "\n".join(f"{number} {'x' * 1000}" for number in range(1000)).encode())
    first, *lines = str(explanation(reply)).splitlines()
    assert first.startswith("the application returned status 500: 0 xxx")
    assert [line.split()[0] for line in lines[:10]] == [str(number) for number in range(10)]
    assert lines[10] == "… 980 more lines"
    assert [line.split()[0] for line in lines[11:]] == [str(number) for number in range(990, 1000)]
    assert {len(line) for line in lines if line != lines[10]} == {MAX_CHARACTERS + 1}


def test_a_long_page_is_shortened() -> None:
    """Only the first lines of the text are shown, because the rest of an error page is about its framework."""
    page = "<!doctype html><html><title>Oops</title><style>a {}\n</style>" + "<p>Line" * 1000 + "<!-- " + "<p>" * 1000
    first, *lines = str(explanation(Reply(500, Headers(), page.encode()))).splitlines()
    assert first == "the application returned status 500: Oops"
    assert lines[:11] == ["Oops", *["Line"] * 9, lines[10]]
    assert lines[10:] == [f"… 991 more lines; the whole page of {len(page)} bytes is the content of the entry before this one"]


def test_a_redirect_is_explained() -> None:
    """Frameworks redirect a path without its final slash. A Location header with another status is not a redirect."""
    reply = Reply(307, Headers({"location": "https://u:hidden@app.example/answer/"}))
    expected = (
        "the application returned status 307, which redirects to https://…@app.example/answer/; redirects are not followed"
    )
    assert explanation(reply) == expected
    assert explanation(Reply(404, Headers({"Location": "/"}))) is None
    assert explanation(Reply(304)) is None


def test_the_timeline_has_the_explanation() -> None:
    """An explanation follows each error response, even if a fallback then succeeds or the response is ignored."""
    app = App(answer=(422, '{"detail": "no eventType"}'), fallback=response(say("Hi.")), status=(503, "Busy\nnow"))
    call = core(app).dial("/answer", fallback_url="/fallback", status_url="/status")
    assert call.expect_end() == "hangup"
    shown = [(entry.text, entry.details.get("event")) for entry in call.timeline if entry.kind in {"answer", "problem"}]
    assert shown == [
        ("422", "initiate"),
        ('the application returned status 422: {"detail": "no eventType"}', "initiate"),
        ("200", "initiate"),
        ("503", "disconnect"),
        ("the application returned status 503: Busy\nBusy\nnow", "disconnect"),
    ]
    assert '422: {"detail": "no eventType"} · event: initiate\n' in str(call.timeline)
    assert next(entry.content for entry in call.timeline if entry.kind == "answer") == '{"detail": "no eventType"}'


def test_a_failed_expectation_shows_the_explanation() -> None:
    """The timeline is part of the error message. An empty body adds no entry."""
    with pytest.raises(NotHeard, match=r"problem +the application returned status 404: No such menu"):
        core(App(answer=(404, "No such menu"))).dial("/answer").expect_speech("Hi.")
    call = core(App()).dial("/answer")
    call.expect_end()
    assert call.timeline.texts("problem") == []
