"""The reference of the public API, from its docstrings: ``python -m tools.constructs_reference`` prints it."""

import re
from pathlib import Path
from typing import Final

from griffe import Alias, GriffeLoader, Object, Parser
from griffe2md import ConfigDict, prepare_context, prepare_env  # type: ignore[import-untyped]

import mgmtcluster
from mgmtcluster import testing
from mgmtcluster.options import ServiceOptions, TaskOptions, WorkerOptions, options_of

_HEADING: Final = """# Constructs

[Tasks](#tasks) first, then the [reference](#reference): what `from mgmtcluster import …` gives, from its docstrings. `make docs`
writes this page. Arguments of constructs are keyword-only but for `scope` and `id`. Whatever cannot be used is refused with an
`InvalidInput` that has a line for each problem.

One thread makes constructs and synthesizes them: they share one Node.js. A second thread is refused, and so is a forked
process. To synthesize several apps at a time, start a process for each with `multiprocessing.get_context("spawn")`.
"""

#: What is done with the constructs, each with a block that a test renders.
TASKS: Final = Path(__file__).with_name("constructs_tasks.md")

_CONFIG: Final = ConfigDict(
    docstring_section_style="list",
    filters=["!^_"],
    group_by_category=True,
    heading_level=2,
    line_length=100,
    members_order="alphabetical",
    merge_init_into_class=True,
    separate_signature=True,
    show_category_heading=False,
    show_if_no_docstring=False,
    show_object_full_path=False,
    show_root_full_path=False,
    show_root_heading=True,
    show_root_members_full_path=False,
    show_submodules=False,
    summary=False,
)

#: One for all sections: each has its own copy of the compiled templates otherwise.
_TEMPLATES: Final = prepare_env()


def page() -> str:
    """The page with every public name, in alphabetical order."""
    loader = GriffeLoader(docstring_parser=Parser.google)
    package = loader.load("mgmtcluster")
    loader.resolve_aliases(external=False)
    names = sorted(mgmtcluster.__all__, key=str.casefold)
    sections = {name: [_section(package, name, names)] for name in names}
    within = sorted(testing.__all__, key=str.casefold)
    sections["testing"] += [_section(package["testing"], name, [*names, *within], level=3) for name in within]
    return "\n".join([_HEADING, TASKS.read_text(), *(text for texts in sections.values() for text in texts)])


def _section(package: Object | Alias, name: str, names: list[str], *, level: int = 2) -> str:
    found = package[name]
    target = found.final_target if isinstance(found, Alias) else found
    template = _TEMPLATES.get_template(f"{target.kind.value}.md.jinja")
    text: str = template.render(**prepare_context(target, {**_CONFIG, "heading_level": level}))
    text = re.sub(r"\[([^]]*)\]\(#([^)]*)\)", lambda link: _link(link[1], link[2], names), text)
    text = text.replace("Bases: <code>[Protocol](#protocol)</code>\n\n", "")  # typing's, which a network protocol is not
    text = re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
    for options in (TaskOptions, WorkerOptions):
        if name == options.__name__:
            listed = ", ".join(f"`{each}`" for each in options_of(options))
            text += f"\n**Options**, as `ServiceOptions` describes them: {listed}.\n"
    return text + _options() if name == ServiceOptions.__name__ else text


def _options() -> str:
    """Every option of a service with its meaning, from their one definition."""
    lines = [
        f"- **{name}**: {option.meaning} Default: {option.by_default}." for name, option in options_of(ServiceOptions).items()
    ]
    return "\n**Options:**\n\n" + "\n".join(lines) + "\n"


def _link(text: str, target: str, names: list[str]) -> str:
    """A link to a section of the page where there is one, else its text."""
    last = target.rpartition(".")[2]
    return f"[{text}](#{last.lower()})" if last in names and text == last else text


if __name__ == "__main__":
    print(page(), end="")
