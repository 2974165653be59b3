"""``framing export``."""

from __future__ import annotations

from pathlib import Path

import click

from classifier.cli.backbone import make_runtime, runtime_options


@click.command()
@click.argument("folder", metavar="MODEL", type=click.Path(path_type=Path))
@click.option("--onnx", is_flag=True, required=True, help="Write the encoder for onnxruntime.")
@click.option(
    "--backbone", metavar="FOLDER", help="Where the backbone lies, if not where MODEL names it."
)
@runtime_options
@click.option("--force", is_flag=True, help="Replace an encoder that was exported before.")
def export(
    folder: Path, onnx: bool, backbone: str | None, device: str, download: bool, force: bool
) -> None:
    """Write the sentence encoder of MODEL into its folder, for onnxruntime.

    The model then scores where onnxruntime and tokenizers are installed, without torch and
    without its backbone: pip install 'framing-classifier[onnx]'. Where torch is installed it
    goes first. Probabilities agree to 0.001, which is checked on the model's own sentences.
    """
    from classifier.model.export import export_onnx

    target, apart = export_onnx(folder, make_runtime(device, download, backbone=backbone), force)
    click.echo(f"encoder → {target}; probabilities agree to {apart:.1e}", err=True)
