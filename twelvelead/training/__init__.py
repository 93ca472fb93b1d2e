"""Making models: data, splits by patient, one readable run per model, evaluation. Not in the served image."""
