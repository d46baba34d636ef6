"""What a Temporal cluster answers about itself without any metrics.

Imported on demand: the Temporal SDK is slow to load, and most commands never ask a cluster.
"""
