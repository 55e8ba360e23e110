"""Start the server as a script under the subject's own interpreter, without our folder on its import path."""

import importlib.util
import os
import sys

HOME = os.path.dirname(os.path.abspath(__file__))
NAME = "_autosd_warm"  # a private name: the subject may have a package called ``warm``, or be autosd itself


def load():
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) not in (HOME, os.path.dirname(HOME))]
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(NAME, os.path.join(HOME, "__init__.py"), submodule_search_locations=[HOME])
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)
    return importlib.import_module(NAME + ".broker")


if __name__ == "__main__":
    if "PYTHONHASHSEED" not in os.environ:  # sets keep their order over processes, as in the cold run
        os.execve(sys.executable, [sys.executable, os.path.abspath(__file__)], dict(os.environ, PYTHONHASHSEED="0"))
    sys.exit(load().main())
