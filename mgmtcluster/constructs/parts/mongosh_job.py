"""Jobs that run a script under the mongosh of the database's own image."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import Json, Manifest, content_hash, k8s
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY, mongosh
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.kinds.containers import DEFAULT_USER, Resources

#: Enough for mongosh, whose Node.js takes about 100 MiB.
_RESOURCES: Final = Resources(cpu="100m", memory="192Mi", cpu_limit="1", memory_limit="384Mi")

#: A Job that fails is tried until somebody looks: with the back-off's limit of six minutes, about ten hours.
_BACKOFF_LIMIT: Final = 100

_SCRIPTS: Final = "scripts"


def mongosh_job(
    workload: Workload,
    *,
    image: str,
    script: str,
    config_map: str,
    scripts: Mapping[str, str],
    volumes: Mapping[str, k8s.Volume],
    env: Callable[[], Mapping[str, object]],
    complete: Callable[[Json], Json] = lambda template: template,
) -> Manifest:
    """Define a Job of one container and its ServiceAccount without a token.

    The Job's name ends in a hash of its template, which is immutable: applying it again does nothing, a change runs it anew.

    Args:
        workload: its pods; the Job's name begins with theirs.
        image: an image with mongosh.
        script: file name of the script.
        config_map: name of the ConfigMap with the scripts.
        scripts: their text, so that a change of it changes the Job.
        volumes: further volumes, by where they are mounted, read-only.
        env: called at synth; values that are no text become JSON.
        complete: called at synth with the pod template.
    """
    workload.service_account()

    def finish(manifest: Json) -> Json:
        template = complete(manifest["spec"]["template"])
        [container] = template["spec"]["containers"]
        container["env"] = [*container["env"], *({"name": name, "value": _text(value)} for name, value in env().items())]
        return manifest

    template = workload.pod_template(
        annotations={"checksum/scripts": content_hash(dict(scripts))},
        restart_policy="OnFailure",
        user=DEFAULT_USER,
        containers=[_container(image, script, volumes)],
        volumes=[pods.config_map_volume(_SCRIPTS, config_map), pods.empty_dir("tmp", "64Mi"), *volumes.values()],
    )
    spec = k8s.JobSpec(backoff_limit=_BACKOFF_LIMIT, template=template)
    props = k8s.KubeJobProps(metadata=workload.metadata(), spec=spec)
    return Manifest(workload.scope, "job", props, complete=finish, hashed=lambda manifest: manifest["spec"]["template"])


def _container(image: str, script: str, volumes: Mapping[str, k8s.Volume]) -> k8s.Container:
    return pods.container(
        name=script.partition(".")[0],
        image=image,
        command=mongosh(script),
        resources=_RESOURCES,
        env=pods.env_vars({"HOME": "/tmp"}),
        mounts=[
            k8s.VolumeMount(name=_SCRIPTS, mount_path=SCRIPTS_DIRECTORY, read_only=True),
            k8s.VolumeMount(name="tmp", mount_path="/tmp"),
            *(k8s.VolumeMount(name=volume.name, mount_path=path, read_only=True) for path, volume in volumes.items()),
        ],
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
