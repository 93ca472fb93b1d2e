"""The gate's network: small enough to run before every page, on one core, in a few milliseconds."""

import torch
from torch import Tensor, nn

from twelvelead.inference.gate.channels import CHANNELS
from twelvelead.inference.gate.kinds import KINDS

FEATURES = 64
WIDTHS = (32, 64, 96, 128)
FORMS = ((5, 4, 2), (3, 2, 1), (3, 2, 1), (3, 2, 1))  # kernel, stride, padding


def _convolution(inside: int, outside: int, form: tuple[int, int, int]) -> nn.Sequential:
    """form: side of the kernel, stride and padding."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, *form, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class GateNetwork(nn.Module):
    """uint8 (n, 4, height, width) -> (n, 5) logits of KINDS, and (n, 64) features.

    sources: how many sources its second head tells apart, in training only. That keeps in the features
    what tells one layout from another, which the kinds alone would let go (arXiv 2008.08186).
    """

    def __init__(self, sources: int) -> None:
        super().__init__()
        inside = (len(CHANNELS), *WIDTHS[:-1])
        steps = zip(inside, WIDTHS, FORMS, strict=True)
        self.blocks = nn.Sequential(*(_convolution(*step) for step in steps))
        self.embed = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(2 * WIDTHS[-1], FEATURES), nn.BatchNorm1d(FEATURES)
        )
        self.kind = nn.Linear(FEATURES, len(KINDS))
        self.source = nn.Linear(FEATURES, sources)

    def features(self, pictures: Tensor) -> Tensor:
        seen = self.blocks(pictures.float() / 255)
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)
        found: Tensor = self.embed(pooled)
        return found

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        found = self.features(pictures)
        return self.kind(torch.relu(found)), found

    def both(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of kinds and of sources: what training needs."""
        found = torch.relu(self.features(pictures))
        return self.kind(found), self.source(found)
