"""Encoders by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.codebook import Codebook
from classifier.encoders.cues import CueEncoder
from classifier.encoders.encoder import Encoder
from classifier.encoders.lexical import LexicalEncoder
from classifier.encoders.ngrams import NgramEncoder

KINDS = ("ngrams",)


def make_encoder(
    kind: str, codebook: Codebook, options: Mapping[str, Any] | None = None
) -> Encoder:
    """An encoder that has learned nothing yet.

    Args:
        kind: ``"ngrams"``: hashed n-grams beside the codebook's cues.
        codebook: where the cues stand.
        options: per part its options, as :meth:`Encoder.options` gives them.

    Raises:
        ValueError: there is no encoder of that kind.
    """
    options = options or {}
    if kind != "ngrams":
        raise ValueError(f"no encoder {kind!r}; there is: {', '.join(KINDS)}")
    ngrams = NgramEncoder(**options.get("ngrams", {}))
    return LexicalEncoder(ngrams, make_cues(codebook, options.get("cues", {})))


def make_cues(codebook: Codebook, options: Mapping[str, Any] | None = None) -> CueEncoder:
    """The cues of a codebook as an encoder; by themselves they are a dictionary classifier."""
    return CueEncoder(codebook, **(options or {}))


def cues_of(encoder: Encoder, codebook: Codebook) -> CueEncoder:
    """The cue part of an encoder, or one made from the codebook where it has none."""
    cues = getattr(encoder, "cues", None)
    return cues if isinstance(cues, CueEncoder) else make_cues(codebook)
