"""SSML, the markup of speech: elements such as ``ssml.Break(time="1s")``, and ``ssml.parse`` for SSML in a string."""

from bxml.builder.ssml import Break, Emphasis, Lang, P, Phoneme, Prosody, S, SayAs, Speech, Ssml, Sub, parse

__all__ = ["Break", "Emphasis", "Lang", "P", "Phoneme", "Prosody", "S", "SayAs", "Speech", "Ssml", "Sub", "parse"]
