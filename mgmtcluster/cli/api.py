"""The API server, for reading: lists in pages, timeouts, and what went wrong in a line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from kubernetes import client, config
from yaml import YAMLError

from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.manifests import Object

_PAGE_OBJECTS: Final = 500

#: Lists asked for at a time: a server far away answers each late, and all of them together no later.
_AT_A_TIME: Final = 8

#: Seconds to connect, and to wait for each part of an answer: together less than the ten within which a command gives up.
_TIMEOUT_SECONDS: Final = (4, 5)


@dataclass(frozen=True)
class Kind:
    """A kind of objects, as the API server serves it.

    Attributes:
        api_version: group and version, as a manifest has them.
        name: the kind, as a manifest has it.
    """

    api_version: str
    name: str

    @property
    def group(self) -> str:
        """The API group; empty for Kubernetes' first one."""
        return self.api_version.rpartition("/")[0]

    @property
    def plural(self) -> str:
        """The resource's name in paths and in RBAC rules."""
        lower = self.name.lower()
        if lower.endswith("y"):
            return f"{lower[:-1]}ies"
        return f"{lower}es" if lower.endswith("s") else f"{lower}s"

    def path(self, namespace: str | None = None) -> str:
        """The path of the list of all objects, or of those of a namespace."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"

    @classmethod
    def of(cls, manifest: Object) -> "Kind":
        """The kind of a manifest."""
        return cls(manifest["apiVersion"], manifest["kind"])


POD: Final = Kind("v1", "Pod")
NODE: Final = Kind("v1", "Node")
SERVICE: Final = Kind("v1", "Service")
EVENT: Final = Kind("v1", "Event")
NAMESPACE: Final = Kind("v1", "Namespace")
VOLUME: Final = Kind("v1", "PersistentVolume")
CLAIM: Final = Kind("v1", "PersistentVolumeClaim")
ENDPOINT_SLICE: Final = Kind("discovery.k8s.io/v1", "EndpointSlice")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment")
STATEFUL_SET: Final = Kind("apps/v1", "StatefulSet")
DAEMON_SET: Final = Kind("apps/v1", "DaemonSet")
JOB: Final = Kind("batch/v1", "Job")
SERVICE_CIDR: Final = Kind("networking.k8s.io/v1", "ServiceCIDR")
STORAGE_CLASS: Final = Kind("storage.k8s.io/v1", "StorageClass")


class Cluster:
    """The cluster that a kubeconfig and a context name; it has answered once.

    Args:
        kubeconfig: path of the file. Default: ``$KUBECONFIG``, else ``~/.kube/config``.
        context: name of the context. Default: the current one.

    Attributes:
        server: its URL.
        version: what it says of its version.

    Raises:
        CouldNotLook: there is no such file or context, it cannot be used, or nothing answers.
    """

    def __init__(self, *, kubeconfig: str | None, context: str | None) -> None:
        given = client.Configuration()
        try:
            config.load_kube_config(kubeconfig, context, given, persist_config=False)  # type: ignore[no-untyped-call]
        except (config.ConfigException, YAMLError, OSError, TypeError, AttributeError, ValueError) as error:
            where = kubeconfig or config.KUBE_CONFIG_DEFAULT_LOCATION
            raise CouldNotLook(f"{where}: {_line(error)}; write --kubeconfig FILE, and --context NAME for one in it") from None
        given.retries = 0
        self._client = client.ApiClient(given)
        self.server = str(given.host)
        # Before anything else is done: a server that does not answer is asked once, not in turn for everything.
        self.version: Mapping[str, str] = self._ask("GET", "/version", "read the version") or {}

    def items(self, kind: Kind, *, namespace: str | None = None, labels: str = "", fields: str = "") -> Iterator[Object]:
        """The objects of a kind, page by page; none where the server does not know the kind.

        Args:
            kind: their kind.
            namespace: only those in it.
            labels: only those that this label selector finds.
            fields: only those that this field selector finds.
        """
        what = f"list {kind.plural}" + (f" in namespace {namespace}" if namespace else "")
        query = {"limit": str(_PAGE_OBJECTS), "labelSelector": labels, "fieldSelector": fields}
        while True:
            page = self._ask("GET", kind.path(namespace), what, query={key: text for key, text in query.items() if text})
            for item in (page or {}).get("items") or ():
                yield {"apiVersion": kind.api_version, "kind": kind.name, **item}
            query["continue"] = (page or {}).get("metadata", {}).get("continue") or ""
            if not query["continue"]:
                return

    def objects(self, kinds: Iterable[tuple[Kind, str | None]], *, labels: str = "") -> list[Object]:
        """The objects of each of these kinds and namespaces that this label selector finds, several lists at a time."""

        def listed(what: tuple[Kind, str | None]) -> list[Object]:
            return list(self.items(what[0], namespace=what[1], labels=labels))

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return [item for items in pool.map(listed, kinds) for item in items]

    def may(self, attributes: Mapping[str, str]) -> bool:
        """Whether the user may do this, as the server decides; asking creates nothing.

        Args:
            attributes: verb, group, resource and namespace, as ``SelfSubjectAccessReview`` takes them.
        """
        kind = Kind("authorization.k8s.io/v1", "SelfSubjectAccessReview")
        body = {"apiVersion": kind.api_version, "kind": kind.name, "spec": {"resourceAttributes": dict(attributes)}}
        answer = self._ask("POST", kind.path(), f"create {kind.plural}", body=body) or {}
        return bool(answer.get("status", {}).get("allowed"))

    def may_all(self, asked: Sequence[Mapping[str, str]]) -> list[bool]:
        """Whether the user may do each of these, several questions at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(self.may, asked))

    def _ask(self, method: str, path: str, what: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """The answer as it was parsed; None where there is no such path."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        pairs = list((query or {}).items())
        asked = self._client.param_serialize(method, path, None, pairs, headers, body, auth_settings=["BearerToken"])
        try:
            response = self._client.call_api(*asked, _request_timeout=_TIMEOUT_SECONDS)
            content: bytes = response.read()  # type: ignore[no-untyped-call]
        except (urllib3.exceptions.HTTPError, client.ApiException, OSError) as error:
            raise CouldNotLook(f"{self.server}: no answer ({_cause(error)}); is this the right --context?") from None
        if response.status == 404:
            return None
        if response.status >= 400:
            raise CouldNotLook(_refusal(self.server, response.status, what, content))
        return json.loads(content)


def _refusal(server: str, status: int, what: str, content: bytes) -> str:
    """What an answer that is an error says."""
    if status == 401:
        return f"{server}: does not know you (401); log in, or name another --context"
    if status == 403:
        return f"{server}: you may not {what} (403); ask for the right to, or name another --context"
    try:
        message = str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        message = content.decode(errors="replace")
    return f"{server}: could not {what} ({status}: {' '.join(message.split())[:200]}); try again"


def _cause(error: BaseException) -> str:
    """The innermost reason of a failed connection, in a line."""
    while isinstance(inner := getattr(error, "reason", None), BaseException):
        error = inner
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(error, urllib3.exceptions.NewConnectionError):
        return f"none within {max(_TIMEOUT_SECONDS)} seconds"
    return _line(error).rpartition(": ")[2]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
