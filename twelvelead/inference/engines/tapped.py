"""A torchvision network whose head reads several of its layers, each averaged to the same cells."""

import torch
from torch import nn
from torch.nn import functional

from model_registry.architectures import Architecture
from model_registry.entry import Head

EPSILON = 1e-6


class Tapped(nn.Module):
    """The layers up to the last tap, and a head on the cells of every tapped layer.

    Cells, (n, features), are averages over `head.pooling` rows and columns. `scaled` brings each to
    mean 0 and deviation 1 by stored statistics, so that shallow and deep layers weigh alike.
    """

    def __init__(self, network: nn.Module, facts: Architecture, head: Head, outputs: int) -> None:
        super().__init__()
        layers = dict(network.get_submodule(facts.trunk).named_children())
        names = list(layers)[: list(layers).index(head.taps[-1]) + 1]
        self.trunk = nn.Sequential()
        for name in names:
            self.trunk.add_module(name, layers[name])
        self.taps, self.rows_columns = head.taps, head.pooling or (1, 1)
        width = self._count_cells(facts.min_side)
        self.scaled = nn.BatchNorm1d(width, eps=EPSILON, affine=False)
        steps: list[nn.Module] = []
        for hidden in head.hidden or ():
            steps += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(head.dropout)]
            width = hidden
        self.head = nn.Sequential(*steps, nn.Linear(width, outputs))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Raw outputs (n, labels) for float32 (n, 3, height, width)."""
        scaled: torch.Tensor = self.scaled(self.cells(pixels))
        answers: torch.Tensor = self.head(scaled)
        return answers

    def cells(self, maps: torch.Tensor, after: str | None = None) -> torch.Tensor:
        """Cells (n, features) for pixels, or for what the layer `after` gave, its own tap included.

        No layer before `after` may be a tap.
        """
        names = [name for name, _ in self.trunk.named_children()]
        read = [self._pool(maps)] if after in self.taps else []
        for name in names[names.index(after) + 1 if after else 0 :]:
            maps = self.trunk.get_submodule(name)(maps)
            if name in self.taps:
                read.append(self._pool(maps))
        return torch.cat(read, dim=1)

    def _pool(self, maps: torch.Tensor) -> torch.Tensor:
        return functional.adaptive_avg_pool2d(maps.float(), self.rows_columns).flatten(1)

    def _count_cells(self, side: int) -> int:
        """How many numbers the head reads, found by running a blank picture."""
        training = self.trunk.training
        self.trunk.eval()
        with torch.inference_mode():
            count = self.cells(torch.zeros(1, 3, side, side)).shape[1]
        self.trunk.train(training)
        return count
