"""How well a model knows such pages as the one that it is asked about."""
