"""Grafana's dashboards as code: what stands on each, from the API's rows and the declared signals."""
