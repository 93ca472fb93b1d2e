"""Compiled forms of models: exported, held to the native answers, kept beside the entry."""
