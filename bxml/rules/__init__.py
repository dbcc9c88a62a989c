"""What is legal by the schema and wrong all the same: one module for each rule, whose docstring is the rule's page."""

from __future__ import annotations

from typing import Final

from bxml.rule import Rule
from bxml.rules import (
    audio_type,
    break_strength_and_time,
    credentials_over_http,
    credentials_over_ws,
    credentials_without_url,
    date_without_format,
    digit_attribute_without_digits,
    discarded_digits,
    fallback_without_url,
    format_without_date,
    incomplete_credentials,
    method_without_url,
    missing_gender,
    relative_url,
    repetition_without_prompts,
    speech_attribute_without_speech,
    too_many_repetitions,
    unknown_locale,
    unknown_voice,
    unreachable_verb,
    voice_decides,
)

_MODULES: Final[tuple[Rule, ...]] = (
    audio_type,
    break_strength_and_time,
    credentials_over_http,
    credentials_over_ws,
    credentials_without_url,
    date_without_format,
    digit_attribute_without_digits,
    discarded_digits,
    fallback_without_url,
    format_without_date,
    incomplete_credentials,
    method_without_url,
    missing_gender,
    relative_url,
    repetition_without_prompts,
    speech_attribute_without_speech,
    too_many_repetitions,
    unknown_locale,
    unknown_voice,
    unreachable_verb,
    voice_decides,
)

RULES: Final[dict[str, Rule]] = {module.__name__.rpartition(".")[2].replace("_", "-"): module for module in _MODULES}
"""Every rule by its name, which is that of its module."""

OFF_BY_DEFAULT: Final[frozenset[str]] = frozenset()
"""The rules that speak only when they are asked for; each says in its page why."""
