"""What the API server lets a ServiceAccount do, as it goes by Roles and bindings at this moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tests.rig.kube import Json, Kubectl

# Verb, API group, resource and, where a rule is for one object alone, its name.
Right = tuple[str, str, str, str]


def review(kubectl: Kubectl, home: str, name: str, namespaces: Sequence[str]) -> dict[str, set[Right]]:
    """The rights of an account in each namespace, as the API server lists them."""
    kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}
    asked = {"apiVersion": "v1", "kind": "List", "items": [{**kind, "spec": {"namespace": each}} for each in namespaces]}
    account = f"--as=system:serviceaccount:{home}:{name}"
    out = kubectl("create", "--filename=-", "--output=json", "--validate=false", account, stdin=json.dumps(asked))
    answers = list(_each_json(out))
    assert not any(answer["status"]["incomplete"] for answer in answers)
    return dict(zip(namespaces, ({*_listed(answer)} for answer in answers), strict=True))


def _listed(answer: Json) -> Iterator[Right]:
    for rule in answer["status"]["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for object_name in rule.get("resourceNames") or [""]:
                    yield from ((verb, group, resource, object_name) for verb in rule["verbs"])


def _each_json(text: str) -> Iterator[Json]:
    """The JSON documents that stand in a text one after the other."""
    decoder, position = json.JSONDecoder(), 0
    while position < len(text.rstrip()):
        document, position = decoder.raw_decode(text, position + len(text[position:]) - len(text[position:].lstrip()))
        yield document
