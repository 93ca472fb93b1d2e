"""What `model.toml` may say, once: entries are read by it, and editors complete and check them by it.

`python -m model_registry.schema > models/model.schema.json` writes what editors read.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ecg.signal.lead_names import LEADS
from ecg.tasks import TASKS
from model_registry import Runtime
from model_registry.architectures import ARCHITECTURES
from model_registry.beat_tables import DrawingTable, SegmentTable
from model_registry.entry import EnsembleEntry, Head, ModelEntry, Output
from model_registry.tables import (
    CalibrationTable,
    DecisionTable,
    EnsembleTable,
    ExampleTable,
    KerasWeightsTable,
    PreprocessingTable,
    PyTorchWeightsTable,
)
from model_registry.toml_table import PAIR, OneOf, TomlTable, fault, key

ONE_OF_TWO: Any = {"oneOf": [{"required": ["preprocessing"]}, {"required": ["segment"]}]}
POOLING = "give [rows, columns], as in [1, 1] for global average pooling"

Title = Annotated[str, StringConstraints(strip_whitespace=True)]
TaskKey = Annotated[str, OneOf(tuple(TASKS))]
Architecture = Annotated[str, OneOf(tuple(ARCHITECTURES))]
Lead = Annotated[str, OneOf(LEADS)]
Width = Annotated[int, Field(ge=1, le=8192)]
Cells = Annotated[int, Field(ge=1, le=64)]


class EntryDocument(TomlTable):
    """What is said about every model."""

    title: Title = key("For people to read.", "give the words that people read", min_length=1)
    task: TaskKey = key("What the model is asked.")
    framework: str
    labels: list[str] = key(
        "What each of the model's outputs means, in its own order, out of the task's labels."
    )
    leads: list[Lead] | None = key(
        "Which leads a model of beats was trained on; answers about others are never accepted.",
        'list each lead once, as in ["II", "MLII"]',
        None,
    )
    calibration: CalibrationTable = CalibrationTable()
    decision: DecisionTable = DecisionTable()
    example: ExampleTable | None = None

    @model_validator(mode="after")
    def _say_one_thing_a_label(self) -> Self:
        known, labels = TASKS[self.task].labels, self.labels
        if not set(labels) <= set(known) or len(labels) < 2 or len(set(labels)) != len(labels):
            right = "list each of the model's outputs once, in its order, out of"
            raise fault(f"{right} {', '.join(known)}", "labels")
        keep = self.decision.keep_from
        if keep is not None and len(keep) != len(labels):
            raise fault(f"give {len(labels)}, one a label", "decision.keep_from")
        never = self.decision.never
        if not set(never) <= set(labels) or len(set(never)) != len(never):
            raise fault(f"list some of {', '.join(labels)}, each once", "decision.never")
        if self.example and len(self.example.probabilities) != len(labels):
            raise fault(f"give {len(labels)}, one a label", "example.probabilities")
        return self

    @model_validator(mode="after")
    def _name_leads_of_beats(self) -> Self:
        if self.leads is not None and TASKS[self.task].subject != "beat":
            raise fault("goes with a task about beats: leave it out", "leads")
        if self.leads is not None and (not self.leads or len(set(self.leads)) < len(self.leads)):
            raise fault('list each lead once, as in ["II", "MLII"]', "leads")
        return self

    def _described(self, folder: Path) -> dict[str, Any]:
        return {
            "key": folder.name,
            "title": self.title,
            "task": TASKS[self.task],
            "labels": tuple(self.labels),
            "leads": tuple(self.leads or ()),
            "temperature": self.calibration.temperature,
            "accept_from": self.decision.accept_from,
            "keep_from": tuple(self.decision.keep_from or ()),
            "accepts": self.decision.accepts,
            "never": tuple(self.decision.never),
            "example": self.example.example(folder) if self.example else None,
        }


class NetworkDocument(EntryDocument, json_schema_extra=ONE_OF_TWO):
    """One network: how it is run, and what it reads."""

    output: Output = key("What its last layer gives.")
    runtime: Runtime = key(
        '"onnx" serves its compiled form only, "native" its framework, "auto" what is compiled.',
        default="auto",
    )
    segment: SegmentTable | None = None
    drawing: DrawingTable | None = None
    preprocessing: PreprocessingTable | None = None

    @model_validator(mode="before")
    @classmethod
    def _say_what_it_reads(cls, says: dict[str, Any]) -> dict[str, Any]:
        task = TASKS.get(str(says.get("task")))
        of_pages = task is not None and task.subject == "page"
        if "segment" in says and ("preprocessing" in says or "drawing" in says or of_pages):
            right = "goes with a task about beats, without 'preprocessing' and 'drawing'"
            raise fault(right, "segment")
        if "drawing" in says and of_pages:
            raise fault("goes with a task about beats: leave it out", "drawing")
        wanted = ["preprocessing"] if of_pages or task is None else ["preprocessing", "drawing"]
        for name in wanted if "segment" not in says else []:
            if name not in says:
                raise fault("is missing; it should be a table", name)
        return says

    def _network(self, folder: Path) -> dict[str, Any]:
        picture = self.preprocessing.preprocessing() if self.preprocessing else None
        return self._described(folder) | {
            "output": self.output,
            "runtime": self.runtime,
            "preprocessing": self.segment.reading() if self.segment else picture,
            "drawing": self.drawing.drawing() if self.drawing else None,
        }


class KerasDocument(NetworkDocument):
    """A Keras model, which holds its own network."""

    tag = "keras"
    framework: Literal["keras"] = key("What made the weights.")
    architecture: str = key("For people to read.", default="")
    weights: KerasWeightsTable

    def entry(self, folder: Path, metrics: Any) -> ModelEntry:
        """What the document says of a model in `folder`; metrics: what metrics.json holds."""
        return ModelEntry(
            **self._network(folder),
            metrics=metrics,
            framework=self.framework,
            architecture=self.architecture,
            weights=self.weights.weights(folder),
        )


class PyTorchDocument(NetworkDocument):
    """A network of torchvision, perhaps with a head of its own."""

    tag = "pytorch"
    framework: Literal["pytorch"] = key("What made the weights.")
    architecture: Architecture = key("Its name in torchvision.")
    weights: PyTorchWeightsTable
    head: list[Width] | None = key(
        "Widths of hidden layers; [] is one linear layer; left out, torchvision's own classifier.",
        "give the widths of hidden layers, 1 to 8192, as in [512] or []",
        None,
    )
    pooling: list[Cells] | None = key(
        "[rows, columns] that features are averaged to, with a head.", POOLING, None, **PAIR
    )
    taps: list[str] | None = key(
        "Layers that the head reads, in their order, with pooling.", "", None
    )
    dropout: float = key("Share left out in training, 0 to 0.95.", "", Head.dropout, ge=0, le=0.95)

    @model_validator(mode="after")
    def _taps_are_layers(self) -> Self:
        layers = ARCHITECTURES[self.architecture].taps
        if self.taps is None:
            return self
        if not self.taps or self.taps != [one for one in layers if one in self.taps]:
            raise fault(f"name layers in their order, out of {', '.join(layers)}", "taps")
        if self.pooling is None or self.head is None:
            raise fault("goes with a head and with pooling, as in [4, 4]", "taps")
        return self

    @model_validator(mode="after")
    def _pooling_is_possible(self) -> Self:
        pools = sorted(name for name, facts in ARCHITECTURES.items() if facts.pools)
        possible = self.taps or self.architecture in pools
        if self.pooling and (self.head is None or not possible):
            right = f"goes with a head; without taps, only with {', '.join(pools)}"
            raise fault(right, "pooling")
        return self

    @model_validator(mode="after")
    def _suits_the_architecture(self) -> Self:
        name, smallest = self.architecture, ARCHITECTURES[self.architecture].min_side
        if self.preprocessing is None:
            raise fault("the architectures here read pictures; use Keras for segments", "segment")
        if min(self.preprocessing.size) < smallest:
            raise fault(f"{name} needs at least {smallest} px a side", "preprocessing.size")
        if self.preprocessing.preprocessing().channels != 3:
            raise fault(f"{name} reads 3 channels", "preprocessing.channels")
        return self

    def entry(self, folder: Path, metrics: Any) -> ModelEntry:
        """What the document says of a model in `folder`; metrics: what metrics.json holds."""
        pooling = (self.pooling[0], self.pooling[1]) if self.pooling else None
        hidden = None if self.head is None else tuple(self.head)
        return ModelEntry(
            **self._network(folder),
            metrics=metrics,
            framework=self.framework,
            architecture=self.architecture,
            weights=self.weights.weights(folder),
            head=Head(hidden, pooling, self.dropout, tuple(self.taps or ())),
        )


class EnsembleDocument(EntryDocument):
    """Models of the same registry, averaged: it has no weights of its own."""

    tag = "ensemble"
    framework: Literal["ensemble"] = key("No framework: its members answer.")
    ensemble: EnsembleTable

    @model_validator(mode="before")
    @classmethod
    def _leave_the_rest_to_its_members(cls, says: dict[str, Any]) -> dict[str, Any]:
        for name in says:
            if name in PyTorchDocument.model_fields and name not in cls.model_fields:
                raise fault("an ensemble has none, its members bring theirs: leave it out", name)
        return says

    def entry(self, folder: Path, metrics: Any) -> EnsembleEntry:
        """What the document says of an ensemble in `folder`; metrics: what metrics.json holds."""
        return EnsembleEntry(
            **self._described(folder),
            metrics=metrics,
            folder=folder,
            members=tuple(self.ensemble.members),
            shares=self.ensemble.shares(),
            average=self.ensemble.average,
            consensus=self.ensemble.consensus,
        )


AnyDocument = KerasDocument | PyTorchDocument | EnsembleDocument
DOCUMENT: TypeAdapter[AnyDocument] = TypeAdapter(
    Annotated[AnyDocument, Field(discriminator="framework")]
)


class _ForEditors(GenerateJsonSchema):
    """Without null, which TOML lacks, and without titles, which only repeat the keys."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        default = schema.get("default")
        if default is None or isinstance(default, TomlTable):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def json_schema() -> str:
    """The JSON Schema of `model.toml`: of draft 7, which Taplo and the editors that use it know."""
    schema = DOCUMENT.json_schema(schema_generator=_ForEditors)
    labels = {"minItems": 2, "uniqueItems": True}
    by_task = [
        {
            "if": {"properties": {"task": {"const": task.key}}},
            "then": {"properties": {"labels": labels | {"items": {"enum": list(task.labels)}}}},
        }
        for task in TASKS.values()
    ]
    named = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "model.toml"}
    text = json.dumps(named | schema | {"allOf": by_task}, indent=1, ensure_ascii=False)
    return text.replace("$defs", "definitions") + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
