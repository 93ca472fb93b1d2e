"""A 12-lead page: decoded, turned upright, its frame found."""
