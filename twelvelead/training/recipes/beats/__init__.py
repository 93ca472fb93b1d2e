"""Recipes for models of beats, drawn or as numbers."""
