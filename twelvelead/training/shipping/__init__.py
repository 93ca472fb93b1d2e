"""Writing a trained model as a folder of the registry: weights, entry, figures, card."""
