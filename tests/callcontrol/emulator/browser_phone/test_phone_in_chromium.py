"""The phone in a real browser: each control, and what the page shows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from callcontrol.emulator import Core
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import Server
from tests import chromium
from tests.callcontrol.emulator.browser_phone.phone_picture import MENU, digest, digest_in, picture
from tests.callcontrol.emulator.document_application import answering

pytestmark = pytest.mark.skipif(chromium.executable() is None, reason=chromium.HOW_TO_INSTALL)

SPEED: Final = 5
"""Seconds of the emulator's time for each second of real time. A Gather of one minute then listens for 12 seconds, which is
longer than the timeout of each step of a test.
"""

HOSTILE: Final = "<img src=x onerror=alert(1)><script>alert(2)</script>"

DOCUMENTS: Final = {
    "/answer": MENU,
    "/menu": "<Response><SpeakSentence>Goodbye.</SpeakSentence></Response>",
    "/hostile": f"<Response><SpeakSentence>{HOSTILE.replace('<', '&lt;')}</SpeakSentence><Pause duration='600'/></Response>",
    "/conference": "<Response><Conference mute='true'>standup</Conference></Response>",
    "/html": f"<html><body>{HOSTILE}</body></html>",
    "/speech": '<Response><Gather input="speech" gatherUrl="/menu" speechTimeout="60"/></Response>',
    "/transfer": "<Response><Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer></Response>",
}

SPEECH: Final = """
    window.said = [];
    speechSynthesis.speak = (utterance) => said.push(`${utterance.lang} ${utterance.text}`);
    speechSynthesis.cancel = () => said.push("silence");
    window.SpeechRecognition = class {
      start() {
        setTimeout(() => {
          if (window.noise) this.onerror({ error: "no-speech" });
          else this.onresult({ results: [[{ transcript: "sales" }]] });
          this.onend();
        });
      }
    };
"""
"""A script that replaces the voices and the microphone."""


@dataclass
class Phone:
    """A page of the phone, and the emulator that it belongs to."""

    page: Page
    core: Core
    documents: dict[str, str]
    faults: list[str] = field(default_factory=list[str])
    """Errors on the console of the page."""

    def call(self, path: str = "/answer") -> None:
        """Call the application."""
        self.page.get_by_label("URL").fill(path)
        self.page.get_by_role("button", name="Call", exact=True).click()

    def forgive(self, error: str) -> None:
        """Remove the only error on the console, which the test caused on purpose."""
        (found,) = self.faults
        assert error in found
        self.faults.clear()

    def button(self, name: str) -> Any:
        """Return a button."""
        return self.page.get_by_role("button", name=name, exact=True)

    def entry(self, text: str) -> Any:
        """Return the first entry of a timeline that contains a text."""
        return self.page.get_by_role("list", name="Timeline").get_by_role("listitem").filter(has_text=text).first

    @property
    def message(self) -> Any:
        """The message about the last request."""
        return self.page.locator("#message")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.ARGUMENTS)


Open = Callable[..., Phone]


@pytest.fixture
def open_phone(browser: Browser) -> Iterator[Open]:
    """Return a function that runs an emulator and opens its page. At the end of the test, the page must have no errors."""
    with ExitStack() as stack:
        opened: list[Phone] = []

        def open_phone(speed: float | None = SPEED, **options: Any) -> Phone:
            documents = dict(DOCUMENTS)
            core = Core(answering(documents), speed=speed)
            server = stack.enter_context(Server(Control(core, dial={"url": "/answer", "to": "+19195550100"}).handle))
            core.base_url = f"{server.url}/api/v2"
            stack.enter_context(core)
            context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
            context.set_default_timeout(5_000)
            stack.callback(context.close)
            phone = Phone(context.new_page(), core, documents)
            phone.page.on("console", lambda message: phone.faults.append(message.text) if message.type == "error" else None)
            phone.page.on("pageerror", lambda error: phone.faults.append(str(error)))
            phone.page.on("dialog", lambda dialog: phone.faults.append(dialog.message))
            phone.page.add_init_script(SPEECH)
            phone.page.goto(server.url)
            expect(phone.page.locator("#connection")).to_have_text("connected")
            opened.append(phone)
            return phone

        yield open_phone
        for phone in opened:
            assert phone.faults == []


class TestCalls:
    """Calls on the page."""

    def test_a_call_from_beginning_to_end(self, open_phone: Open) -> None:
        """The page makes a call, shows the running verb, a countdown, requests and responses, and presses keys."""
        phone = open_phone()
        page = phone.page
        expect(page.get_by_label("To", exact=True)).to_have_value("+19195550100")
        expect(page.get_by_text("No calls yet.")).to_be_visible()
        phone.call()
        panel = page.get_by_role("article", name="+12125550123 → +19195550100 · answered")
        expect(panel.locator(".prompt")).to_have_text("“Press 1 for sales.”")
        waiting = panel.locator(".wait span")
        expect(waiting).to_have_text(re.compile(r"^Gather · listens to at most 1 key · time left: \d\d\.\d s$"))
        before = waiting.inner_text()
        expect(waiting).not_to_have_text(before)
        expect(panel.get_by_role("progressbar", name="Time left")).to_be_visible()
        expect(panel.locator("mark")).to_have_text(MENU[MENU.index("<Gather") : MENU.index("</Response>")].strip())
        expect(page.locator("#announcement")).to_contain_text("Press 1 for sales.")
        phone.button("5").focus()
        page.keyboard.press("1")
        expect(page.get_by_role("article", name="disconnected: hangup")).to_be_visible()
        expect(phone.button("1")).to_be_disabled()
        expect(page.locator("mark")).to_have_count(0)
        expect(page.get_by_role("list").get_by_role("button", name="· hangup")).to_have_attribute("aria-current", "true")
        for text, content in {"→ event gather": '"digits": "1"', "← answer 200": "<SpeakSentence voice="}.items():
            entry = phone.entry(text)
            expect(entry.locator("pre")).to_be_hidden()
            entry.locator("summary").click()
            expect(entry.locator("pre")).to_contain_text(content)

    def test_a_conference_has_a_panel(self, open_phone: Open) -> None:
        """The panel shows the members and the timeline of the conference."""
        phone = open_phone()
        phone.call("/conference")
        panel = phone.page.get_by_role("article", name="Conference standup · active")
        expect(panel.get_by_role("list", name="Members")).to_have_text("+12125550123 → +19195550100 · muted")
        expect(panel.get_by_role("list", name="Timeline of the conference")).to_contain_text("joined")
        phone.button("Hang up").click()
        expect(phone.page.get_by_role("article", name="Conference standup · completed")).to_contain_text(
            "All members have left."
        )

    def test_copy_as_pytest(self, open_phone: Open) -> None:
        """The page shows the test and copies it. Escape closes the test."""
        phone = open_phone()
        expect(phone.button("Copy as pytest")).to_be_disabled()
        phone.call()
        phone.page.get_by_text("“Press 1 for sales.”").wait_for()
        phone.button("1").click()
        phone.entry("spoken Goodbye.").wait_for()
        phone.button("Copy as pytest").click()
        dialog = phone.page.get_by_role("dialog", name="The call as a test")
        expect(dialog.locator("pre")).to_contain_text('    call.press("1")\n    call.expect_speech("Goodbye.")')
        expect(phone.message).to_have_text("The test was copied.")
        assert phone.page.evaluate("() => navigator.clipboard.readText()") == dialog.locator("pre").inner_text()
        phone.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

    def test_replay(self, open_phone: Open) -> None:
        """A replay repeats a call. The replay stops if the application behaves differently."""
        phone = open_phone()
        phone.call()
        phone.page.get_by_text("“Press 1 for sales.”").wait_for()
        phone.button("1").click()
        phone.page.get_by_role("article", name="disconnected: hangup").wait_for()
        phone.button("Replay").click()
        expect(phone.message).to_have_text("The replay has ended.")
        first, second = phone.core.calls
        assert first.timeline.texts("spoken", "pressed", "event") == second.timeline.texts("spoken", "pressed", "event")
        expect(phone.page.locator("#calls [aria-current]")).to_have_count(1)
        phone.documents["/menu"] = "<Response/>"
        phone.button("Replay").click()
        expect(phone.message).to_contain_text("'Goodbye.' was not spoken before the call ended with hangup")
        phone.forgive("409 (Conflict)")
        phone.page.locator("#calls button").last.click()
        expect(phone.page.locator("#calls button").last).to_have_attribute("aria-current", "true")
        expect(phone.entry("spoken Goodbye.")).to_be_visible()

    def test_virtual_time(self, open_phone: Open) -> None:
        """In virtual time, the page advances the time."""
        phone = open_phone(None)
        phone.call()
        phone.page.get_by_label("Seconds").fill("1.5")
        phone.button("Advance").click()
        expect(phone.page.locator(".wait span")).to_have_text(re.compile("the prompt ends in 0.1 s"))
        phone.button("Hang up").click()
        expect(phone.page.get_by_role("article", name="disconnected: hangup")).to_be_visible()
        phone.button("Replay").click()
        expect(phone.message).to_have_text("The replay has ended.")

    def test_legs_and_reactions(self, open_phone: Open) -> None:
        """Each leg has a panel, in which a ringing phone can be answered. Buttons set the reaction of a number."""
        phone = open_phone()
        phone.button("No answer").click()
        expect(phone.message).to_have_text("Enter a number first.")
        number = phone.page.get_by_label("Number", exact=True)
        expect(number).to_be_focused()
        number.fill("+13365550142")
        phone.button("No answer").click()
        expect(phone.message).to_have_text("+13365550142 rings until it is answered here.")
        phone.call("/transfer")
        leg = phone.page.get_by_role("article", name="+13365550142")
        expect(leg.locator(".wait span")).to_have_text(re.compile("^Ringing · time left: "))
        leg.get_by_role("button", name="Answer").click()
        expect(leg.locator(".wait span")).to_have_text("Connected")
        expect(leg.get_by_role("button", name="Answer")).to_be_hidden()
        leg.get_by_role("button", name="Hang up").click()
        expect(phone.page.get_by_role("article", name="disconnected")).to_have_count(2)
        phone.button("Busy").click()
        expect(phone.message).to_have_text("+13365550142 is busy.")
        phone.call("/transfer")
        expect(phone.page.get_by_role("article", name="disconnected: busy")).to_be_visible()

    def test_faults(self, open_phone: Open) -> None:
        """Buttons make the next request to the API, and the next response of the application, fail."""
        phone = open_phone()
        for name, message in (
            ("500", "The next request to the API fails with 500."),
            ("Slow", "The next request to the API takes 5 s longer."),
            ("Cut", "The connection of the next request to the API is cut."),
            ("Too late", "The next response of the application comes too late."),
        ):
            phone.button(name).click()
            expect(phone.message).to_have_text(message)
        assert [(each.status, each.seconds, each.cuts) for each in phone.core._api.faults] == [
            (500, 0, False),
            (None, 5, False),
            (None, 0, True),
        ]
        assert [each.seconds for each in phone.core._simulation.delays] == [30]


class TestSpeech:
    """Speech of the application and of the caller."""

    def test_sentences_are_spoken_aloud(self, open_phone: Open) -> None:
        """The voices of the browser speak each sentence of a live call, and stop when the caller presses a key."""
        phone = open_phone()
        phone.call()
        phone.page.get_by_text("“Press 1 for sales.”").wait_for()
        phone.button("1").click()
        phone.page.get_by_role("article", name="disconnected").wait_for()
        sentences = ["en-US Welcome.", "en-US Press 1 for sales.", "silence", "en-US Goodbye.", "silence"]
        assert phone.page.evaluate("() => said") == sentences
        phone.button("Speak aloud").click()
        expect(phone.button("Speak aloud")).to_have_attribute("aria-pressed", "false")
        phone.call()
        phone.page.get_by_text("“Press 1 for sales.”").wait_for()
        assert phone.page.evaluate("() => said") == [*sentences, "silence"]
        phone.page.reload()
        phone.page.get_by_text("Gather · listens to at most").wait_for()
        assert phone.page.evaluate("() => said") == []  # the sentences were spoken before the page was loaded

    def test_the_caller_speaks(self, open_phone: Open) -> None:
        """The caller types words, or says them to the microphone."""
        phone = open_phone()
        phone.call("/speech")
        expect(phone.page.locator(".wait span")).to_contain_text("Gather · listens to speech")
        phone.page.get_by_label("Say", exact=True).fill("opening hours 1")
        phone.page.keyboard.press("Enter")
        expect(phone.entry("said opening hours 1")).to_be_visible()
        phone.call("/speech")
        phone.page.get_by_text("Gather · listens to speech").wait_for()
        phone.page.evaluate("() => { window.noise = true; }")
        phone.button("Microphone").click()
        expect(phone.message).to_have_text("the microphone heard nothing: no-speech")
        phone.page.evaluate("() => { window.noise = false; }")
        phone.button("Microphone").click()
        expect(phone.entry("said sales")).to_be_visible()

    def test_without_a_microphone(self, open_phone: Open) -> None:
        """The page has no button for speech recognition if the browser does not support speech recognition."""
        phone = open_phone()
        phone.page.add_init_script("delete window.webkitSpeechRecognition; delete window.SpeechRecognition;")
        phone.page.reload()
        phone.call("/speech")
        expect(phone.page.get_by_label("Say", exact=True)).to_be_visible()
        expect(phone.button("Microphone")).to_be_hidden()


class TestEditor:
    """The editor of a document to push."""

    def test_problems_and_push(self, open_phone: Open) -> None:
        """The validator's messages are under the document. Each message has a button that leads to the problem."""
        phone = open_phone()
        field = phone.page.get_by_label("Document", exact=True)
        expect(phone.page.locator("#verdict")).to_have_text("The document is valid.")
        expect(phone.button("Push")).to_be_disabled()
        field.fill("<Bxml>\n  <Gather/>\n</Bxml>")
        expect(phone.page.locator("#verdict")).to_have_text("The document is valid, with warnings.")
        field.fill("<Bxml>\n  <Say/>\n</Bxml>")
        expect(phone.page.locator("#verdict")).to_have_text("The document is invalid; if it is pushed, the call ends.")
        problem = phone.page.locator("#problems li").first
        expect(problem).to_contain_text("[unknown-element]")
        problem.get_by_role("button", name="Go to line 2, column 4").click()
        expect(field).to_be_focused()
        assert field.evaluate("(field) => field.selectionStart") == len("<Bxml>\n  <")
        phone.call()
        phone.page.get_by_text("Gather · listens to at most").wait_for()
        field.fill("<Bxml>")
        phone.button("Push").click()
        expect(phone.page.locator("#verdict")).to_have_text("The document is invalid; if it is pushed, the call ends.")
        phone.page.wait_for_timeout(500)  # the check of the document, which comes later, does not remove the message
        expect(phone.message).to_contain_text("There is something wrong with the request")
        phone.forgive("409 (Conflict)")
        field.fill(f"<Bxml><SpeakSentence>{HOSTILE.replace('<', '&lt;')}</SpeakSentence></Bxml>")
        phone.button("Push").click()
        expect(phone.message).to_have_text("The document was pushed.")
        expect(phone.entry(f"spoken {HOSTILE}")).to_be_visible()


class TestSecurity:
    """The page treats everything that comes from an application as text."""

    def test_texts_are_not_html(self, open_phone: Open) -> None:
        """Markup in sentences, documents and responses is shown as text, and has no other effect."""
        phone = open_phone()
        phone.call("/hostile")
        expect(phone.page.locator(".prompt")).to_have_text(f"“{HOSTILE}”")
        phone.call("/html")
        phone.entry("← answer 200").locator("summary").click()
        expect(phone.entry("← answer 200").locator("pre")).to_have_text(DOCUMENTS["/html"])
        expect(phone.page.locator("#legs :is(img, script, b)")).to_have_count(0)

    def test_the_browser_refuses_html_and_other_hosts(self, open_phone: Open) -> None:
        """The browser refuses HTML from strings, inline scripts and requests to other hosts."""
        phone = open_phone()
        with pytest.raises(Error, match="TrustedHTML"):
            phone.page.evaluate("() => { document.body.innerHTML = '<b>x</b>'; }")
        with pytest.raises(Error, match="Failed to fetch"):
            phone.page.evaluate("() => fetch('http://127.0.0.1:1/')")
        assert phone.faults
        phone.faults.clear()

    def test_only_files_of_the_emulator_are_loaded(self, open_phone: Open) -> None:
        """During a call, the page sends requests only to the emulator."""
        phone = open_phone()
        hosts: set[str] = set()
        phone.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        phone.page.reload()
        phone.call()
        phone.page.get_by_text("“Press 1 for sales.”").wait_for()
        assert hosts == {phone.page.url.split("/")[2]}


class TestAccess:
    """Access with the keyboard and a screen reader, and light and dark colors."""

    def test_each_control_has_a_name(self, open_phone: Open) -> None:
        """Each button, field and region has a name for a screen reader, and the headings are in order."""
        phone = open_phone()
        phone.call()
        phone.page.get_by_text("Gather · listens to at most").wait_for()
        snapshot = phone.page.locator("body").aria_snapshot()
        nameless = r"^\s*- (?:button|textbox|combobox|spinbutton|article|region|dialog)\b(?! \").*"
        assert not re.findall(nameless, snapshot, re.MULTILINE)
        levels = [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", snapshot)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_the_keyboard_is_enough(self, open_phone: Open) -> None:
        """The first Tab key leads to a link to the call. A user can make a call and press its keys without a mouse."""
        phone = open_phone()
        page = phone.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the call")).to_be_focused()
        page.get_by_label("URL").focus()
        page.keyboard.press("Enter")
        page.get_by_text("Gather · listens to at most").wait_for()
        page.locator("body").press("Tab")
        page.get_by_label("Say", exact=True).focus()
        page.keyboard.type("1")  # in a text field, a digit is not a key of the phone
        expect(page.get_by_label("Say", exact=True)).to_have_value("1")
        expect(page.get_by_label("Say", exact=True)).to_be_focused()
        page.get_by_role("group", name="Keypad").get_by_role("button", name="pound").focus()
        page.keyboard.press("Control+1")
        page.keyboard.press("1")
        expect(phone.entry("pressed 1")).to_be_visible()
        assert phone.core.calls[0].timeline.texts("pressed") == ["1"]

    def test_light_and_dark(self, open_phone: Open) -> None:
        """The page follows the preference of the system."""
        grounds: list[Any] = []
        for scheme in ("light", "dark"):
            phone = open_phone(color_scheme=scheme)
            grounds.append(phone.page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
        assert grounds == ["rgb(244, 245, 243)", "rgb(20, 24, 22)"]

    def test_a_narrow_window(self, open_phone: Open) -> None:
        """On a narrow screen nothing is cut off at the side."""
        phone = open_phone(viewport={"width": 360, "height": 700})
        phone.call()
        phone.page.get_by_text("Gather · listens to at most").wait_for()
        assert phone.page.evaluate("() => document.documentElement.scrollWidth") <= 360


class TestConnection:
    """The connection to the emulator."""

    def test_an_emulator_that_stops(self, browser: Browser) -> None:
        """The page says that the emulator does not respond, and goes on when it responds again."""
        page, core = browser.new_page(), Core(speed=SPEED)
        with Server(Control(core).handle) as server, core:  # the end of the emulator ends the requests that wait
            page.goto(server.url)
            expect(page.locator("#connection")).to_have_text("connected")
            page.route("**/emulator/watch", lambda route: route.abort())
            page.get_by_label("URL").fill("http://127.0.0.1:1/")
            page.get_by_role("button", name="Call", exact=True).click()
            expect(page.locator("#connection")).to_have_text("The emulator does not respond; trying again.")
            page.unroute_all()
            expect(page.locator("#connection")).to_have_text("connected")
        page.close()


def test_picture(browser: Browser) -> None:
    """A picture of the page during a call can be made."""
    shot = picture(browser)
    assert digest_in(shot) == digest()
