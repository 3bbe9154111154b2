"""Arguments of mongod that an operator may add, and those that a construct sets itself."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator

_LEAVE_OUT: Final = "leave it out"

#: What a construct sets itself, or what its pods could not run with, and what to do instead.
_OWN: Final = {
    "auth": _LEAVE_OUT,
    "bind_ip": f"{_LEAVE_OUT}; policies say who may connect",
    "bind_ip_all": _LEAVE_OUT,
    "config": "write its options as arguments",
    "dbpath": "write storage for its size",
    "fork": f"{_LEAVE_OUT}: a container ends with its first process",
    "help": f"{_LEAVE_OUT}: mongod would end",
    "ipv6": "write the cluster's families of addresses",
    "keyFile": "write the Secret as keyfile of existing_secrets",
    "logpath": f"{_LEAVE_OUT}: the log is the container's output",
    "noauth": f"{_LEAVE_OUT}: every client has a password",
    "port": _LEAVE_OUT,
    "repair": f"{_LEAVE_OUT}: mongod would end",
    "replSet": "write replica_set of the construct",
    "setParameter=watchdogPeriodSeconds": _LEAVE_OUT,
    "shutdown": f"{_LEAVE_OUT}: mongod would end",
    "shardsvr": f"{_LEAVE_OUT}: this is no shard",
    "configsvr": f"{_LEAVE_OUT}: this is no shard",
    "transitionToAuth": f"{_LEAVE_OUT}: every client has a password",
    "version": f"{_LEAVE_OUT}: mongod would end",
    "wiredTigerCacheSizeGB": "write memory, which it is computed from",
    "wiredTigerCacheSizePct": "write memory, which it is computed from",
}


def mongod_argument(text: str) -> str:
    """An argument of mongod as `--NAME` or `--NAME=VALUE`, that the database does not set itself."""
    if not re.fullmatch(r"--[A-Za-z][A-Za-z0-9_]*(=\S.*)?", text):
        raise ValueError(f"{text!r} is not an argument of mongod; write --NAME or --NAME=VALUE, as in --oplogSize=2048")
    for own, advice in _OWN.items():
        if text == f"--{own}" or text.startswith(f"--{own}="):
            raise ValueError(f"'--{own}' is the database's own; {advice}")
    return text


MongodArgument = Annotated[str, AfterValidator(mongod_argument)]


def twice_problems(arguments: Sequence[str]) -> Iterator[str]:
    """Arguments that are given twice, which mongod refuses; parameters are arguments of their own."""
    names = [argument if argument.startswith("--setParameter=") else argument.partition("=")[0] for argument in arguments]
    yield from (f"mongod_arguments: {name} is given twice; write it once" for name, count in Counter(names).items() if count > 1)
