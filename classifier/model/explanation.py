"""Why a model judges a sentence as it does: what spoke for and against every frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.encoder import Encoder, Traceable
from classifier.encoders.tokens import tokenise
from classifier.model.head import Heads
from classifier.text.normal import composed_places

Place = tuple[int, int]
_MOST = 8


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature adds to a frame's margin.

    ``places`` are (start, end) in code points of the sentence, ``text`` is what stands there;
    ``kind`` is word, stem, ending, pair, skip-pair, characters or cue, and ``cue`` the cue as
    the codebook writes it.
    """

    kind: str
    text: str
    places: tuple[Place, ...]
    weight: float
    cue: str | None = None


@dataclass(frozen=True, slots=True)
class FrameExplanation:
    """One frame: its margin and what it is made of, the strongest first.

    Where the explanation is exact, ``intercept`` and all contributions add up to ``margin``.
    """

    frame: str
    margin: float
    probability: float
    threshold: float
    intercept: float
    contributions: tuple[Contribution, ...]

    @property
    def flagged(self) -> bool:
        """Whether the probability reaches the threshold."""
        return self.probability >= self.threshold


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence, and by frame what spoke for and against it.

    ``exact``: the contributions are the terms of the margin. Otherwise each says by how much
    the margin falls when a word is left out, and they need not add up to it.
    """

    text: str
    lang: str | None
    exact: bool
    unsure: bool
    frames: tuple[FrameExplanation, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        return asdict(self)

    def in_short(self, frames: Collection[str], most: int = _MOST) -> dict[str, Any]:
        """For these frames the strongest terms, as plain values; ``rest`` is what the others add.

        Terms that share their places are one. ``intercept``, the weights and ``rest`` add up
        to ``margin`` where the explanation is exact.
        """
        told = {}
        for one in self.frames:
            if one.frame in frames:
                terms = by_place(one.contributions)
                told[one.frame] = {
                    "margin": round(one.margin, 4),
                    "intercept": round(one.intercept, 4),
                    "terms": [
                        asdict(term) | {"weight": round(term.weight, 4)} for term in terms[:most]
                    ],
                    "rest": round(sum(term.weight for term in terms[most:]), 4),
                }
        return told


def contributions(
    encoder: Encoder, heads: Heads, text: str, lang: str | None
) -> tuple[list[list[Contribution]], bool]:
    """By frame what spoke for and against it, and whether that is exact."""
    if isinstance(encoder, Traceable):
        return _terms(encoder, heads, text, lang), True
    return _by_occlusion(encoder, heads, text, lang), False


def _terms(
    encoder: Traceable, heads: Heads, text: str, lang: str | None
) -> list[list[Contribution]]:
    """The terms of the margins of linear heads, one a feature."""
    features = encoder.features(text, lang)
    found: list[list[Contribution]] = [[] for _ in heads.weights]
    for feature in features:
        weights = heads.weights[:, list(feature.columns)].astype(np.float64) @ feature.values
        here = _words_at(text, feature.places)
        for by_frame, weight in zip(found, weights.tolist(), strict=True):
            by_frame.append(Contribution(feature.kind, here, feature.places, weight, feature.text))
    return [_strongest_first(some) for some in found]


def _by_occlusion(
    encoder: Encoder, heads: Heads, text: str, lang: str | None
) -> list[list[Contribution]]:
    """By how much every margin falls when a word is left out (Zeiler and Fergus 2014)."""
    where = composed_places(text)
    ends = tokenise([text]).places.tolist()
    places = [(where[first][0], where[last - 1][1]) for first, last in ends]
    left = [text, *(text[:start] + text[end:] for start, end in places)]
    margins = encoder.margins(left, [lang] * len(left), heads.weights)[0]
    falls: NDArray[np.float64] = margins[0] - margins[1:]
    return [
        _strongest_first(
            [
                Contribution("word", text[start:end], ((start, end),), fall)
                for (start, end), fall in zip(places, falls[:, frame].tolist(), strict=True)
            ]
        )
        for frame in range(len(heads.weights))
    ]


def _words_at(text: str, places: Sequence[Place]) -> str:
    return " … ".join(text[start:end] for start, end in places)


def _strongest_first(some: list[Contribution]) -> list[Contribution]:
    return sorted(some, key=lambda c: (-abs(c.weight), c.places))


def by_place(some: Sequence[Contribution]) -> list[Contribution]:
    """The same with what shares its places made one; cues stay by themselves."""
    merged: dict[tuple[Any, ...], list[Contribution]] = {}
    for one in some:
        merged.setdefault((one.places, one.cue), []).append(one)
    return _strongest_first(
        [
            Contribution(
                " + ".join(dict.fromkeys(one.kind for one in ones)),
                ones[0].text,
                ones[0].places,
                sum(one.weight for one in ones),
                ones[0].cue,
            )
            for ones in merged.values()
        ]
    )
