"""Keras models, on TensorFlow. Imported in a worker only."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_registry.entry import ModelEntry
from twelvelead.inference.engines.keras_files import read_model

Batch = npt.NDArray[np.float32]

RUNTIME = f"tensorflow {tf.__version__}"


def limit_threads(count: int) -> None:
    """Computes with `count` threads; before the first model only."""
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def load(entry: ModelEntry) -> Callable[[Batch], Batch]:
    """A function from float32 (n, height, width, channels) to the raw outputs, float32 (n, labels).

    Raises WeightsError where the file is altered, damaged, of Keras 2, holds code (Lambda) or its
    input or output is not what the entry says.
    """
    model = read_model(entry)
    signature = [tf.TensorSpec((None, *entry.preprocessing.shape), tf.float32)]
    compiled = tf.function(lambda batch: model(batch, training=False), input_signature=signature)

    def run(batch: Batch) -> Batch:
        return np.asarray(compiled(batch), dtype=np.float32)

    return run
