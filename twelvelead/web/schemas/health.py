"""The answer of the probes."""

from typing import Literal

from pydantic import Field

from twelvelead.web.schemas.pages import Document


class Health(Document):
    """Whether the process lives, or is ready to answer."""

    status: Literal["ok", "degraded", "starting", "broken", "stuck", "stopping"] = Field(
        description="degraded: it serves, but not all (200, as ok). broken: no model is usable; "
        "stuck: all cores are held by work that is late (503, as starting and stopping)"
    )
    waiting_for: list[str] = Field(default=[], description="models that are still being loaded")
    broken: list[str] = Field(
        default=[], description="models that can't be used; the list of models says why"
    )
    stopped: list[Literal["recordings"]] = Field(
        default=[], description="parts that ended by themselves"
    )
