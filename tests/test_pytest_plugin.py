"""The plugin of pytest, as the tests of an application use it: nothing is configured, and failures show their calls."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import callcontrol.emulator.core  # noqa: F401  which the tests within these share, rather than have one of their own

pytest_plugins = ["pytester"]

APPLICATION = """
import pytest
from callcontrol.emulator import Core

MENU = b'''<Response>
  <Gather gatherUrl="/menu" maxDigits="1"><SpeakSentence>For sales, press 1.</SpeakSentence></Gather>
</Response>'''

def application(environ, start_response):
    start_response("200 OK", [])
    return [{"/answer": MENU}.get(environ["PATH_INFO"], b"<Response><SpeakSentence>Sales.</SpeakSentence></Response>")]

@pytest.fixture
def voice_application():
    return application
"""


def test_it_is_installed() -> None:
    """It is found by itself."""
    (plugin,) = entry_points(group="pytest11", name="callcontrol")
    assert plugin.value == "pytest_callcontrol"


def test_it_is_light() -> None:
    """Whoever runs tests of something else pays next to nothing for it."""
    program = "import pytest, sys; before = {*sys.modules}; import pytest_callcontrol; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"pytest_callcontrol"}


def test_an_application_is_called(pytester: pytest.Pytester) -> None:
    """A test names its application, and has calls; each test has its own."""
    test = """
def test_sales(voice):
    call = voice.dial("/answer")
    call.expect_speech("press 1")
    call.press("1")
    call.expect_speech("sales")
    assert call.expect_end() == "hangup"

def test_another(voice):
    assert not voice.calls
"""
    pytester.makepyfile(APPLICATION + test)
    pytester.runpytest().assert_outcomes(passed=2)


def test_it_ends_with_the_test(pytester: pytest.Pytester) -> None:
    """The application has begun, and shuts down, with each test."""
    test = """
import pytest

seen = []

@pytest.fixture
def voice_application():
    async def application(scope, receive, send):
        while scope["type"] == "lifespan":
            seen.append((await receive())["type"])
            await send({"type": seen[-1] + ".complete"})
            if seen[-1].endswith("shutdown"):
                return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    return application

def test_a_call(voice):
    assert voice.dial("/answer").expect_end() == "rejected"

def test_the_end():
    assert seen == ["lifespan.startup", "lifespan.shutdown"]
"""
    pytester.makepyfile(test)
    pytester.runpytest().assert_outcomes(passed=2)


def test_without_an_application(pytester: pytest.Pytester) -> None:
    """There is a platform for a client as well."""
    test = """
def test_nothing(voice):
    assert voice.dial("http://localhost:9/answer").state == "initiated"
"""
    pytester.makepyfile(test)
    pytester.runpytest().assert_outcomes(passed=1)


def test_an_application_is_missed(pytester: pytest.Pytester) -> None:
    """A URL that would be relative to one says where one is given."""
    pytester.makepyfile('def test_sales(voice):\n    voice.dial("/answer")\n')
    pytester.runpytest().stdout.fnmatch_lines(
        [
            '>       voice.dial("/answer")',
            'E  *NoApplication: "/answer" is relative, and the emulator has no application; use an absolute URL',
            "E  *the fixture voice_application gave none: define one that returns the application",
        ]
    )


FAILS = """
def test_sales(voice):
    call = voice.dial("/answer")
    call.expect_speech("press 1")
    voice.add_conference("room")
    voice.run()
    assert call.disconnect_cause == "busy"
"""


def test_a_failure_shows_its_calls(pytester: pytest.Pytester) -> None:
    """The timeline of each call and conference stands below the failure, unless nothing that was captured is to be shown."""
    pytester.makepyfile(APPLICATION + FAILS)
    shown = pytester.runpytest().stdout
    shown.fnmatch_lines(
        [
            "*AssertionError*",
            "*- timeline of c-00000001-* -*",
            "    0.00  event     initiate · method: POST · url: https://app.example/answer",
            "    0.00  spoken    For sales, press 1.",
            "*- timeline of conf-00000001-* -*",
            "* failed in *",
        ]
    )
    pytester.runpytest("--show-capture=no").stdout.no_fnmatch_line("*timeline of*")


def test_what_is_not_heard_is_shown_where_it_is_expected(pytester: pytest.Pytester) -> None:
    """At the line of the test, and not where this package finds out."""
    pytester.makepyfile(
        APPLICATION
        + """
def test_sales(voice):
    voice.dial("/answer").expect_speech("for support")
"""
    )
    shown = pytester.runpytest().stdout
    shown.fnmatch_lines(
        ['>   *expect_speech("for support")', "E   *'for support' was not spoken *", "E   * For sales, press 1."]
    )
    shown.no_fnmatch_line("*def _expect*")
    shown.no_fnmatch_line("*timeline of c-*")  # for it is in the message


def test_other_calls_of_what_is_not_heard_are_shown_below(pytester: pytest.Pytester) -> None:
    """The message has the timeline of one call only."""
    test = """
def test_sales(voice):
    voice.dial("/answer")
    voice.dial("/answer").expect_speech("for support")
"""
    pytester.makepyfile(APPLICATION + test)
    ran = pytester.runpytest()
    assert sum("timeline of c-" in line for line in ran.outlines) == 1
    ran.stdout.fnmatch_lines(["*- timeline of c-00000001-*"])


def test_a_success_shows_nothing(pytester: pytest.Pytester) -> None:
    """A test that passes has no timeline."""
    pytester.makepyfile(APPLICATION + FAILS.replace("busy", "hangup"))
    ran = pytester.runpytest("-rA")
    ran.assert_outcomes(passed=1)
    ran.stdout.no_fnmatch_line("*timeline of*")


@pytest.mark.parametrize("name", ["voice", "platform"])
def test_an_emulator_of_ones_own(pytester: pytest.Pytester, name: str) -> None:
    """Whatever the fixture is called that has an emulator, its calls are shown, and once."""
    fixture = f"""
@pytest.fixture
def {name}(voice_application):
    return Core(voice_application, answers=False)

@pytest.fixture(autouse=True)
def same({name}):
    return {name}
"""
    pytester.makepyfile(APPLICATION + fixture + FAILS.replace("(voice)", f"({name})").replace("voice.", f"{name}."))
    ran = pytester.runpytest()
    ran.assert_outcomes(failed=1)
    assert sum("timeline of c-" in line for line in ran.outlines) == 1


def test_an_emulator_in_a_test(pytester: pytest.Pytester) -> None:
    """One that a test makes for itself, where it failed."""
    test = """
class Lazy:
    @property
    def __class__(self):
        raise RuntimeError

def test_sales():
    lazy = Lazy()
    with Core(application) as voice:
        voice.dial("/answer").expect_speech("press 1")
        assert voice.calls == []
"""
    pytester.makepyfile(APPLICATION + test)
    pytester.runpytest().stdout.fnmatch_lines(["*- timeline of c-00000001-*", "    0.00  spoken    For sales, press 1."])


def test_a_call_without_end(pytester: pytest.Pytester) -> None:
    """Of a call that goes round in circles the last entries are shown."""
    circles = APPLICATION.replace('<Gather gatherUrl="/menu" maxDigits="1">', "").replace(
        "</Gather>", '<Redirect redirectUrl="/answer"/>'
    )
    pytester.makepyfile(circles + FAILS)
    ran = pytester.runpytest()
    (left_out,) = (line for line in ran.outlines if line.startswith("… "))
    assert left_out.endswith(" entries before")
    assert ran.outlines.index(left_out) > 0
    assert sum("spoken" in line for line in ran.outlines) < 200


def test_nothing_moves_the_terminal(pytester: pytest.Pytester) -> None:
    """What an application says is shown, and not followed."""
    pytester.makepyfile(APPLICATION.replace("For sales", "&#x9b;2J For sales") + FAILS)
    shown = pytester.runpytest().stdout.str()
    assert r"\x9b2J For sales" in shown
    assert "\x9b2J" not in shown.partition("timeline of")[2]


OTHER_ITEMS = """
import pytest

class Line(pytest.Item):
    def runtest(self):
        raise OSError

class Text(pytest.File):
    def collect(self):
        yield Line.from_parent(self, name="line")

def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".text":
        return Text.from_parent(parent, path=file_path)
"""


def test_a_failure_without_calls(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of something else fails as ever, also one that is no function, where nothing of this package is imported."""
    pytester.makepyfile("import unittest\n\nclass Test(unittest.TestCase):\n    def test(self):\n        assert 0\n")
    pytester.makeconftest(OTHER_ITEMS)
    pytester.makefile(".text", test_items="")
    pytester.runpytest().assert_outcomes(failed=2)
    monkeypatch.delitem(sys.modules, "callcontrol.emulator.core")
    ran = pytester.runpytest()
    ran.assert_outcomes(failed=2)
    ran.stdout.no_fnmatch_line("*timeline of*")
