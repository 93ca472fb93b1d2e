"""How far a page lies from a model's training pages, in the space of the gate's features.

The distance is Mahalanobis', as K. Lee et al., "A simple unified framework for detecting out-of-distribution
samples and adversarial attacks", NeurIPS 2018 (arXiv 1807.03888) take it. It is told as a percentile of the
distances that the training pages themselves have when their patients are held out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]
UNFAMILIAR = 99.5  # percentile beyond which an answer is no more than uncertain


@dataclass(frozen=True, eq=False)
class Space:
    """Where training pages lie.

    centre: float32 (k,), the mean of their features. root: float32 (k, k), by which the length of
    (features - centre) @ root is the distance. distances: float32 (n,), theirs when held out, rising. gate:
    the sha256 of the network whose features these are; empty where nobody tells.
    """

    centre: Features
    root: Features
    distances: Features
    gate: str = ""

    def distance(self, features: Features) -> float:
        """Of a page, by its features (k,)."""
        return float(np.linalg.norm((features - self.centre) @ self.root))

    def percentile(self, features: Features) -> float:
        """0 (as near as none of the training pages) to 100 (farther than all)."""
        nearer = np.searchsorted(self.distances, self.distance(features), "left")
        return 100.0 * float(nearer) / len(self.distances)
