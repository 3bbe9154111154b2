"""The platform as one HTML page that asks nobody for anything: rooms, services, databases, and who calls whom."""

from mgmtcluster.map.graph import platform_graph
from mgmtcluster.map.page import LayoutMissing, page_of

__all__ = ["LayoutMissing", "page_of", "platform_graph"]
