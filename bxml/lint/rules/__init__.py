"""The rules for documents that are valid by the schema, but probably wrong: one module per rule.

The docstring of a module is the documentation of its rule, which ``bxml explain`` prints.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from bxml.lint.rule import Rule

ON_BY_DEFAULT: Final = frozenset(
    {
        "audio-type",
        "background-at-end",
        "bidirectional-stream-not-held",
        "bracketed-call-ids",
        "break-strength-and-time",
        "conference-recording",
        "conference-verb",
        "credentials-over-http",
        "credentials-over-ws",
        "credentials-without-url",
        "date-without-format",
        "digit-attribute-without-digits",
        "discarded-digits",
        "double-escaping",
        "duplicate-parameter",
        "escaped-markup",
        "fallback-without-url",
        "format-without-date",
        "forward-after-answer",
        "forward-with-start-gather",
        "incomplete-credentials",
        "invisible-speech",
        "leftover-placeholder",
        "method-without-url",
        "missing-gender",
        "missing-value",
        "mojibake",
        "mute-on-hold",
        "name-in-use",
        "not-running",
        "preferred-languages",
        "privacy-word-as-caller-id",
        "private-display-name",
        "processing-instruction",
        "recording-already-running",
        "relative-url",
        "repetition-without-prompts",
        "several-endpoints",
        "speech-attribute-without-speech",
        "speech-without-text",
        "stream-at-end",
        "too-many-repetitions",
        "too-many-tracks",
        "transcription-not-requested",
        "transfer-answer-verb",
        "unheard-transcription",
        "unknown-locale",
        "unknown-voice",
        "unneeded-answer-call",
        "unreachable-silence-timeout",
        "unreachable-verb",
        "unused-diversion-reason",
        "uui-form",
        "uui-without-sip",
        "voice-decides",
        "wait-for-unknown-stream",
    }
)
"""The rules that are on by default."""

OFF_BY_DEFAULT: Final = frozenset(
    {
        "after-conference",
        "empty-document",
        "hangup-first",
        "recording-without-url",
        "transcription-without-target",
        "trimmed-tag",
    }
)
"""The rules that are off by default; the documentation of each rule gives the reason."""

# Imported by name, so that a new rule needs only one line in this file.
RULES: Final[dict[str, Rule]] = {
    name: cast("Rule", import_module(f"{__name__}.{name.replace('-', '_')}")) for name in sorted(ON_BY_DEFAULT | OFF_BY_DEFAULT)
}
"""The rules, by their names. The name of a rule is the name of its module, with hyphens instead of underscores."""
