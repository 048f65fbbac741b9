"""What every row of the dashboard speaks of: the pair that was chosen, its agents and its virtual routers."""

from __future__ import annotations

from grafana.panels import Column

P = 'pair="$pair"'
AGENT = Column(name="instance", title="Agent")
ROUTER = Column(name="vrrp_instance", title="Virtual router")
