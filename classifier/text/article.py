"""Articles and sentences: frozen values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """One published text.

    ``origin`` says where it was read, as ``file`` or ``file:line``. ``lang`` is an ISO 639-1
    code, or None when nobody said; ``outlet`` is who published it.
    """

    text: str
    id: str = ""
    lang: str | None = None
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    origin: str = ""

    @property
    def sha256(self) -> str:
        """The hash of the text that all offsets count into."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article: ``article.text[start:end] == text``.

    Offsets count Unicode code points.
    """

    text: str
    start: int
    end: int
