"""A sentence encoder of two layers with random weights, built on the spot, the same each time."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs framing-classifier[transformers]")
pytest.importorskip("transformers", reason="needs framing-classifier[transformers]")

from .conftest import label_rows

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def build_backbone(folder: Path, seed: int = 0, positions: int = 32, family: str = "bert") -> Path:
    """Write config.json, tokenizer.json and model.safetensors of a tiny network into ``folder``."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel

    folder.mkdir(parents=True, exist_ok=True)
    texts = " ".join(str(row["text"]).lower() for row in label_rows())
    words = sorted(set(re.findall(r"\w+|[^\w\s]", texts)))
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = [*SPECIAL, *words, *(c for c in letters if c not in words)]
    vocabulary += [f"##{c}" for c in letters]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": positions,
    }
    if family == "distilbert":
        sizes |= {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
    marks = {"pad": "[PAD]", "bos": "[CLS]", "cls": "[CLS]", "eos": "[SEP]", "sep": "[SEP]"}
    if family == "modernbert":
        sizes |= {f"{name}_token_id": numbers[mark] for name, mark in marks.items()}
    config = AutoConfig.for_model(family, **sizes)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        more = {"add_pooling_layer": False} if family == "bert" else {}
        AutoModel.from_config(config, **more).save_pretrained(folder)
    return folder


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | values), encoding="utf-8")
