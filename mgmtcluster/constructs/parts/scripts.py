"""Scripts that run inside the cluster, from files of the package to a ConfigMap."""

from importlib.resources import files

#: Where every pod that runs a script finds it.
SCRIPTS_DIRECTORY = "/scripts"


def read_scripts(*names: str) -> dict[str, str]:
    """The text of these scripts by file name, as a ConfigMap's data."""
    return {name: (files("mgmtcluster") / "scripts" / name).read_text(encoding="utf-8") for name in names}


def mongosh(script: str) -> list[str]:
    """The command that runs a script under mongosh, connected to nothing."""
    return ["mongosh", "--nodb", "--quiet", f"{SCRIPTS_DIRECTORY}/{script}"]
