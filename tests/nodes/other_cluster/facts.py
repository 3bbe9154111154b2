"""What is true of this cluster, and what an operator writes for it."""

from __future__ import annotations

from typing import Final

from mgmtcluster import catalog

DOMAIN: Final = "corp.example"
#: Where every node answers DNS, as a cache of node-local DNS does.
LOCAL_DNS: Final = "169.254.20.10"

_DNS = [{"cidr": f"{LOCAL_DNS}/32", "port": 53}]

#: One pod of each service, and one member of one of the databases: they share two processors.
_FEW = {
    "metrics_database": {"members": 1, "single_member_may_lose_data": True},
    "services": {service.name: {"replicas": 1} for service in catalog.ALL},
}

SETTINGS: Final = {"cluster": {"domain": DOMAIN, "dns": _DNS}, **_FEW}

#: The same without the row of ``cluster.dns``.
WITHOUT_DNS: Final = {"cluster": {"domain": DOMAIN}, **_FEW}
