"""The pods that dump a replica set, try a dump, and restore one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import k8s, quantity
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY
from mgmtcluster.databases.bucket import Bucket
from mgmtcluster.databases.grant import PASSWORD_KEY
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.kinds.containers import Resources
from mgmtcluster.kinds.quantities import quantity_value
from mgmtcluster.kinds.sources import ConfigKey, SecretKey

#: The name that means the newest dump.
_LATEST = "latest"

_DUMPS, _SCRATCH, _TMP, _CREDENTIALS = "dumps", "scratch", "tmp", "credentials"
_PASSWORD, _BUCKET_KEYS = "password", "bucket"
_CA, _CA_FILE = "bucket-ca", "ca.crt"
_SECRETS = "/secrets"
_MIB = 1024**2
_LOGS = "128Mi"

# What mongod of a restore drill may keep in memory: the least it takes.
_DRILL_CACHE_GIB = "0.25"


@dataclass(frozen=True, kw_only=True)
class BackupPods:
    """What containers and volumes each step takes.

    Attributes:
        replica_set: the replica set; the names of its dumps begin with its name.
        image: image of the database.
        scripts: ConfigMap with the scripts.
        keep: number of dumps to keep.
        space: what the data, or a dump of them, takes at most.
        claim: the claim that dumps are on, or None.
        bucket: the bucket that dumps are in, or None.
        bucket_image: image of the bucket's client.
        proxy: the variables of the proxy through which the bucket is reached, if it is.
    """

    replica_set: ReplicaSet
    image: str
    scripts: str
    keep: int
    space: str
    claim: str | None
    bucket: Bucket | None
    bucket_image: str
    proxy: Mapping[str, str]

    def dump(self, user: str, password: SecretKey) -> list[k8s.Container]:
        """Dump one member; on a claim remove old dumps at once, else send the dump to the bucket and remove them there."""
        keep = {"KEEP": str(self.keep)}
        env = {**self._login(user, password), **({} if self.bucket else keep)}
        dump = self._mongo("dump", env=env, mounts=[self._dumps(), _mount_secret(_PASSWORD)])
        return [dump, self._rclone("store", env=keep)] if self.bucket else [dump]

    def drill(self) -> list[k8s.Container]:
        """Restore the newest dump into a mongod of the container's own and compare the counts."""
        mounts = [self._dumps(read_only=True), k8s.VolumeMount(name=_SCRATCH, mount_path=f"/{_SCRATCH}")]
        env = {"DUMP": _LATEST, "SCRATCH": f"/{_SCRATCH}", "CACHE_GIB": _DRILL_CACHE_GIB}
        return [*self._fetched(), self._mongo("drill", env=env, mounts=mounts)]

    def restore(self, user: str, password: SecretKey) -> list[k8s.Container]:
        """Restore a dump into the replica set itself."""
        env = {**self._login(user, password), "REPLICA_SET": self.replica_set.set_name, "DUMP": _LATEST}
        mounts = [self._dumps(read_only=True), _mount_secret(_PASSWORD)]
        return [*self._fetched(), self._mongo("restore", env=env, mounts=mounts)]

    def volumes(self, containers: Sequence[k8s.Container], password: SecretKey | None = None) -> list[k8s.Volume]:
        """The volumes that these containers mount."""
        volumes = {
            "scripts": pods.config_map_volume("scripts", self.scripts),
            _TMP: pods.empty_dir(_TMP, _LOGS),
            # In memory, so that no password is ever written to a node's disk.
            _CREDENTIALS: k8s.Volume(
                name=_CREDENTIALS, empty_dir=k8s.EmptyDirVolumeSource(medium="Memory", size_limit=quantity("1Mi"))
            ),
            _SCRATCH: pods.empty_dir(_SCRATCH, self.space),
            _DUMPS: self._dumps_volume(),
        }
        if password:
            volumes[_PASSWORD] = _secret_volume(_PASSWORD, password.name, {password.key: PASSWORD_KEY})
        if self.bucket and self.bucket.secret:
            keys = {key: key for key in ("access_key", "secret_key")}
            volumes[_BUCKET_KEYS] = _secret_volume(_BUCKET_KEYS, self.bucket.secret, keys)
        if self.bucket and self.bucket.ca:
            volumes[_CA] = _ca_volume(self.bucket.ca)
        mounted = {mount.name for container in containers for mount in container.volume_mounts or ()}
        return [volume for name, volume in volumes.items() if name in mounted]

    def _login(self, user: str, password: SecretKey) -> Mapping[str, str]:
        return {
            "MEMBERS": ",".join(self.replica_set.hosts),
            "USER_NAME": user,
            "PASSWORD_FILE": f"{_SECRETS}/{_PASSWORD}/{password.key}",
        }

    def _dumps(self, *, read_only: bool = False) -> k8s.VolumeMount:
        return k8s.VolumeMount(name=_DUMPS, mount_path=f"/{_DUMPS}", read_only=read_only or None)

    def _dumps_volume(self) -> k8s.Volume:
        if not self.claim:
            return pods.empty_dir(_DUMPS, self.space)
        source = k8s.PersistentVolumeClaimVolumeSource(claim_name=self.claim)
        return k8s.Volume(name=_DUMPS, persistent_volume_claim=source)

    def _fetched(self) -> Iterator[k8s.Container]:
        if self.bucket:
            yield self._rclone("fetch", env={"DUMP": _LATEST})

    def _mongo(self, step: str, *, env: Mapping[str, str], mounts: Sequence[k8s.VolumeMount]) -> k8s.Container:
        memory = {"memory": "256Mi", "memory_limit": "1Gi"}
        return self._container(step, self.image, env=env, mounts=mounts, memory=memory)

    def _rclone(self, step: str, *, env: Mapping[str, str]) -> k8s.Container:
        if not self.bucket:
            raise ValueError(f"{step} needs a bucket")
        known, mounts = {**self.proxy, **self.bucket.env}, [self._dumps()]
        if self.bucket.secret:
            known["BUCKET_KEYS"] = f"{_SECRETS}/{_BUCKET_KEYS}"
            mounts.append(_mount_secret(_BUCKET_KEYS))
        if self.bucket.ca:
            known["BUCKET_CA"] = f"/{_CA}/{_CA_FILE}"
            mounts.append(k8s.VolumeMount(name=_CA, mount_path=f"/{_CA}", read_only=True))
        memory = {"memory": "64Mi", "memory_limit": "512Mi"}
        return self._container(step, self.bucket_image, env={**known, **env}, mounts=mounts, memory=memory)

    def _container(
        self,
        step: str,
        image: str,
        *,
        env: Mapping[str, str],
        mounts: Sequence[k8s.VolumeMount],
        memory: Mapping[str, Any],
    ) -> k8s.Container:
        own = {"HOME": f"/{_TMP}", "NAME": self.replica_set.name, "DUMPS": f"/{_DUMPS}", "CREDENTIALS": f"/{_CREDENTIALS}"}
        on_disk = [mount.name for mount in mounts if mount.name == _SCRATCH or (mount.name == _DUMPS and not self.claim)]
        return pods.container(
            name=step,
            image=image,
            command=["sh", f"{SCRIPTS_DIRECTORY}/backup-{step}.sh"],
            resources=Resources(
                cpu="100m",
                cpu_limit="1",
                ephemeral_storage="64Mi",
                ephemeral_storage_limit=_sum([_LOGS, *(self.space for _ in on_disk)]),
                **memory,
            ),
            env=pods.env_vars({**own, **env}),
            mounts=[
                *mounts,
                k8s.VolumeMount(name="scripts", mount_path=SCRIPTS_DIRECTORY, read_only=True),
                k8s.VolumeMount(name=_TMP, mount_path=f"/{_TMP}"),
                k8s.VolumeMount(name=_CREDENTIALS, mount_path=f"/{_CREDENTIALS}"),
            ],
        )


def _mount_secret(name: str) -> k8s.VolumeMount:
    return k8s.VolumeMount(name=name, mount_path=f"{_SECRETS}/{name}", read_only=True)


def _secret_volume(name: str, secret: str, items: Mapping[str, str]) -> k8s.Volume:
    paths = [k8s.KeyToPath(key=key, path=path) for key, path in items.items()]
    return k8s.Volume(name=name, secret=k8s.SecretVolumeSource(secret_name=secret, default_mode=pods.SECRET_MODE, items=paths))


def _ca_volume(ca: SecretKey | ConfigKey) -> k8s.Volume:
    if isinstance(ca, SecretKey):
        return _secret_volume(_CA, ca.name, {ca.key: _CA_FILE})
    items = [k8s.KeyToPath(key=ca.key, path=_CA_FILE)]
    source = k8s.ConfigMapVolumeSource(name=ca.name, default_mode=pods.READ_ONLY_MODE, items=items)
    return k8s.Volume(name=_CA, config_map=source)


def _sum(amounts: Sequence[str]) -> str:
    return f"{math.ceil(sum(quantity_value(amount) for amount in amounts) / _MIB)}Mi"
