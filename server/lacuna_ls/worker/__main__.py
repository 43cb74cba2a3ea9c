"""Entry of the test process: `interpreter path/to/worker FD`, in the user's interpreter.

`probe FOLDER PORT` in place of FD tries the confinement out; `program FD LIMITS PROGRAM ARGUMENT...`
runs tests that are not Python's.

The modules of this folder are loaded as the package `_lacuna_worker`, and the folder itself is
taken off the path again: nothing here can stand in front of a module of the user's. This file alone
is read by every Python there has been: one that is too old has to be able to say so.
"""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 9):
        sys.exit(
            "it is Python %d.%d, and tests run with 3.9 or newer; `lacuna.interpreter` can name one"
            % sys.version_info[:2]
        )
    _folder = __file__.rpartition("/")[0]
    if sys.path and sys.path[0] == _folder:
        del sys.path[0]

    import importlib.util

    _spec = importlib.util.spec_from_file_location(
        "_lacuna_worker", _folder + "/__init__.py", submodule_search_locations=[_folder]
    )
    assert _spec is not None
    assert _spec.loader is not None
    _package = importlib.util.module_from_spec(_spec)
    sys.modules["_lacuna_worker"] = _package
    _spec.loader.exec_module(_package)
    if sys.argv[1] == "probe":
        importlib.import_module("_lacuna_worker.probe").main(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "spare":
        importlib.import_module("_lacuna_worker.spare").main(*map(int, sys.argv[2:]))
    elif sys.argv[1] == "program":
        importlib.import_module("_lacuna_worker.program").main(
            int(sys.argv[2]), sys.argv[3], sys.argv[4:]
        )
    else:
        importlib.import_module("_lacuna_worker.supervisor").main(int(sys.argv[1]))
