"""Entry of the test process: `interpreter path/to/worker FD`, in the user's interpreter.

`probe FOLDER PORT` in place of FD tries the confinement out.

The modules of this folder are loaded as the package `_lacuna_worker`, and the folder itself is
taken off the path again: nothing here can stand in front of a module of the user's.
"""

import sys


def _leave_path(folder: str) -> None:
    if sys.path and sys.path[0] == folder:
        del sys.path[0]


def _load_package(folder: str) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "_lacuna_worker", folder + "/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_lacuna_worker"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _folder = __file__.rpartition("/")[0]
    _leave_path(_folder)
    _load_package(_folder)
    import importlib

    if sys.argv[1] == "probe":
        importlib.import_module("_lacuna_worker.probe").main(sys.argv[2], int(sys.argv[3]))
    else:
        importlib.import_module("_lacuna_worker.supervisor").main(int(sys.argv[1]))
