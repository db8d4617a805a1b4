"""How two MLflow models were packaged otherwise: the versions of Python and of libraries.

Azure ML keeps a model's `flavors` with the registered version. The signature is not among them: it
stands in the file `MLmodel` of the model's artifacts, which the app has no right to read.
"""

from collections.abc import Iterator, Mapping

from rollout.core.records.observation import ModelSeen
from rollout.text.plain_text import visible_line

MAX_CHANGES = 20
CHANGE_CHARACTERS = 120
_VERSION = "version"
_LOADER = "loader_module"

Flavors = Mapping[str, Mapping[str, str]]


def changed_flavors(stable: ModelSeen, candidate: ModelSeen) -> tuple[str, ...]:
    """Return what changed from stable's flavors to the candidate's, a few words each.

    Empty where either is no MLflow model. Paths and run ids change with every version and are not
    compared.
    """
    if not stable.flavors or not candidate.flavors:
        return ()
    changes = list(_changes(stable.flavors, candidate.flavors))[:MAX_CHANGES]
    return tuple(visible_line(each, CHANGE_CHARACTERS) for each in changes)


def _changes(stable: Flavors, candidate: Flavors) -> Iterator[str]:
    for name in sorted({*stable, *candidate}):
        if name not in candidate:
            yield f"{name}: gone"
        elif name not in stable:
            yield f"{name}: new"
        else:
            yield from _values(name, stable[name], candidate[name])


def _values(flavor: str, stable: Mapping[str, str], candidate: Mapping[str, str]) -> Iterator[str]:
    for key in sorted({*stable, *candidate}):
        one, other = stable.get(key, "none"), candidate.get(key, "none")
        if one != other and (key.endswith(_VERSION) or key == _LOADER):
            yield f"{flavor}: {key} {one} -> {other}"
