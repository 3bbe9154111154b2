"""The errors a server answers with, by MongoDB's own names."""

from __future__ import annotations

from tests.rig.mongo.wire import Document

CODES = {
    "Unauthorized": 13,
    "AuthenticationFailed": 18,
    "AlreadyInitialized": 23,
    "UserNotFound": 11,
    "CommandNotFound": 59,
    "NotYetInitialized": 94,
    "InvalidReplicaSetConfig": 93,
    "NewReplicaSetConfigurationIncompatible": 103,
    "ConfigurationInProgress": 109,
    "ExceededTimeLimit": 262,
    "CurrentConfigNotCommittedYet": 308,
    "BadValue": 2,
    "DuplicateKey": 11000,
    "NamespaceExists": 48,
    "OperationNotSupportedInTransaction": 263,
    "NotWritablePrimary": 10107,
    "InterruptedDueToReplStateChange": 11602,
    "NotPrimaryNoSecondaryOk": 13435,
    "InconsistentReplicaSetNames": 134,
    "InterruptedAtShutdown": 11600,
    "Location51003": 51003,
}


class Refused(Exception):
    """A command fails with one of the server's own error names."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code

    def document(self) -> Document:
        """What goes over the wire."""
        return {"ok": 0.0, "errmsg": str(self), "code": CODES[self.code], "codeName": self.code}


class HangUp(Exception):
    """The connection is closed instead of answered."""
