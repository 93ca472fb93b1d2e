"""MLServer with the compiled model: a custom runtime, one inference worker a core, a picture as base64.

Set up as https://docs.seldon.ai/mlserver says: MLModel with load and predict, parallel_workers in
settings.json, the picture in a request of the V2 protocol, whose JSON carries bytes as base64.
"""

import os
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import Base64Codec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.measures.classify import Classifier


class PageModel(MLModel):  # type: ignore[misc]  # MLServer is not installed where types are checked
    """Bytes of a page in, its label out."""

    async def load(self) -> bool:
        """Loads the model, once in each worker."""
        self.classifier = Classifier(Path(os.environ["BENCH_MODEL"]))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Decode, prepare, run."""
        (data,) = Base64Codec.decode_input(payload.inputs[0])
        label = self.classifier.answer(data)["label"]
        output = StringCodec.encode_output("label", [label])
        return InferenceResponse(model_name=self.name, outputs=[output])
