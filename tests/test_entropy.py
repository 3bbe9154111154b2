"""The detector of secrets finds what is one, and not what is a name."""

import base64
import random

import pytest

from tests.entropy import suspicious

RANDOM = random.Random(1)


@pytest.mark.parametrize(
    "secret",
    [
        base64.b64encode(RANDOM.randbytes(756)).decode(),
        base64.b64encode(RANDOM.randbytes(24)).decode(),
        base64.urlsafe_b64encode(RANDOM.randbytes(16)).decode(),
        RANDOM.randbytes(32).hex(),
        RANDOM.randbytes(16).hex(),
        "5f0c6a52-9a7e-4c1b-8f37-2f6f5be9d1aa",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ],
)
def test_a_planted_secret_is_found(secret: str) -> None:
    """In the midst of a connection string, whatever it is made of."""
    assert list(suspicious(f"mongodb://user:{secret}@registry-0:27017/blocks"))


@pytest.mark.parametrize(
    "name",
    [
        "registry-0.registry.registries.svc.cluster.local",
        "app.kubernetes.io/managed-by",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "DEFAULT_POLICY_JOB_CONTAINER_IMAGE_NAME",
        "/var/lib/mgmtcluster/volumes",
        "registry-init-client-3fe44925",
        r"\x08isWritablePrimary",
        "serverSelectionTimeoutMS=5000&authMechanism=SCRAM-SHA-256",
    ],
)
def test_a_name_is_none(name: str) -> None:
    """Long words are no secrets."""
    assert not list(suspicious(name))
