"""The platform as one HTML page that asks nobody for anything: rooms, services, databases, and who calls whom."""

from mgmtcluster.map.page import map_page

__all__ = ["map_page"]
