"""What every part of the settings is: a frozen model that tells all its mistakes at once."""

from collections.abc import Iterable, Mapping, Set
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler  # pydantic 2.10 has it only there
from pydantic_core import ErrorDetails, InitErrorDetails

from mgmtcluster.kinds.spelling import unknown_name


class Model(BaseModel):
    """A mapping that is frozen, refuses unknown keys, and takes no number for a text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    #: Settings of an earlier version, and what to write instead.
    _renamed: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def _cross_field_problems(cls, _fields: Mapping[str, Any], _wrong: Set[str], /) -> Iterable[str]:
        """What is wrong with several fields together, as ``field: words`` or ``field.inner: words``.

        Args:
            _fields: the raw value of every field, or its default.
            _wrong: the fields that are wrong by themselves.
        """
        return ()

    @classmethod
    def raw_fields(cls, raw: Any) -> dict[str, Any]:
        """The value of every field of raw settings, or its default: as they were read, so of any type."""
        given = vars(raw) if isinstance(raw, cls) else raw if isinstance(raw, Mapping) else {}
        return {name: given.get(name, field.default) for name, field in cls.model_fields.items()}

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, raw: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Run cross-field checks on the raw input even where a field is wrong, so that all errors appear together."""
        if not isinstance(raw, Mapping):
            return validate(raw)
        model, errors = None, []
        try:
            model = validate(raw)
        except ValidationError as error:
            errors = [cls._worded(details) for details in error.errors()]
        fields = cls.raw_fields(raw)
        wrong = {str(error["loc"][0]) for error in errors}
        for problem in cls._cross_field_problems(fields, wrong):
            path, _, words = problem.partition(": ")
            errors.append(_error(tuple(path.split(".")), fields[path.partition(".")[0]], words))
        if model is None or errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return model

    @classmethod
    def _worded(cls, details: ErrorDetails) -> InitErrorDetails:
        """The same error; that of an unknown key says which keys there are, since only its own model knows them."""
        if details["type"] != "extra_forbidden":
            return InitErrorDetails(type=details["type"], loc=details["loc"], input=details["input"], ctx=details.get("ctx", {}))
        name = str(details["loc"][-1])
        known = [field.alias or name for name, field in cls.model_fields.items()]
        words = unknown_name("a setting", name, known, listed_in="docs/settings.md")
        if name in cls._renamed:
            words = f"has another name; write {cls._renamed[name]}"
        return _error(details["loc"], details["input"], words)


def _error(path: tuple[int | str, ...], value: object, words: str) -> InitErrorDetails:
    return InitErrorDetails(type="value_error", loc=path, input=value, ctx={"error": ValueError(words)})
