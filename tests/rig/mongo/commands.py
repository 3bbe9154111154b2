"""The commands a test server knows, each as a mongod answers it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import bson

from tests.rig.mongo.errors import Refused
from tests.rig.mongo.wire import Document

STATES = {"PRIMARY": 1, "SECONDARY": 2, "RECOVERING": 3, "STARTUP2": 5, "REMOVED": 10}

Handler = Callable[[Any, Document], Document]
HANDLERS: dict[str, str] = {}


def answers(*names: str) -> Callable[[Handler], Handler]:
    """Let a method answer the commands of these names; a subclass may override it."""

    def register(method: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, method.__name__))
        return method

    return register


class SetOfMembers(Protocol):
    """What a member knows of its set, and orders as the primary."""

    name: str
    write_concern: str | None
    feature_compatibility_version: str

    @property
    def users(self) -> dict[str, Document]:
        """The users, by name."""

    @property
    def config(self) -> Document | None:
        """The configuration, or None before there is one."""

    @property
    def term(self) -> int:
        """Counts elections."""

    @property
    def primary(self) -> str | None:
        """The primary, where there is one."""

    @property
    def hosts(self) -> list[str]:
        """The configured members."""

    @property
    def newly_added(self) -> set[str]:
        """Members that have no vote before their first sync is over."""

    @property
    def uncommitted(self) -> int:
        """Is 0 once a majority has the configuration."""

    def install(self, hosts: Sequence[str], primary: str | None, **more: Any) -> None:
        """Begin a set."""

    def reconfigure(self, config: Document, added: Iterable[str]) -> None:
        """Install a configuration on the primary's order; these members in it are new."""

    def elect(self, not_host: str) -> None:
        """Hand the primary's role to another member."""


class Commands:
    """What one member answers once a client may ask."""

    replica_set: SetOfMembers
    version: str

    if TYPE_CHECKING:  # attributes or properties, as a subclass likes

        @property
        def host(self) -> str | None:
            """The member's name in the configuration."""

        @property
        def state(self) -> str:
            """The member's state; nothing before it has a configuration."""

        @property
        def config(self) -> Document | None:
            """The configuration that this member has."""

    def run(self, name: str, command: Document) -> Document:
        """Answer a command, or raise Refused."""
        if name not in HANDLERS:
            raise Refused("CommandNotFound", f"no such command: '{name}'")
        answer: Document = getattr(self, HANDLERS[name])(command)
        return answer

    def state_of(self, host: str) -> str | None:
        """The state of a member, as this one sees it; None where it does not answer."""
        raise NotImplementedError

    def kept_of(self, command: Document) -> Document:
        """What is kept of a user as a command gives it."""
        return {name: command[name] for name in ("pwd", "roles", "mechanisms") if name in command}

    @answers("hello", "isMaster", "ismaster")
    def _hello(self, command: Document) -> Document:
        answer: Document = {
            "isWritablePrimary": self.state == "PRIMARY",
            "ismaster": self.state == "PRIMARY",
            "secondary": self.state == "SECONDARY",
            "helloOk": True,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000,
            "minWireVersion": 0,
            "maxWireVersion": 25,
            "logicalSessionTimeoutMinutes": 30,
            "readOnly": False,
        }
        if self.state in ("", "REMOVED"):
            answer |= {"isreplicaset": True, "info": "Does not have a valid replica set config"}
        else:
            set_ = self.replica_set
            answer |= {"setName": set_.name, "hosts": set_.hosts, "me": self.host}
            answer |= {"setVersion": (self.config or {}).get("version", 1)}
            answer |= {"primary": set_.primary} if set_.primary else {}
        if "saslSupportedMechs" in command:
            answer["saslSupportedMechs"] = ["SCRAM-SHA-256"]
        return answer

    @answers("ping", "endSessions")
    def _ping(self, _command: Document) -> Document:
        return {}

    @answers("buildInfo")
    def _build_info(self, _command: Document) -> Document:
        return {"version": self.version, "versionArray": [*map(int, self.version.split(".")), 0], "modules": []}

    @answers("replSetGetConfig")
    def _get_config(self, command: Document) -> Document:
        if self.config is None:
            raise Refused("NotYetInitialized", "no replset config has been received")
        if not command.get("commitmentStatus"):
            return {"config": self.config}
        self._must_be_primary()
        return {"config": self.config, "commitmentStatus": self.replica_set.uncommitted == 0}

    @answers("replSetInitiate")
    def _initiate(self, command: Document) -> Document:
        set_, config = self.replica_set, command["replSetInitiate"]
        if self.config is not None:
            raise Refused("AlreadyInitialized", "already initialized")
        if [member["host"] for member in config["members"]] != [self.host] or config["_id"] != set_.name:
            raise Refused("InvalidReplicaSetConfig", "no host of the configuration maps to this node")
        host = str(self.host)
        set_.install([host], host, version=1)
        return {}

    @answers("replSetGetStatus")
    def _get_status(self, _command: Document) -> Document:
        set_ = self.replica_set
        if self.state in ("", "REMOVED"):
            raise Refused("NotYetInitialized" if self.config is None else "InvalidReplicaSetConfig")
        members = [self._status_of(host) for host in set_.hosts]
        votes = sum(member.get("votes", 1) for member in (set_.config or {})["members"])
        counts = {"votingMembersCount": votes - len(set_.newly_added), "term": bson.Int64(set_.term)}
        return {"set": set_.name, "myState": STATES[self.state], "members": members, **counts}

    def _status_of(self, host: str) -> Document:
        state = self.state_of(host)
        return {"name": host, "health": float(state is not None), "stateStr": state or "(not reachable/healthy)"}

    def _must_be_primary(self) -> None:
        if self.state != "PRIMARY":
            raise Refused("NotWritablePrimary", "not primary")

    @answers("replSetReconfig")
    def _reconfig(self, command: Document) -> Document:
        self._must_be_primary()
        set_, new = self.replica_set, copy.deepcopy(command["replSetReconfig"])
        if command.get("force"):
            raise Refused("BadValue", "no force here")
        old_hosts, new_hosts = set(set_.hosts), {member["host"] for member in new["members"]}
        changed = old_hosts ^ new_hosts
        if set_.config is None or new["version"] <= set_.config["version"] or len(changed) > 1:
            raise Refused("NewReplicaSetConfigurationIncompatible", "at most one vote, and a later version")
        if set_.uncommitted:
            raise Refused("CurrentConfigNotCommittedYet")
        if self.host not in new_hosts or len(new["members"]) > 7:
            raise Refused("NewReplicaSetConfigurationIncompatible", "this node, and at most seven votes")
        set_.reconfigure(new, added=new_hosts - old_hosts)
        return {}

    @answers("replSetStepDown")
    def _step_down(self, _command: Document) -> Document:
        self._must_be_primary()
        self.replica_set.elect(str(self.host))
        return {}

    @answers("getDefaultRWConcern")
    def _get_default_rw_concern(self, _command: Document) -> Document:
        level = self.replica_set.write_concern
        source = "global" if level else "implicit"
        return {"defaultWriteConcern": {"w": level or "majority"}, "defaultWriteConcernSource": source}

    @answers("setDefaultRWConcern")
    def _set_default_rw_concern(self, command: Document) -> Document:
        self._must_be_primary()
        self.replica_set.write_concern = command["defaultWriteConcern"]["w"]
        return {}

    @answers("usersInfo")
    def _users_info(self, command: Document) -> Document:
        name = command["usersInfo"]["user"]
        known = self.replica_set.users.get(name)
        fields = {"roles": known["roles"], "mechanisms": known["mechanisms"]} if known else {}
        return {"users": [{"user": name, "db": "admin", **fields}] if known else []}

    @answers("createUser")
    def _create_user(self, command: Document) -> Document:
        self._must_be_primary()
        if command["createUser"] in self.replica_set.users:
            raise Refused("Location51003", "user already exists")
        self.replica_set.users[command["createUser"]] = self.kept_of(command)
        return {}

    @answers("updateUser")
    def _update_user(self, command: Document) -> Document:
        self._must_be_primary()
        if command["updateUser"] not in self.replica_set.users:
            raise Refused("UserNotFound", "no such user")
        self.replica_set.users[command["updateUser"]].update(self.kept_of(command))
        return {}

    @answers("getParameter")
    def _get_parameter(self, _command: Document) -> Document:
        return {"featureCompatibilityVersion": {"version": self.replica_set.feature_compatibility_version}}

    @answers("setFeatureCompatibilityVersion")
    def _set_feature_compatibility_version(self, command: Document) -> Document:
        self._must_be_primary()
        if not command.get("confirm"):
            raise Refused("BadValue", "confirm is missing")
        self.replica_set.feature_compatibility_version = command["setFeatureCompatibilityVersion"]
        return {}
