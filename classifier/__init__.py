"""Flags rhetorical frames in news sentences, with evidence, in six languages.

    >>> from classifier import load_model, read_articles, score_articles
    >>> model = load_model()
    >>> for score in score_articles(model, read_articles("archive/")): ...

Names are loaded when they are first used; importing the package has no effects.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Article": "classifier.text.article",
    "ArticleScore": "classifier.scoring.scores",
    "ClassifierError": "classifier.errors",
    "BatchOptions": "classifier.scoring.batch",
    "Codebook": "classifier.codebook",
    "CodebookError": "classifier.errors",
    "Evaluation": "classifier.training.evaluate",
    "Explanation": "classifier.model.explanation",
    "Frame": "classifier.codebook",
    "FrameModel": "classifier.model.frame_model",
    "InputError": "classifier.errors",
    "Label": "classifier.labels.label_set",
    "LabelError": "classifier.errors",
    "LabelSet": "classifier.labels.label_set",
    "MissingExtraError": "classifier.errors",
    "ModelError": "classifier.errors",
    "Sentence": "classifier.text.article",
    "SentenceScore": "classifier.scoring.scores",
    "ShardOptions": "classifier.scoring.shards",
    "SentenceVoice": "classifier.text.voice",
    "Speaker": "classifier.text.speech.speakers",
    "TrainOptions": "classifier.training.train",
    "check_labels": "classifier.labels.checks",
    "cross_validate": "classifier.training.train",
    "evaluate": "classifier.training.evaluate",
    "load_model": "classifier.model.storage",
    "nearest_labels": "classifier.model.nearest",
    "read_articles": "classifier.text.readers",
    "read_codebook": "classifier.codebook",
    "read_labels": "classifier.labels.label_set",
    "save_model": "classifier.model.storage",
    "score_archive": "classifier.scoring.batch",
    "score_articles": "classifier.scoring.score",
    "split": "classifier.text.sentences",
    "train": "classifier.training.train",
    "voices": "classifier.text.voice",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605
__version__ = "0.1.0"

if TYPE_CHECKING:
    from classifier.codebook import Codebook as Codebook
    from classifier.codebook import Frame as Frame
    from classifier.codebook import read_codebook as read_codebook
    from classifier.errors import ClassifierError as ClassifierError
    from classifier.errors import CodebookError as CodebookError
    from classifier.errors import InputError as InputError
    from classifier.errors import LabelError as LabelError
    from classifier.errors import MissingExtraError as MissingExtraError
    from classifier.errors import ModelError as ModelError
    from classifier.labels.checks import check_labels as check_labels
    from classifier.labels.label_set import Label as Label
    from classifier.labels.label_set import LabelSet as LabelSet
    from classifier.labels.label_set import read_labels as read_labels
    from classifier.model.explanation import Explanation as Explanation
    from classifier.model.frame_model import FrameModel as FrameModel
    from classifier.model.nearest import nearest_labels as nearest_labels
    from classifier.model.storage import load_model as load_model
    from classifier.model.storage import save_model as save_model
    from classifier.scoring.batch import BatchOptions as BatchOptions
    from classifier.scoring.batch import score_archive as score_archive
    from classifier.scoring.score import score_articles as score_articles
    from classifier.scoring.scores import ArticleScore as ArticleScore
    from classifier.scoring.scores import SentenceScore as SentenceScore
    from classifier.scoring.shards import ShardOptions as ShardOptions
    from classifier.text.article import Article as Article
    from classifier.text.article import Sentence as Sentence
    from classifier.text.readers import read_articles as read_articles
    from classifier.text.sentences import split as split
    from classifier.text.speech.speakers import Speaker as Speaker
    from classifier.text.voice import SentenceVoice as SentenceVoice
    from classifier.text.voice import voices as voices
    from classifier.training.evaluate import Evaluation as Evaluation
    from classifier.training.evaluate import evaluate as evaluate
    from classifier.training.train import TrainOptions as TrainOptions
    from classifier.training.train import cross_validate as cross_validate
    from classifier.training.train import train as train


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'classifier' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
