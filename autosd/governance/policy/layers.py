"""Layers of policy and what they meet in: organisation, tenant, project, the repository's own. A grant is the fifth, at the rules.

The organisation's file is the owner's: it may also loosen what autosd comes with. Every layer below can only tighten. Files are read
again when they changed, and only then: a decision costs four looks at the file system.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from autosd.domain.policies import OPEN, Policy, meet
from autosd.domain.projects import is_project_id
from autosd.governance.policy.changing import said as said_at
from autosd.governance.policy.changing import stricter, with_value
from autosd.governance.policy.files import FILE_NAME, Layer, read_layer

BUILT_IN = "built-in"
ORGANISATION = "organisation"

Place = tuple[str, str, bool]  # layer, file, trusted
Stamp = tuple[int, ...] | None


def resolved_policy(home: Path, root: Path, project: str = "", tenant: str = "", *, above: Path | None = None) -> Policy:
    """What the layers meet in. ``above``: the project's folder, where ``root`` is one in it. Raises ``AUTOSD-POLICY-INVALID``."""
    return _resolved(_places(home, root, project, tenant, above))[1]


def layers_of(home: Path, root: Path, project: str = "", tenant: str = "", *, above: Path | None = None) -> tuple[Layer, ...]:
    """The layers of a project, from the top; those whose file is not there too."""
    return _resolved(_places(home, root, project, tenant, above))[0]


def met(layers: Sequence[Layer]) -> Policy:
    """What ``layers`` meet in: the first one's words replace the built-in ones, every other can only tighten."""
    policy = Policy()
    for number, layer in enumerate(layers):
        policy = spoken(policy, layer) if number == 0 else meet(policy, spoken(OPEN, layer))
    return policy


def spoken(ground: Policy, layer: Layer) -> Policy:
    """``ground`` with the layer's words in place of its own. A list of allowed paths is one more list, which binds too."""
    for where, value in layer.said.items():
        ground = with_value(ground, where, (value,) if where == "allowed_paths" else value)
    return ground


def deciders(layers: Sequence[Layer], where: str) -> tuple[Layer, ...]:
    """The layers whose own word is the one that holds; none when it is the built-in one."""
    holds = said_at(met(layers), where)
    if where in ("allowed_paths", "protected_paths"):
        return tuple(layer for layer in layers if layer.said.get(where))
    return tuple(layer for layer in layers if where in layer.said and layer.said[where] == holds)


def in_the_way(layers: Sequence[Layer], where: str, value: Any) -> tuple[Layer, ...]:
    """The layers that would have to say ``value`` so that it holds. Where none speaks of it, the organisation's has to."""
    found = tuple(layer for layer in layers if where in layer.said and stricter(where, layer.said[where], value))
    ground = layers[0].said.get(where, said_at(Policy(), where)) if layers else None
    silent = bool(layers) and where not in layers[0].said and stricter(where, ground, value)
    return (*([layers[0]] if silent else []), *found)


def _places(home: Path, root: Path, project: str, tenant: str, above: Path | None) -> tuple[Place, ...]:
    """Names of tenants and projects become parts of paths only when they are names."""
    places: list[Place] = [(ORGANISATION, f"{home}/{FILE_NAME}", True)]
    if is_project_id(tenant):
        places.append(("tenant", f"{home}/tenants/{tenant}/{FILE_NAME}", True))
    if is_project_id(project):
        places.append(("project", f"{home}/projects/{project}/{FILE_NAME}", True))
    if above is not None and above != root:
        places.append(("repository", f"{above}/.autosd/{FILE_NAME}", False))
    return (*places, ("folder" if above not in (None, root) else "repository", f"{root}/.autosd/{FILE_NAME}", False))


def _resolved(places: tuple[Place, ...]) -> tuple[tuple[Layer, ...], Policy]:
    return _read(places, tuple(_stamp(path, trusted) for _, path, trusted in places))


@lru_cache(maxsize=256)
def _read(places: tuple[Place, ...], stamps: tuple[Stamp, ...]) -> tuple[tuple[Layer, ...], Policy]:
    layers = tuple(read_layer(name, Path(path), trusted=trusted) for name, path, trusted in places)
    return layers, met(layers)


def _stamp(path: str, follow: bool) -> Stamp:
    """What changes when the file does: errors are not kept, so what cannot be looked at is read, and refused, anew."""
    try:
        found = os.stat(path, follow_symlinks=follow)  # noqa: PTH116 - a path object costs as much as the look
    except FileNotFoundError:
        return () if follow and os.path.lexists(path) else None  # a link that leads nowhere is not the same as no file
    except NotADirectoryError:
        return None
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
