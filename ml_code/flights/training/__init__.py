"""Training: a sample of the features and their labels to a registered model version."""
