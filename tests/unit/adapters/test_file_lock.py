"""One process at a time; a holder that dies lets go."""

import subprocess
import sys
import threading

from lacuna_ls.adapters.file_lock import locked

HOLD = """
import sys
from pathlib import Path
from lacuna_ls.adapters.file_lock import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_holder_that_is_killed_lets_go(tmp_path):
    path = tmp_path / "x.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with locked(path):
        assert path.exists()


def test_what_is_done_under_the_lock_is_done_by_one_at_a_time(tmp_path):
    path, inside, most = tmp_path / "x.lock", [], []

    def work():
        for _ in range(50):
            with locked(path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
