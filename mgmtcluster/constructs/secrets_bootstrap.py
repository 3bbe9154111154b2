"""Secrets that the cluster makes for itself, so that none stands in a manifest."""

import json
from collections.abc import Callable, Mapping
from typing import Literal

from constructs import Construct

from mgmtcluster.checked import checked
from mgmtcluster.constructs import _pods
from mgmtcluster.constructs._k8s import Json, LateJob, content_hash, k8s, metadata, pod_labels
from mgmtcluster.constructs._network_policy import workload_policy
from mgmtcluster.constructs._scripts import SCRIPTS_DIRECTORY, mongosh, read_scripts
from mgmtcluster.edges import Peer
from mgmtcluster.types import Image, Name, ObjectName
from mgmtcluster.workload import Resources

#: What a key of a Secret is generated as.
Kind = Literal["keyfile", "password"]

#: The secrets to make: a Secret's name to its keys and what each is generated as.
Secrets = Mapping[str, Mapping[str, Kind]]

#: uid of mongodb in the mongo image.
MONGODB_USER = 999

#: Enough for mongosh, whose Node.js takes about 100 MiB.
MONGOSH_RESOURCES = Resources(cpu="100m", memory="192Mi", cpu_limit="1", memory_limit="384Mi")

#: A Job that fails is tried until somebody looks: with the back-off's limit of six minutes, about ten hours.
BACKOFF_LIMIT = 100

_TOKEN_SECONDS = 600
_SCRIPT = "create-secrets.js"


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
        image_pull_secrets: names of Secrets for the image registry.
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
        image_pull_secrets: list[ObjectName] | tuple[ObjectName, ...] = (),
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._namespace = namespace
        self._component = component
        self._grant_creation()
        scripts = read_scripts(_SCRIPT)
        k8s.KubeConfigMap(self, "scripts", metadata=self._metadata(name), data=scripts)
        self.job = LateJob(
            self,
            "job",
            metadata=self._metadata(name),
            spec=k8s.JobSpec(
                backoff_limit=BACKOFF_LIMIT,
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(
                        labels=pod_labels(self, workload=name, component=component),
                        annotations={"checksum/scripts": content_hash(scripts)},
                    ),
                    spec=self._pod_spec(image, image_pull_secrets),
                ),
            ),
            complete=lambda manifest: with_hashed_name(with_env(manifest, SECRETS=_plan(secrets()), LABELS=dict(labels))),
        )
        workload_policy(self, "network-policy", peer=Peer(namespace, name), component=component, to_api_server=True)
        self.node.default_child = self.job

    def _metadata(self, name: str) -> k8s.ObjectMeta:
        return metadata(self, name=name, namespace=self._namespace, workload=self._name, component=self._component)

    def _grant_creation(self) -> None:
        k8s.KubeServiceAccount(self, "service-account", metadata=self._metadata(self._name), automount_service_account_token=False)
        k8s.KubeRole(
            self,
            "role",
            metadata=self._metadata(self._name),
            rules=[k8s.PolicyRule(api_groups=[""], resources=["secrets"], verbs=["create"])],
        )
        k8s.KubeRoleBinding(
            self,
            "role-binding",
            metadata=self._metadata(self._name),
            role_ref=k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name=self._name),
            subjects=[k8s.Subject(kind="ServiceAccount", name=self._name, namespace=self._namespace)],
        )

    def _pod_spec(self, image: str, image_pull_secrets: list[str] | tuple[str, ...]) -> k8s.PodSpec:
        return k8s.PodSpec(
            service_account_name=self._name,
            automount_service_account_token=False,
            enable_service_links=False,
            restart_policy="OnFailure",
            security_context=_pods.pod_security_context(MONGODB_USER),
            image_pull_secrets=_pods.pull_secrets(image_pull_secrets),
            containers=[
                _pods.container(
                    name="create-secrets",
                    image=image,
                    command=mongosh(_SCRIPT),
                    resources=MONGOSH_RESOURCES,
                    env={"HOME": k8s.EnvVar(name="HOME", value="/tmp")},
                    mounts=[
                        k8s.VolumeMount(name="scripts", mount_path=SCRIPTS_DIRECTORY, read_only=True),
                        k8s.VolumeMount(name="token", mount_path="/var/run/secrets/kubernetes.io/serviceaccount", read_only=True),
                        k8s.VolumeMount(name="tmp", mount_path="/tmp"),
                    ],
                )
            ],
            volumes=[_pods.config_map_volume("scripts", self._name), _pods.empty_dir("tmp", "64Mi"), _token_volume()],
        )


def _plan(secrets: Secrets) -> list[Json]:
    return [{"name": name, "data": dict(keys)} for name, keys in sorted(secrets.items())]


def _token_volume() -> k8s.Volume:
    """What ``automountServiceAccountToken`` would mount, but with a token that lives for ten minutes only."""
    namespace = k8s.DownwardApiVolumeFile(path="namespace", field_ref=_pods.pod_field("metadata.namespace"))
    return k8s.Volume(
        name="token",
        projected=k8s.ProjectedVolumeSource(
            default_mode=_pods.READ_ONLY_MODE,
            sources=[
                k8s.VolumeProjection(
                    service_account_token=k8s.ServiceAccountTokenProjection(path="token", expiration_seconds=_TOKEN_SECONDS)
                ),
                k8s.VolumeProjection(
                    config_map=k8s.ConfigMapProjection(name="kube-root-ca.crt", items=[k8s.KeyToPath(key="ca.crt", path="ca.crt")])
                ),
                k8s.VolumeProjection(downward_api=k8s.DownwardApiProjection(items=[namespace])),
            ],
        ),
    )


def with_env(manifest: Json, **values: object) -> Json:
    """The Job with these variables, as JSON, added to its only container."""
    [container] = manifest["spec"]["template"]["spec"]["containers"]
    added = [
        {"name": name, "value": value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))}
        for name, value in values.items()
    ]
    container["env"] = [*container.get("env", []), *added]
    return manifest


def with_hashed_name(manifest: Json) -> Json:
    """The Job with a hash of its template, which is immutable, at the end of its name."""
    manifest["metadata"]["name"] += f"-{content_hash(manifest['spec']['template'])}"
    return manifest
