"""The API server, for reading and for dry runs: lists in pages, timeouts, and errors in one line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import urllib3
from kubernetes import client, config
from yaml import YAMLError

from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.resources import Kind
from mgmtcluster.manifests import Object

_PAGE_OBJECTS: Final = 500

#: Lists asked for at a time: a server far away answers each question late, but all of them equally late.
_AT_A_TIME: Final = 8

#: Seconds to connect, and to wait for each part of an answer: together less than the ten within which a command gives up.
TIMEOUT_SECONDS: Final[tuple[float, float]] = (4, 5)

_JSON: Final = "application/json"
_REVIEW: Final = Kind("authorization.k8s.io/v1", "SelfSubjectAccessReview")


class Cluster:
    """The cluster that a kubeconfig and a context name; it has answered once.

    Args:
        kubeconfig: path of the file. Default: ``$KUBECONFIG``, else ``~/.kube/config``.
        context: name of the context. Default: the current one.

    Attributes:
        server: its URL.
        version: its answer to the question for its version.

    Raises:
        CouldNotLook: there is no such file or context, it cannot be used, or nothing answers.
    """

    def __init__(self, *, kubeconfig: str | None, context: str | None) -> None:
        configuration = client.Configuration()
        try:
            config.load_kube_config(kubeconfig, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        except (config.ConfigException, YAMLError, OSError, TypeError, AttributeError, ValueError) as error:
            where = kubeconfig or config.KUBE_CONFIG_DEFAULT_LOCATION
            raise CouldNotLook(f"{where}: {_line(error)}; write --kubeconfig FILE, and --context NAME for one in it") from None
        configuration.retries = 0
        self._client = client.ApiClient(configuration)
        self.server = str(configuration.host)
        # First of all: a server that does not answer is asked once, not in turn for everything.
        self.version: Mapping[str, str] = self._ask("GET", "/version", "read the version") or {}

    def items(self, kind: Kind, *, namespace: str | None = None, labels: str = "", fields: str = "") -> Iterator[Object]:
        """List the objects of a kind, page by page; none where the server does not know the kind.

        Args:
            kind: their kind.
            namespace: only those in it.
            labels: only those that this label selector finds.
            fields: only those that this field selector finds.
        """
        doing = f"list {kind.plural}" + (f" in namespace {namespace}" if namespace else "")
        query = {"limit": str(_PAGE_OBJECTS), "labelSelector": labels, "fieldSelector": fields}
        while True:
            page = self._ask("GET", kind.path(namespace), doing, query={key: text for key, text in query.items() if text})
            for item in (page or {}).get("items") or ():
                yield {"apiVersion": kind.api_version, "kind": kind.name, **item}
            query["continue"] = (page or {}).get("metadata", {}).get("continue") or ""
            if not query["continue"]:
                return

    def objects(self, kinds: Iterable[tuple[Kind, str | None]], *, labels: str = "") -> list[Object]:
        """List the objects of these kinds and namespaces that this label selector finds, several lists at a time."""

        def listed(wanted: tuple[Kind, str | None]) -> list[Object]:
            kind, namespace = wanted
            return list(self.items(kind, namespace=namespace, labels=labels))

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return [item for items in pool.map(listed, kinds) for item in items]

    def may(self, attributes: Mapping[str, str]) -> bool:
        """Ask the server whether the user may do this; asking creates nothing.

        Args:
            attributes: verb, group, resource and namespace, as ``SelfSubjectAccessReview`` takes them.
        """
        body = {"apiVersion": _REVIEW.api_version, "kind": _REVIEW.name, "spec": {"resourceAttributes": dict(attributes)}}
        answer = self._ask("POST", _REVIEW.path(), f"create {_REVIEW.plural}", body=body) or {}
        return bool(answer.get("status", {}).get("allowed"))

    def may_all(self, rights: Sequence[Mapping[str, str]]) -> list[bool]:
        """Ask whether the user has these rights, several questions at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(self.may, rights))

    def peek(self, paths: Sequence[str]) -> list[Any]:
        """Read what these paths lead to, several at a time.

        What is not there is left out, and so is what the user may not read and what does not answer.
        """
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return [answer for answer in pool.map(self._peek, paths) if answer is not None]

    def _peek(self, path: str) -> Any:
        with suppress(CouldNotLook, ValueError):  # a kubelet that is not reachable from the server, or is none
            status, content = self._send("GET", path)
            return json.loads(content) if status == 200 else None
        return None

    def words_against(self, impossible: Object) -> str:
        """Send an object that no server makes, and return why not, in the server's words."""
        kind, metadata = Kind.of(impossible), impossible["metadata"]
        _, content = self._send("POST", kind.path(metadata.get("namespace")), body=impossible)
        return _message(content)

    def dry_runs(self, wanted: Sequence[tuple[Object, bool]]) -> list[str | None]:
        """Ask the server whether it would take these objects, several at a time; nothing is made or changed.

        Args:
            wanted: each object, and whether one of its name is there, which it would change.

        Returns:
            The server's words against each; None where it would take it.
        """
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(lambda pair: self._dry_run(*pair), wanted))

    def _dry_run(self, manifest: Object, is_there: bool) -> str | None:
        metadata, query = manifest["metadata"], {"dryRun": "All", "fieldValidation": "Strict"}
        method, path, content_type = "POST", Kind.of(manifest).path(metadata.get("namespace")), _JSON
        if is_there:
            method, path, content_type = "PATCH", f"{path}/{metadata['name']}", "application/apply-patch+yaml"
            query |= {"fieldManager": "mgmtcluster", "force": "true"}
        status, content = self._send(method, path, query=query, body=manifest, content_type=content_type)
        if status < 400 or status == 409:  # there is one by now, which the server asks last
            return None
        return _message(content)

    def _ask(self, method: str, path: str, doing: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Return the parsed answer; None where there is no such path."""
        status, content = self._send(method, path, query=query, body=body)
        if status == 404:
            return None
        if status >= 400:
            raise CouldNotLook(_refusal(self.server, status, doing, content))
        return json.loads(content)

    def _send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None, content_type: str = _JSON
    ) -> tuple[int, bytes]:
        """Return the status and the content of an answer, whatever it says."""
        headers = {"Accept": _JSON, "Content-Type": content_type}
        pairs = list((query or {}).items())
        request = self._client.param_serialize(method, path, None, pairs, headers, body, auth_settings=["BearerToken"])
        try:
            response = self._client.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
            content: bytes = response.read()  # type: ignore[no-untyped-call]
        except (urllib3.exceptions.HTTPError, client.ApiException, OSError) as error:
            raise CouldNotLook(f"{self.server}: no answer ({_cause(error)}); is this the right --context?") from None
        return response.status, content


def _refusal(server: str, status: int, doing: str, content: bytes) -> str:
    """The line for an answer that is an error."""
    if status == 401:
        return f"{server}: does not know you (401); log in, or name another --context"
    if status == 403:
        return f"{server}: you may not {doing} (403); ask for the right to, or name another --context"
    return f"{server}: could not {doing} ({status}: {_message(content)[:200]}); try again"


def _message(content: bytes) -> str:
    """The server's own words, in one line."""
    try:
        message = str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        message = content.decode(errors="replace")
    return " ".join(message.split())


def _cause(error: BaseException) -> str:
    """The innermost reason of a failed connection, in one line."""
    while isinstance(inner := getattr(error, "reason", None), BaseException):
        error = inner
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(error, urllib3.exceptions.NewConnectionError):
        return f"none within {max(TIMEOUT_SECONDS)} seconds"
    return _line(error).rpartition(": ")[2]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
