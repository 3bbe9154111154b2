"""What a MongoDB replica set can be: how many members, which versions."""

import re

from mgmtcluster.kinds.images import image_parts
from mgmtcluster.kinds.names import service_name

#: MongoDB's own port.
MONGODB_PORT = 27017

#: Members that can elect a primary with one or more of them away, and no more than MongoDB lets vote.
MEMBERS = (3, 5, 7)


def name_problems(name: str) -> list[str]:
    """What is wrong with this name, which is that of a Service and begins those of others."""
    try:
        service_name(name)
    except ValueError as error:
        return [f"name: {error}"]
    return [] if len(name) <= 40 else [f"name: {name!r} is too long for what is named after it; write at most 40 characters"]


def member_problems(
    members: int, keep_running: int | None, *, replace_member: int | None = None, single_member_may_lose_data: bool
) -> list[str]:
    """What is wrong with these numbers of members, a line each."""
    problems = []
    if members == 1 and not single_member_may_lose_data:
        problems.append(
            "members: 1 loses every write with its disk; write 3, or single_member_may_lose_data: true beside it on a laptop"
        )
    elif members != 1 and members not in MEMBERS:
        nearest = min(MEMBERS, key=lambda allowed: (abs(allowed - members), -allowed))
        problems.append(f"members: {members} is not allowed; write 3, 5 or 7: the nearest is {nearest}")
    if replace_member is not None and (members < MEMBERS[0] or not 0 <= replace_member < members):
        problems.append(
            f"replace_member: {replace_member} is no member that the others can do without; write one of 0 to {members - 1}"
        )
    if keep_running is not None and not members < keep_running <= MEMBERS[-1]:
        problems.append(
            f"keep_running: {keep_running} keeps nothing beyond members: {members}; write more, at most 7, or leave it out"
        )
    return problems


def version_problems(image: str, feature_compatibility_version: str | None) -> list[str]:
    """What is wrong with this feature compatibility version beside an image, as far as its tag tells its version."""
    tag = re.match(r"([0-9]+)\.([0-9]+)", image_parts(image.partition("@")[0])[1])
    if not feature_compatibility_version or not tag:
        return []
    asked = tuple(int(part) for part in feature_compatibility_version.split("."))
    runs = (int(tag[1]), int(tag[2]))
    given = f"feature_compatibility_version: {feature_compatibility_version!r}"
    if asked > runs:
        return [f"{given} is newer than {image}; write {runs[0]}.{runs[1]}, or a newer image first"]
    if asked[0] < runs[0] - 1:
        return [f"{given} is more than one major version behind {image}; write an image of version {asked[0] + 1} first"]
    return []
