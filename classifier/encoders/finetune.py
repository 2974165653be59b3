"""Train a backbone for the frames of a label set, from a few rows a frame upwards.

Two ways. ``contrastive``: sentences that share frames are drawn together and others apart, in
all pairs of a batch at once, so that few rows give many pairs (SetFit, Tunstall et al. 2022;
the target of a pair is the Jaccard similarity of its frames). ``plain``: a linear head on the
rows, binary cross-entropy, stopped when held-out rows get no better. Either way only the
upper layers learn: word vectors and lower layers keep what words mean that the few rows lack.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.contrastive import contrastive_loss
from classifier.encoders.embedder import Progress, Tokeniser, batches, padded
from classifier.encoders.transformer import pooled, torch_library, upper_layers

WAYS = ("contrastive", "plain")
_TOKENS = {"cpu": 512}  # of one forward pass; gradients of a batch add up over several
_WARM = 0.1
_DECAY = 0.01
_HEAD_RATE = 100.0  # times the rate of the layers
_HEAD_SCALE = 8.0
_EVERY = 20  # steps between checkpoints, and between looks at held-out rows
_PATIENCE = 5
_HELD_OUT = 5  # one group in five, for the plain way

Targets = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How a backbone is trained.

    ``layers`` upper layers learn, at ``rate``; ``epochs`` times all rows are drawn, in no
    fewer than ``least_steps`` batches of ``batch`` rows, spread evenly over the frames.
    ``keep`` is the share of the old weights that the result keeps (WiSE-FT, Wortsman 2022).
    """

    way: str = "contrastive"
    layers: int = 3
    rate: float = 1e-4
    epochs: int = 3
    least_steps: int = 30
    batch: int = 48
    keep: float = 0.0

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ValueError(f"way is {self.way!r}; expected one of {', '.join(WAYS)}")
        if min(self.layers, self.epochs, self.least_steps) < 1 or self.batch < 2:
            raise ValueError("layers, epochs and least_steps are 1 or more, batch 2 or more")
        if not (self.rate > 0 and 0 <= self.keep < 1):
            raise ValueError("rate is above 0, keep from 0 to below 1")

    def steps(self, rows: int) -> int:
        """How many batches are drawn for so many rows."""
        return max(self.least_steps, -(-self.epochs * rows // self.batch))


def finetune(
    network: Any,
    tokeniser: Tokeniser,
    pooling: str,
    texts: Sequence[str],
    targets: Targets,
    groups: Sequence[str],
    options: TuneOptions,
    seed: int,
    progress: Progress | None = None,
    checkpoints: Path | None = None,
) -> None:
    """Train a network in place; the same rows and seed give the same weights on a CPU.

    Args:
        network: from ``load_network``.
        tokeniser: of the same backbone.
        pooling: ``mean`` or ``cls``.
        texts: sentences.
        targets: (n_texts, n_frames).
        groups: rows of one group fall on the same side when some are held out.
        options: how it is trained.
        seed: of batches and dropout; no global state is touched.
        progress: called with the steps done and their number.
        checkpoints: folder for states to go on from after an interruption; a finished
            training with the same inputs is taken from there.
    """
    from safetensors import SafetensorError

    run = _Run(network, tokeniser, pooling, texts, targets, groups, options, seed)
    path = None if checkpoints is None else checkpoints / f"{run.key}.safetensors"
    if path is not None and path.is_file():
        try:
            run.restore(path)
        except SafetensorError:  # cut off while it was written: begin anew
            path.unlink()
            run = _Run(network, tokeniser, pooling, texts, targets, groups, options, seed)
    while run.step < run.steps:
        run.advance()
        if path is not None and (run.step % _EVERY == 0 or run.step == run.steps):
            run.save(path)
        if progress is not None:
            progress("steps", min(run.step, run.steps), run.steps)
    run.finish()


class _Run:
    """One training, at one step of it."""

    def __init__(
        self,
        network: Any,
        tokeniser: Tokeniser,
        pooling: str,
        texts: Sequence[str],
        targets: Targets,
        groups: Sequence[str],
        options: TuneOptions,
        seed: int,
    ) -> None:
        torch = torch_library()
        self.network, self.pooling, self.options, self.seed = network, pooling, options, seed
        self.device = str(network.device)
        self.targets = targets
        self.windows, self.owners, self.lengths = tokeniser.windows(texts)
        self.learn, self.held_out = _split(groups, options.way)
        self.steps, self.step = options.steps(len(self.learn)), 0
        self.layers = upper_layers(network, options.layers)
        width = network.config.hidden_size
        self.head = torch.nn.utils.skip_init(torch.nn.Linear, width, targets.shape[1])
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.head.to(self.device)
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        self.learned = {
            f"layers.{i}.{name}": parameter.requires_grad_(True)
            for i, layer in enumerate(self.layers)
            for name, parameter in layer.named_parameters()
        }
        self.old = {name: value.detach().clone() for name, value in self.learned.items()}
        self.best = {"loss": torch.tensor(float("inf")), "step": torch.tensor(0)}
        heads = dict(self.head.named_parameters(prefix="head")) if options.way == "plain" else {}
        self.parameters = self.learned | heads
        self.optimiser = torch.optim.AdamW(
            [
                {"params": list(self.learned.values()), "scale": 1.0},
                {"params": list(heads.values()), "scale": _HEAD_RATE},
            ],
            weight_decay=_DECAY,
        )
        facts = [asdict(options), seed, pooling, self.windows, targets.astype(int).tolist()]
        state = [float(value.double().sum()) for value in network.state_dict().values()]
        told = json.dumps([facts, list(groups), state, self.device.partition(":")[0]])
        self.key = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def advance(self) -> None:
        """One batch forward and back."""
        torch = torch_library()
        rows = self._draw()
        warm = max(1, round(_WARM * self.steps))
        rate = min((self.step + 1) / warm, (self.steps - self.step) / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.rate * group["scale"] * rate
        devices = [self.device] if self.device.startswith("cuda") else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(self.seed * 1_000_003 + self.step)
            for layer in self.layers:
                layer.train()
            loss = self._loss(self._rows(rows), rows)
            for layer in self.layers:
                layer.eval()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), 1.0)
        self.optimiser.step()
        self.step += 1
        if len(self.held_out) and (self.step % _EVERY == 0 or self.step == self.steps):
            self._look()

    def _draw(self) -> NDArray[np.int64]:
        """Rows of a batch: as many of every frame, and of none, as of any other."""
        rng = np.random.default_rng([self.seed, self.step])
        targets = self.targets[self.learn]
        kinds = [np.flatnonzero(column) for column in (*targets.T, ~targets.any(axis=1))]
        kinds = [kind for kind in kinds if len(kind)]
        each = max(2, self.options.batch // len(kinds))
        drawn = [rng.choice(kind, each, replace=len(kind) < each) for kind in kinds]
        chosen: NDArray[np.int64] = self.learn[np.concatenate(drawn)]
        return chosen

    def _rows(self, rows: NDArray[np.int64]) -> Any:
        """Rows of length one, (n_rows, width), with gradients; as ``embed`` makes them."""
        torch = torch_library()
        places = [np.flatnonzero(self.owners == row) for row in rows]
        at = np.repeat(np.arange(len(rows)), [len(place) for place in places])
        windows = np.concatenate(places)
        most = _TOKENS.get(self.device, 8192)
        sums = torch.zeros(len(rows), self.network.config.hidden_size, device=self.device)
        bf16 = self.device.startswith("cuda") and torch.cuda.is_bf16_supported()
        for some in batches([self.windows[window] for window in windows], most):
            ids, mask = padded([self.windows[windows[i]] for i in some])
            with torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=bf16):
                part = pooled(self.network, self._put(ids), self._put(mask), self.pooling)
            weights = self._put(self.lengths[windows[some]]).unsqueeze(1)
            sums = sums.index_add(0, self._put(at[some]), part.float() * weights)
        return torch.nn.functional.normalize(sums, dim=1)

    def _put(self, array: NDArray[Any]) -> Any:
        return torch_library().from_numpy(array).to(self.device)

    def _loss(self, rows: Any, chosen: NDArray[np.int64]) -> Any:
        targets = self._put(self.targets[chosen].astype(np.float32))
        if self.options.way == "plain":
            torch = torch_library()
            return torch.nn.functional.binary_cross_entropy_with_logits(
                self.head(rows * _HEAD_SCALE), targets
            )
        return contrastive_loss(rows, targets)

    def _look(self) -> None:
        """Keep the state that does best on held-out rows; stop when none did for a while."""
        torch = torch_library()
        with torch.inference_mode():
            loss = self._loss(self._rows(self.held_out), self.held_out).cpu()
        if loss < self.best["loss"]:
            learned = {name: value.detach().clone() for name, value in self.learned.items()}
            self.best = {"loss": loss, "step": torch.tensor(self.step), **learned}
        elif self.step - int(self.best["step"]) >= _PATIENCE * _EVERY:
            self.step = self.steps

    def finish(self) -> None:
        """Put the best or the last weights in place, mixed with the old ones."""
        torch = torch_library()
        with torch.no_grad():
            for name, parameter in self.learned.items():
                new = self.best.get(name, parameter)
                keep = self.options.keep
                parameter.copy_(keep * self.old[name] + (1 - keep) * new.to(self.device))
        self.network.requires_grad_(False).eval()

    def save(self, path: Path) -> None:
        """Write the whole state; the file appears whole or not at all."""
        from safetensors.torch import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        save_file(dict(self._state()), part)
        part.replace(path)

    def _state(self) -> Iterator[tuple[str, Any]]:
        torch = torch_library()
        yield "step", torch.tensor(self.step)
        for name, value in self.best.items():
            yield f"best.{name}", value.detach().clone()
        for name, parameter in self.parameters.items():
            yield f"now.{name}", parameter.detach().clone()
            for key, value in self.optimiser.state[parameter].items():
                yield f"{key}.{name}", value.detach().clone()

    def restore(self, path: Path) -> None:
        """Go on from a state that :meth:`save` wrote."""
        from safetensors.torch import load_file

        torch = torch_library()
        state = load_file(path, device=self.device)
        self.step = int(state["step"])
        self.best = {
            name.removeprefix("best."): value
            for name, value in state.items()
            if name.startswith("best.")
        }
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state[f"now.{name}"])
                self.optimiser.state[parameter] = {
                    key: state[f"{key}.{name}"].to("cpu" if key == "step" else self.device)
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }


def _split(groups: Sequence[str], way: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and, for the plain way, every fifth group to look at."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    out = np.array([way == "plain" and numbers[g] % _HELD_OUT == _HELD_OUT - 1 for g in groups])
    return np.flatnonzero(~out), np.flatnonzero(out)
