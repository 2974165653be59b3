"""What draws sentences of the same frames together (after SetFit, Tunstall et al. 2022)."""

from __future__ import annotations

from typing import Any

from classifier.encoders.transformer import torch_library


def contrastive_loss(rows: Any, targets: Any) -> Any:
    """How far the cosines of all pairs are from the Jaccard similarity of their frames.

    Pairs that share a frame weigh as much together as pairs that do not; pairs of sentences
    without any frame say nothing.

    Args:
        rows: tensor of rows of length one, (n_rows, width).
        targets: tensor of zeros and ones, (n_rows, n_frames).
    """
    torch = torch_library()
    shared = targets @ targets.T
    counts = targets.sum(1)
    either = counts[:, None] + counts[None, :] - shared
    apart = 1 - torch.eye(len(rows), device=rows.device)
    alike = (shared > 0).float() * apart
    unlike = ((shared == 0) & (either > 0)).float() * apart
    errors = (rows @ rows.T - shared / either.clamp(min=1)) ** 2
    return sum((errors * pairs).sum() / pairs.sum().clamp(min=1) for pairs in (alike, unlike)) / 2
