"""Jobs that run a script under the mongosh of the database's own image."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from constructs import Construct

from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.objects import Json, LateJob, content_hash, k8s, metadata, pod_labels
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY, mongosh
from mgmtcluster.kinds.containers import DEFAULT_USER, Resources

#: Enough for mongosh, whose Node.js takes about 100 MiB.
_RESOURCES: Final = Resources(cpu="100m", memory="192Mi", cpu_limit="1", memory_limit="384Mi")

#: A Job that fails is tried until somebody looks: with the back-off's limit of six minutes, about ten hours.
_BACKOFF_LIMIT: Final = 100

_SCRIPTS: Final = "scripts"


def mongosh_job(
    scope: Construct,
    *,
    name: str,
    namespace: str,
    component: str,
    image: str,
    script: str,
    config_map: str,
    scripts: Mapping[str, str],
    volumes: Mapping[str, k8s.Volume],
    env: Callable[[], Mapping[str, object]],
    complete: Callable[[Json], Json] = lambda template: template,
    image_pull_secrets: Sequence[str],
) -> LateJob:
    """Define a Job of one container and its ServiceAccount without a token.

    The Job's name ends in a hash of its template, which is immutable: applying it again does nothing, a change runs it anew.

    Args:
        script: file name of the script.
        config_map: name of the ConfigMap with the scripts.
        scripts: their text, so that a change of it changes the Job.
        volumes: further volumes, by where they are mounted, read-only.
        env: called at synth; values that are no text become JSON.
        complete: called at synth with the pod template.
    """
    k8s.KubeServiceAccount(
        scope,
        "service-account",
        metadata=metadata(scope, name=name, namespace=namespace, workload=name, component=component),
        automount_service_account_token=False,
    )

    def finish(manifest: Json) -> Json:
        template = complete(manifest["spec"]["template"])
        [container] = template["spec"]["containers"]
        container["env"] = [*container["env"], *({"name": name, "value": _text(value)} for name, value in env().items())]
        manifest["metadata"]["name"] += f"-{content_hash(template)}"
        return manifest

    return LateJob(
        scope,
        "job",
        complete=finish,
        metadata=metadata(scope, name=name, namespace=namespace, workload=name, component=component),
        spec=k8s.JobSpec(
            backoff_limit=_BACKOFF_LIMIT,
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(
                    labels=pod_labels(scope, workload=name, component=component),
                    annotations={"checksum/scripts": content_hash(dict(scripts))},
                ),
                spec=_pod_spec(name, image, script, config_map, volumes, image_pull_secrets),
            ),
        ),
    )


def _pod_spec(
    name: str, image: str, script: str, config_map: str, volumes: Mapping[str, k8s.Volume], image_pull_secrets: Sequence[str]
) -> k8s.PodSpec:
    return _pods.pod_spec(
        service_account=name,
        restart_policy="OnFailure",
        user=DEFAULT_USER,
        image_pull_secrets=image_pull_secrets,
        containers=[
            _pods.container(
                name=script.partition(".")[0],
                image=image,
                command=mongosh(script),
                resources=_RESOURCES,
                env=_pods.env_vars({"HOME": "/tmp"}),
                mounts=[
                    k8s.VolumeMount(name=_SCRIPTS, mount_path=SCRIPTS_DIRECTORY, read_only=True),
                    k8s.VolumeMount(name="tmp", mount_path="/tmp"),
                    *(k8s.VolumeMount(name=each.name, mount_path=path, read_only=True) for path, each in volumes.items()),
                ],
            )
        ],
        volumes=[_pods.config_map_volume(_SCRIPTS, config_map), _pods.empty_dir("tmp", "64Mi"), *volumes.values()],
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
