"""The description of a document in the question that is asked before the document is pushed."""

from __future__ import annotations

import pytest

from callcontrol.command.document_summary import LONGEST_SENTENCE, document_summary, first_sentence


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        ("<SpeakSentence>We close. Good night.</SpeakSentence>", '"We close."'),
        ("<SpeakSentence>\n  We   close\n  now</SpeakSentence>", '"We close now"'),
        ("<SpeakSentence>We <emphasis>really</emphasis> close<break/>!</SpeakSentence>", '"We really close!"'),
        ("<SpeakSentence>Version 2.5 is here. Bye.</SpeakSentence>", '"Version 2.5 is here."'),
        ("<SpeakSentence>Caf&#233; &amp; bar?</SpeakSentence>", '"Caf\xe9 & bar?"'),
        (
            "<PlayAudio>https://a.example/1.wav</PlayAudio><Gather><SpeakSentence>Press 1.</SpeakSentence></Gather>",
            '"Press 1."',
        ),
        (
            '<Gather><PlayAudio username="u" password="p">\n https://u:pa55@a.example/1.wav </PlayAudio></Gather>',
            "PlayAudio https://…@a.example/1.wav",
        ),
        ('<Redirect username="u" redirectUrl="https://a.example/menu"/><Hangup/>', "Redirect https://a.example/menu"),
        ("<Hangup/>", "Hangup"),
        ("", "an empty document"),
    ],
)
@pytest.mark.parametrize("root", ["Bxml", "Response"])
def test_summary(root: str, content: str, summary: str) -> None:
    """The summary is the first sentence. Without speech, it is the first audio file. Otherwise, it is the first verb."""
    assert document_summary(f"<{root}>{content}</{root}>".encode()) == summary


def test_byte_order_mark_is_skipped() -> None:
    """A byte order mark before the document does not change the summary."""
    assert document_summary(b"\xef\xbb\xbf<Bxml><Hangup/></Bxml>") == "Hangup"


def test_long_sentence_is_shortened() -> None:
    """A long sentence ends with an ellipsis."""
    document = f"<Bxml><SpeakSentence>{'word ' * 100}</SpeakSentence></Bxml>".encode()
    assert len(document_summary(document)) == LONGEST_SENTENCE + len('"…"')


def test_first_sentence() -> None:
    """If no punctuation mark ends a sentence, the whole text is one sentence."""
    assert first_sentence("no end") == "no end"
    assert first_sentence("Stop! Now.") == "Stop!"
