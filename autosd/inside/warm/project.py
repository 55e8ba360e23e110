"""Which files are the subject's own, and how they are called in the protocol."""

import os
import sys

SKIP = ("site-packages", "dist-packages", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__")


class Project:
    def __init__(self, root):
        self.root = os.path.realpath(root)
        self._prefix = self.root.rstrip(os.sep) + os.sep
        #: an environment inside the project is not the project
        self._foreign = tuple(prefix + os.sep for prefix in {sys.prefix, sys.base_prefix} if prefix.startswith(self._prefix))
        self._names = {}
        self.tests = set()  # relative names of the files that hold tests

    def name(self, filename):
        """The POSIX name relative to the root of a file that belongs to the project; None for all others."""
        try:
            return self._names[filename]
        except KeyError:
            found = self._names[filename] = self._find(filename)
            return found

    def _find(self, filename):
        if not filename or filename.startswith("<"):
            return None
        path = os.path.realpath(os.path.join(self.root, filename))
        if not path.startswith(self._prefix) or path.startswith(self._foreign) or not path.endswith(".py"):
            return None
        parts = path[len(self._prefix) :].split(os.sep)
        if any(part in SKIP for part in parts):
            return None
        return "/".join(parts)

    def path(self, name):
        return os.path.join(self.root, *name.split("/"))

    def modules(self):
        """(relative name, module) of every loaded module of the project."""
        found = []
        for module in list(sys.modules.values()):
            try:
                name = self.name(getattr(module, "__file__", None) or "")
            except Exception:  # a module object of the subject may do anything on attribute access
                continue
            if name is not None:
                found.append((name, module))
        return found
