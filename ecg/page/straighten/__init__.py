"""Bringing a picture of a page upright and flat: turned, photographed from the side, cropped."""
