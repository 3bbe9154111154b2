"""Volumes on the nodes' own disks, for clusters that bring no storage."""

import json
from types import MappingProxyType

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.context import Context
from mgmtcluster.constructs.parts.objects import Manifest, as_mapping, content_hash, k8s
from mgmtcluster.constructs.parts.outward import record_api_calls
from mgmtcluster.constructs.parts.placement import placement
from mgmtcluster.constructs.parts.workload import RBAC_GROUP, Workload
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER, ExecProbe, Resources
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import Directory, LabelKey, Name, ObjectName
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.pods import SeLinuxOptions, raised_requests

_NAME = "local-path-provisioner"

# It listens nowhere: that the process is there, and can read what it needs, is all that a probe can see.
_READINESS = ExecProbe(command=("sh", "-c", f"pidof {_NAME} && test -r /etc/config/config.json"))
_LIVENESS = ExecProbe(command=("pidof", _NAME), period_seconds=60)

_CONFIG = "local-path-config"
_COMPONENT = "storage"


class LocalPathProvisioner(Construct):
    """Define a StorageClass whose volumes are directories of the node a pod was scheduled to, and what makes them.

    A volume stays on its node: a pod whose volume is elsewhere waits for that node instead of starting empty. Volumes are
    kept when their claims are deleted. The class is not the cluster's default.

    What makes them is rancher/local-path-provisioner, from its documented interface, under a name of its own so that it
    lives beside a cluster's own copy.

    Args:
        namespace: where it runs, for it alone: its helper pods mount directories of the node.
        provisioner: the name by which StorageClasses ask for it.
        storage_class: name of the StorageClass.
        directory: directory on every node below which volumes are made.
        image: Default: ``images.LOCAL_PATH_PROVISIONER``.
        helper_image: Default: ``images.BUSYBOX``.
        selinux: the SELinux label of helper pods, such as ``{"type": "spc_t"}``, on nodes that enforce SELinux. Default: that
            of every container, with which they write only where the directory has the type ``container_file_t``.

    Attributes:
        storage_class: the StorageClass; the default child.
        deployment: the Deployment.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: Name,
        provisioner: LabelKey,
        storage_class: ObjectName,
        directory: Directory,
        image: Image = images.LOCAL_PATH_PROVISIONER,
        helper_image: Image = images.BUSYBOX,
        selinux: SeLinuxOptions = MappingProxyType({}),
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        self._workload = Workload(self, Peer(namespace, _NAME), _COMPONENT)
        self.storage_class = self._storage_class(storage_class, provisioner)
        self._grant_rights(f"{namespace}-{_NAME}")
        config = _config(directory, helper_image, selinux, self._workload.context)
        self._workload.config_map("config", _CONFIG, config)
        container = self._container(image, helper_image, provisioner)
        self.deployment = self._deployment(container, checksum=content_hash(config))
        record_api_calls(self._workload, why="makes volumes")
        self._workload.network_policy()
        self.node.default_child = self.storage_class

    def _storage_class(self, name: str, provisioner: str) -> Manifest:
        # `local` volumes, unlike hostPath ones, are given to the group of the pod's user by the kubelet.
        metadata = self._workload.metadata(name, namespaced=False, annotations={"defaultVolumeType": "local"})
        props = k8s.KubeStorageClassProps(
            metadata=metadata,
            provisioner=provisioner,
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
        )
        return Manifest(self, "storage-class", props)

    def _grant_rights(self, cluster_role: str) -> None:
        """Rights of the provisioner: the claims, volumes, nodes and classes it watches; helper pods in its own namespace."""
        self._workload.service_account()
        metadata = self._workload.metadata(cluster_role, namespaced=False)
        rules = [
            _rule(["persistentvolumeclaims"], "get", "list", "watch"),
            _rule(["persistentvolumes"], "get", "list", "watch", "create", "delete"),
            _rule(["nodes"], "get"),
            _rule(["events"], "create", "patch"),
            _rule(["storageclasses"], "get", "list", "watch", api_group="storage.k8s.io"),
        ]
        Manifest(self, "cluster-role", k8s.KubeClusterRoleProps(metadata=metadata, rules=rules))
        role_ref = k8s.RoleRef(api_group=RBAC_GROUP, kind="ClusterRole", name=cluster_role)
        binding = k8s.KubeClusterRoleBindingProps(metadata=metadata, role_ref=role_ref, subjects=[self._workload.subject])
        Manifest(self, "cluster-role-binding", binding)
        self._workload.role(
            _rule(["pods"], "get", "create", "delete"),
            _rule(["pods/log"], "get"),
            k8s.PolicyRule(api_groups=[""], resources=["configmaps"], resource_names=[_CONFIG], verbs=["get"]),
        )

    def _deployment(self, container: k8s.Container, *, checksum: str) -> Manifest:
        template = self._workload.pod_template(
            user=DEFAULT_USER,
            annotations={"checksum/config": checksum},
            with_token=True,
            containers=[container],
            volumes=[pods.config_map_volume("config", _CONFIG)],
        )
        spec = k8s.DeploymentSpec(
            # One at a time: two would both make a claim's volume.
            replicas=1,
            strategy=k8s.DeploymentStrategy(type="Recreate"),
            selector=k8s.LabelSelector(match_labels=self._workload.selector),
            template=template,
        )
        return Manifest(self, "deployment", k8s.KubeDeploymentProps(metadata=self._workload.metadata(), spec=spec))

    def _container(self, image: str, helper_image: str, provisioner: str) -> k8s.Container:
        return pods.container(
            name=_NAME,
            image=image,
            command=[
                "local-path-provisioner",
                "start",
                "--config=/etc/config/config.json",
                f"--provisioner-name={provisioner}",
                f"--namespace={self._workload.peer.namespace}",
                f"--configmap-name={_CONFIG}",
                f"--service-account-name={_NAME}",
                f"--helper-image={helper_image}",
            ],
            resources=Resources(memory="64Mi", memory_limit="128Mi", cpu_limit="250m"),
            env=pods.env_vars({"CONFIG_MOUNT_PATH": "/etc/config/"}),
            mounts=[k8s.VolumeMount(name="config", mount_path="/etc/config", read_only=True)],
            readiness=pods.probe(_READINESS),
            liveness=pods.probe(_LIVENESS),
        )


def _rule(resources: list[str], *verbs: str, api_group: str = "") -> k8s.PolicyRule:
    return k8s.PolicyRule(api_groups=[api_group], resources=resources, verbs=list(verbs))


def _config(directory: str, helper_image: str, selinux: SeLinuxOptions, context: Context) -> dict[str, str]:
    """What the provisioner reads: where volumes go, how a directory is made and removed, the pod that does it.

    The helper runs as root, which alone may write below a node's ``directory``, and without any capability but those that
    need.
    """
    given = context.pods
    secrets = [k8s.LocalObjectReference(name=name) for name in context.image_pull_secrets]
    metadata = {"labels": dict(given.labels), "annotations": dict(given.annotations)}
    limits = {"cpu": "100m", "memory": "64Mi"}
    requests = raised_requests({"cpu": "10m", "memory": "16Mi"}, limits, given.max_limit_request_ratio)
    paths = [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [directory]}]
    helper_pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "helper-pod", **{name: keys for name, keys in metadata.items() if keys}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            **({"securityContext": {"seLinuxOptions": dict(selinux)}} if selinux else {}),
            **as_mapping(k8s.PodSpec(containers=[], image_pull_secrets=secrets or None, **placement(given))),
            "containers": [
                {
                    "name": "helper-pod",
                    "image": helper_image,
                    "imagePullPolicy": given.image_pull_policy or "IfNotPresent",
                    "resources": {"requests": requests, "limits": limits},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"], "add": ["DAC_OVERRIDE"]},
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }
            ],
        },
    }
    return {
        "config.json": json.dumps({"nodePathMap": paths}, indent=2) + "\n",
        "helperPod.yaml": json.dumps(helper_pod, indent=2) + "\n",
        "setup": '#!/bin/sh\nset -eu\nmkdir -m 0700 -p "$VOL_DIR"\n',
        "teardown": '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
    }
