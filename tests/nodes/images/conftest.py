"""The real mongosh, as the tests of the scripts run it."""

from tests.rig.scripts import environment, mongosh, mongosh_command

__all__ = ["environment", "mongosh", "mongosh_command"]
