"""A workflow that does nothing, run on the watched cluster to see whether one gets through."""
