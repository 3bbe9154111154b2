"""Read a YAML file that a person wrote, or say in one line what is wrong with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgmtcluster.kinds.errors import InvalidInput

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

_MAX_BYTES = 1_000_000


def read_mapping(path: Path) -> Mapping[str, Any]:
    """The mapping in a YAML 1.2 file; an empty file holds an empty one.

    Raises:
        InvalidInput: there is no such file, it cannot be read, is larger than 1 MB, is not YAML, has a key twice or holds no
            mapping.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise InvalidInput([f"{path}: there is no such file; write the path of a settings file"]) from None
    except IsADirectoryError:
        raise InvalidInput([f"{path}: is a directory; write the path of a settings file"]) from None
    except OSError as error:
        raise InvalidInput([f"{path}: cannot be read ({error.strerror}); make it readable"]) from None
    if len(raw) > _MAX_BYTES:
        raise InvalidInput([f"{path}: is larger than {_MAX_BYTES // 1_000_000} MB; write the path of a settings file"])
    return _mapping_of(raw, path)


def _mapping_of(raw: bytes, path: Path) -> Mapping[str, Any]:
    # Imported when a file is read: it takes as long as all of pydantic.
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(raw)
    except DuplicateKeyError as error:
        raise InvalidInput([f"{path}:{_line(error)}: {_duplicate(error)}; write it once"]) from None
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        line = f":{_line(error)}" if isinstance(error, MarkedYAMLError) and error.problem_mark else ""
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise InvalidInput([f"{path}{line}: is not YAML ({reason}); write KEY: VALUE lines"]) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidInput([f"{path}: expected a mapping, got {type(content).__name__}; write KEY: VALUE lines"])
    wrong = [key for key in content if not isinstance(key, str)]
    if wrong:
        raise InvalidInput([f"{path}: {key!r} is not a key; write the name of a setting" for key in wrong])
    return content


def _line(error: "MarkedYAMLError") -> int:
    return error.problem_mark.line + 1 if error.problem_mark else 1


def _duplicate(error: "MarkedYAMLError") -> str:
    """``found duplicate key "image_tag" …`` without the values, which may be long."""
    problem = str(error.problem or "")
    return problem.partition(" with value")[0].replace("found duplicate key", "has the key twice:")
