"""The platform as one HTML page that asks nobody for anything: rooms, services, databases, and who calls whom."""

from mgmtcluster.map.page import LayoutMissing, map_page, platform_graph

__all__ = ["LayoutMissing", "map_page", "platform_graph"]
