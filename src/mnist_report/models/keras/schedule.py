"""Training with a learning rate that rises and falls, softened labels and distorted images."""

import sys

import keras
import numpy as np
from tqdm import tqdm

from mnist_report.data.distortions import distort
from mnist_report.models.keras import networks

#: Share of the steps in which the learning rate rises, from nearly 0 to its peak.
WARM_UP = 0.2


def train_on_schedule(
    model: networks.Model,
    images: networks.Images,
    labels: networks.Labels,
    rng: np.random.Generator,
    *,
    epochs: int,
    batch_size: int,
    peak: float,
    smoothing: float = 0.0,
    strength: float = 0.0,
) -> None:
    """Train a network in place by Adam.

    Parameters
    ----------
    peak
        The highest learning rate. It is reached in a straight line, and left by half a cosine.
    smoothing
        How much of each label's 1 is spread evenly over all digits (Szegedy et al., 2016).
    strength
        Of the distortions, drawn anew in every epoch; 0 for none.
    """
    steps = epochs * -(-len(images) // batch_size)
    rise = int(WARM_UP * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - rise, warmup_target=peak, warmup_steps=rise
    )
    model.compile(
        optimizer=networks.adam(schedule),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        steps_per_execution=networks.STEPS_PER_EXECUTION,
        jit_compile=False,
    )
    one_hot = np.eye(networks.CLASSES, dtype=np.float32)[labels]
    for epoch in range(1, epochs + 1):
        seen = distort(images, strength, rng) if strength else images
        history = model.fit(**networks.feeding(seen, one_hot, batch_size), verbose=0).history
        tqdm.write(f"epoch {epoch}/{epochs}: loss {history['loss'][0]:.4f}", file=sys.stderr)
