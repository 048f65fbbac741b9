"""On-call rotas: calendars, in files or on the web, that say whose shift it is."""

from hawatch.rota.local_zone import local_zone
from hawatch.rota.watch import Rota

__all__ = ["Rota", "local_zone"]
