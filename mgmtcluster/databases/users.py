"""Users of a database that no service is."""

from typing import Final

#: May read everything and write nothing: dumps connect as this user.
BACKUP_USER: Final = "backup"

#: May read how members are, and the oplog, and nothing of the services' data: exporters connect as this user.
MONITOR_USER: Final = "monitor"
