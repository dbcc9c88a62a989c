"""The pytest plugin, as the tests of an application use it: without configuration."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import callcontrol.emulator.in_process_emulator  # noqa: F401  imported here once for all inner runs of pytest

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


def test_plugin_is_registered() -> None:
    """The plugin is found through its entry point."""
    (plugin,) = entry_points(group="pytest11", name="callcontrol")
    assert plugin.value == "pytest_callcontrol"


def test_import_is_fast() -> None:
    """Importing the plugin imports no other module, so that the plugin does not slow down tests of other projects."""
    program = "import pytest, sys; before = {*sys.modules}; import pytest_callcontrol; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"pytest_callcontrol"}


def test_voice_calls_the_application(pytester: pytest.Pytester) -> None:
    """The emulator of the fixture ``voice`` sends its requests to ``voice_application``. Each test gets its own emulator."""
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


def test_application_starts_and_shuts_down_with_each_test(pytester: pytest.Pytester) -> None:
    """An ASGI application starts up and shuts down in each test."""
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


def test_voice_works_without_an_application(pytester: pytest.Pytester) -> None:
    """``voice`` can be used without an application, for tests of a client."""
    test = """
def test_nothing(voice):
    assert voice.dial("http://localhost:9/answer").state == "initiated"
"""
    pytester.makepyfile(test)
    pytester.runpytest().assert_outcomes(passed=1)


def test_missing_application_names_the_fixture(pytester: pytest.Pytester) -> None:
    """If there is no application, the error about a relative URL names the fixture to define."""
    pytester.makepyfile('def test_sales(voice):\n    voice.dial("/answer")\n')
    pytester.runpytest().stdout.fnmatch_lines(
        [
            '>       voice.dial("/answer")',
            'E  *NoApplication: "/answer" is relative, and the emulator has no application; use an absolute URL',
            "E  *the fixture voice_application returns None; define one that returns the application",
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


def test_failure_shows_timelines(pytester: pytest.Pytester) -> None:
    """The timeline of each call and conference is shown below the failure, except with ``--show-capture=no``."""
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


def test_failed_expectation_points_to_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    """A failed expectation is shown at the line of the test, without frames of this package."""
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
    shown.no_fnmatch_line("*timeline of c-*")  # the message already contains the timeline


def test_failed_expectation_shows_the_other_calls(pytester: pytest.Pytester) -> None:
    """The message contains the timeline of the failed call. The timelines of the other calls are shown below."""
    test = """
def test_sales(voice):
    voice.dial("/answer")
    voice.dial("/answer").expect_speech("for support")
"""
    pytester.makepyfile(APPLICATION + test)
    ran = pytester.runpytest()
    assert sum("timeline of c-" in line for line in ran.outlines) == 1
    ran.stdout.fnmatch_lines(["*- timeline of c-00000001-*"])


def test_passed_test_shows_no_timelines(pytester: pytest.Pytester) -> None:
    """The report of a passed test has no timelines."""
    pytester.makepyfile(APPLICATION + FAILS.replace("busy", "hangup"))
    ran = pytester.runpytest("-rA")
    ran.assert_outcomes(passed=1)
    ran.stdout.no_fnmatch_line("*timeline of*")


@pytest.mark.parametrize("name", ["voice", "platform"])
def test_emulator_of_any_fixture_is_found(pytester: pytest.Pytester, name: str) -> None:
    """The calls of an emulator from any fixture are shown once, even if two fixtures return the emulator."""
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


def test_emulator_in_a_local_variable_is_found(pytester: pytest.Pytester) -> None:
    """If a test creates an emulator itself, the calls of this emulator are shown."""
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


def test_long_timeline_is_cut(pytester: pytest.Pytester) -> None:
    """Only the last entries in the timeline of an endless call are shown."""
    looping = APPLICATION.replace('<Gather gatherUrl="/menu" maxDigits="1">', "").replace(
        "</Gather>", '<Redirect redirectUrl="/answer"/>'
    )
    pytester.makepyfile(looping + FAILS)
    ran = pytester.runpytest()
    (left_out,) = (line for line in ran.outlines if line.startswith("… "))
    assert left_out.endswith(" earlier entries")
    assert ran.outlines.index(left_out) > 0
    assert sum("spoken" in line for line in ran.outlines) < 200


def test_control_characters_are_escaped(pytester: pytest.Pytester) -> None:
    """Control characters in speech are escaped in the report."""
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


def test_other_failures_are_not_changed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed test without an emulator shows no timelines, even if the test item is not a function."""
    pytester.makepyfile("import unittest\n\nclass Test(unittest.TestCase):\n    def test(self):\n        assert 0\n")
    pytester.makeconftest(OTHER_ITEMS)
    pytester.makefile(".text", test_items="")
    pytester.runpytest().assert_outcomes(failed=2)
    monkeypatch.delitem(sys.modules, "callcontrol.emulator.in_process_emulator")
    ran = pytester.runpytest()
    ran.assert_outcomes(failed=2)
    ran.stdout.no_fnmatch_line("*timeline of*")


@pytest.mark.parametrize("application", ["5", "sys", "'localhost:5000'"], ids=["number", "module", "not a URL"])
def test_invalid_application_is_an_error_of_the_test(pytester: pytest.Pytester, application: str) -> None:
    """An invalid application is reported as an error of the test, not as an internal error of pytest."""
    pytester.makepyfile(
        f"""
        import sys
        import pytest

        @pytest.fixture
        def voice_application():
            return {application}

        def test_call(voice):
            pass
        """
    )
    ran = pytester.runpytest()
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["E  *must *"])
    ran.stdout.no_fnmatch_line("*INTERNALERROR*")
