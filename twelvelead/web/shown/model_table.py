"""All models, a table a task: what stands in a row, how rows are sorted, which may be compared."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ecg.tasks import CARDIAC_PAGE_4, TASKS, Task
from twelvelead.inference.predictor import Predictor
from twelvelead.web.schemas.model_figures import (
    INFARCTION,
    ClassFigures,
    CrossValidation,
    Figures,
    read_figures,
)
from twelvelead.web.schemas.models import Model, describe_models
from twelvelead.web.server.errors import RequestError

Value = str | float | None
Hashes = tuple[str | None, str | None]  # of the split, or its words, and of the data
ORDERS = ("asc", "desc")


@dataclass(frozen=True)
class ModelRow:
    """One model; `comparable`: it was measured on the split that the table is about."""

    model: Model
    figures: Figures
    comparable: bool = False

    @property
    def held_out(self) -> CrossValidation | None:
        return self.figures.cross_validation

    @property
    def infarctions(self) -> ClassFigures | None:
        return self.held_out.per_class.get(INFARCTION) if self.held_out else None

    @property
    def size(self) -> int | None:
        """Bytes of the weight file as it lies there, or as it was when measured."""
        return self.model.size_bytes or self.figures.bytes

    def value(self, column: str) -> Value:
        """What the row is sorted by; None where there is nothing."""
        return COLUMNS[column].value(self)


@dataclass(frozen=True)
class Column:
    """A column: its words, the order that a first click gives, and what it is sorted by."""

    words: str
    order: str
    value: Callable[[ModelRow], Value]


def _held_out(name: str) -> Callable[[ModelRow], Value]:
    return lambda row: getattr(row.held_out, name, None)


COLUMNS = {
    "title": Column("Model", "asc", lambda row: (row.model.title or row.model.key).casefold()),
    "framework": Column("Framework", "asc", lambda row: row.model.framework),
    "parameters": Column("Parameters", "asc", lambda row: row.figures.parameters),
    "size": Column("Size", "asc", lambda row: row.size),
    "accuracy": Column("Accuracy", "desc", _held_out("accuracy")),
    "macro_f1": Column("Macro-F1", "desc", _held_out("macro_f1")),
    "auc": Column("AUC", "desc", _held_out("auc")),
    "infarctions": Column(
        "Infarctions found", "desc", lambda row: getattr(row.infarctions, "recall", None)
    ),
    "ece": Column("ECE", "asc", _held_out("ece")),
    "date": Column("Shipped on", "desc", lambda row: row.figures.date),
}


@dataclass(frozen=True)
class Table:
    """Sorted rows of one task, and the held-out figures whose split and data the comparable ones share."""

    task: Task
    rows: Sequence[ModelRow]
    reference: CrossValidation | None
    sort: str
    order: str

    @property
    def columns(self) -> Mapping[str, Column]:
        """All that any row has something in; those of pages always."""
        if self.task is CARDIAC_PAGE_4:
            return COLUMNS
        some = {name for name in COLUMNS for row in self.rows if row.value(name) is not None}
        return {name: column for name, column in COLUMNS.items() if name in some}

    def next_order(self, column: str) -> str:
        """The order that the link in a column's head asks for."""
        if column != self.sort:
            return COLUMNS[column].order
        return "asc" if self.order == "desc" else "desc"


def make_tables(predictor: Predictor, sort: str, order: str) -> list[Table]:
    """Every registered model, a table a task, those without a value in the sorted column last.

    A model whose task is not known stands with those of pages, whose table is always there.

    sort: a key of COLUMNS, macro_f1 where empty; order: asc or desc, the column's own where empty.
    Raises RequestError for any other.
    """
    sort = sort or "macro_f1"
    if sort not in COLUMNS:
        raise RequestError(f"There is no such column: sort by one of {', '.join(COLUMNS)}.")
    order = order or COLUMNS[sort].order
    if order not in ORDERS:
        raise RequestError("There is no such order: use asc or desc.")
    rows = [_row(predictor, model) for model in describe_models(predictor).models]
    of_task = {key: [row for row in rows if _task(row) == key] for key in TASKS}
    return [
        _table(task, of_task[key], sort, order)
        for key, task in TASKS.items()
        if of_task[key] or task is CARDIAC_PAGE_4
    ]


def _task(row: ModelRow) -> str:
    return row.model.task or CARDIAC_PAGE_4.key


def _table(task: Task, rows: Sequence[ModelRow], sort: str, order: str) -> Table:
    reference = _reference(rows)
    marked = [ModelRow(row.model, row.figures, _shares(row, reference)) for row in rows]
    return Table(task, _sorted(marked, sort, order), reference, sort, order)


def _row(predictor: Predictor, model: Model) -> ModelRow:
    registry = predictor.registry
    known = model.key in registry
    return ModelRow(model, read_figures(registry[model.key]) if known else Figures(model=model.key))


def _sorted(rows: Sequence[ModelRow], sort: str, order: str) -> list[ModelRow]:
    present = [row for row in rows if row.value(sort) is not None]
    absent = [row for row in rows if row.value(sort) is None]
    absent.sort(key=lambda row: (row.model.title is None, row.model.key))
    # one column holds one type of values
    present.sort(key=lambda row: row.value(sort), reverse=order == "desc")  # type: ignore[arg-type,return-value]
    return [*present, *absent]


def _hashes(held_out: CrossValidation) -> Hashes:
    return held_out.split_sha256 or held_out.protocol, held_out.data_sha256


def _reference(rows: Sequence[ModelRow]) -> CrossValidation | None:
    """That of the largest group that shares split and data; of equal groups, the best model's."""
    measured = [row.held_out for row in rows if row.held_out is not None]
    sizes = Counter(_hashes(one) for one in measured)
    return max(measured, key=lambda one: (sizes[_hashes(one)], one.macro_f1), default=None)


def _shares(row: ModelRow, reference: CrossValidation | None) -> bool:
    """Whether a row's figures come from the reference's split and data; unknown ones do not."""
    if row.held_out is None or reference is None or _hashes(row.held_out)[0] is None:
        return False
    return _hashes(row.held_out) == _hashes(reference)
