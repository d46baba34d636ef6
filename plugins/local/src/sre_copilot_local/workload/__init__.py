"""The workload of the demo: orders, a worker that handles them, a load that places them, and faults."""
