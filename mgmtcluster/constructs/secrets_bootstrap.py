"""Secrets that the cluster makes for itself, so that none stands in a manifest."""

from collections.abc import Callable, Mapping
from typing import Literal

from constructs import Construct

from mgmtcluster.constructs.parts.mongosh_job import mongosh_job
from mgmtcluster.constructs.parts.objects import Json, k8s
from mgmtcluster.constructs.parts.outward import record_api_calls
from mgmtcluster.constructs.parts.scripts import read_scripts
from mgmtcluster.constructs.parts.token import TOKEN_DIRECTORY, token_volume
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import Name, too_long
from mgmtcluster.kinds.peers import Peer

#: What a key of a Secret is generated as.
Kind = Literal["keyfile", "password"]

#: The secrets to make: a Secret's name to its keys and what each is generated as.
Secrets = Mapping[str, Mapping[str, Kind]]

_TOKEN_SECONDS = 600
_SCRIPT = "create-secrets.js"

# A Job's name is at most 63 characters long, and this one ends in a hyphen and a hash.
_NAME_LENGTH = 54


class SecretsBootstrap(Construct):
    """Define a Job that creates the Secrets which do not exist yet and keeps those that do.

    Its ServiceAccount may create Secrets in that namespace, and do nothing else: not even read them. The Job's name ends in
    a hash of its template, so that applying it again does nothing and a change runs it anew.

    Args:
        name: name of the Job before the hash, and of what it needs.
        namespace: where the Secrets are made.
        image: an image with mongosh, such as ``images.MONGO``.
        secrets: called at synth, when every user is known.
        labels: labels of the Secrets.
        component: the label ``app.kubernetes.io/component``.

    Attributes:
        job: the Job.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: Name,
        namespace: Name,
        image: Image,
        secrets: Callable[[], Secrets],
        labels: Mapping[str, str],
        component: Name,
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        if problems := too_long(name, _NAME_LENGTH, "a Job"):
            raise InvalidInput(f"{self.node.path}: name: {words}" for words in problems)
        workload = Workload(self, Peer(namespace, name), component)
        workload.role(k8s.PolicyRule(api_groups=[""], resources=["secrets"], verbs=["create"]))
        scripts = read_scripts(_SCRIPT)
        workload.config_map("scripts", name, scripts)
        self.job = mongosh_job(
            workload,
            image=image,
            script=_SCRIPT,
            config_map=name,
            scripts=scripts,
            volumes={TOKEN_DIRECTORY: token_volume(seconds=_TOKEN_SECONDS)},
            env=lambda: {"SECRETS": _plan(secrets()), "LABELS": dict(labels)},
        )
        record_api_calls(workload, why="makes Secrets")
        workload.network_policy()
        self.node.default_child = self.job


def _plan(secrets: Secrets) -> list[Json]:
    return [{"name": name, "data": dict(keys)} for name, keys in sorted(secrets.items())]
