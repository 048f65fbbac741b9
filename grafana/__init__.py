"""The Grafana dashboards as code: `python -m grafana.make_dashboards` writes dashboards/*.json.

A tool of this repository: the package hawatch neither contains nor imports it.
"""
