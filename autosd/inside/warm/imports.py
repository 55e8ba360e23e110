"""Which modules of the project depend on which, as their text says."""

import ast

#: Words of a module that imports what its text does not name: it may depend on every other.
DYNAMIC = {"import_module", "__import__", "reload", "iter_modules", "walk_packages", "exec_module", "load_module"}


def dependants(modules, changed):
    """Names of the modules ``changed`` and of those that import one of them, directly or not; ``modules``: name -> (package, tree)."""
    known = set(modules)
    wanted = {name: _imported(package, tree, known) for name, (package, tree) in modules.items()}
    found = set(changed)
    grown = True
    while grown:
        more = {name for name, names in wanted.items() if name not in found and names & found}
        found |= more
        grown = bool(more)
    return found


def _imported(package, tree, known):
    if tree is None:
        return known
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update(_prefixes(alias.name))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(package, node.module or "", node.level)
            found.update([base, *(base + "." + alias.name for alias in node.names)])
        elif getattr(node, "id", None) in DYNAMIC or getattr(node, "attr", None) in DYNAMIC:
            return known
    return found & known


def _prefixes(name):
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _absolute(package, module, level):
    if not level:
        return module
    parts = package.split(".")
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)
