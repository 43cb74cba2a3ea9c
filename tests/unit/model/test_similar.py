"""Which part of a workspace looks like what is being written, by the index of its tokens."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeFiles
from lacuna_ls.model.vocabulary import Vocabulary
from lacuna_ls.model.workspace import Workspace

ROOT = Path("/project")
FILLER = "".join(f"def filler_{n}(value):\n    return value + {n}\n\n\n" for n in range(60))
HEADER = (
    "def parse_header(raw_bytes):\n    magic, width = unpack_header(raw_bytes)\n    return magic\n"
)
NEAR = "def parse_trailer(raw_bytes):\n    magic = unpack_header(raw_bytes)\n"


async def workspace(**texts: str) -> Workspace:
    files = FakeFiles({ROOT / f"{name}.py": text.encode() for name, text in texts.items()})
    own = Workspace(files, Vocabulary())
    await own.refresh(ROOT, frozenset({".py"}))
    return own


async def test_the_lines_that_share_rare_names_are_found_wherever_they_stand():
    own = await workspace(big=FILLER + HEADER + "\n\n" + FILLER, other=FILLER)
    (region,) = own.similar(NEAR, lambda path: True, 2)
    lines = (FILLER + HEADER + "\n\n" + FILLER).splitlines()
    text = "\n".join(lines[region.first_line : region.last_line + 1])
    assert region.path == ROOT / "big.py"
    assert "def parse_header(raw_bytes):" in text
    assert region.last_line - region.first_line < 60


async def test_files_that_are_not_accepted_are_left_out():
    own = await workspace(one=HEADER + FILLER, two=HEADER + FILLER)
    (region,) = own.similar(NEAR, lambda path: path.name != "one.py", 2)
    assert region.path.name == "two.py"


async def test_each_file_gives_one_region():
    own = await workspace(one=(HEADER + FILLER) * 3, two=HEADER + FILLER)
    assert {region.path.name for region in own.similar(NEAR, lambda path: True, 5)} == {
        "one.py",
        "two.py",
    }


@pytest.mark.parametrize("near", ["", "   \n", "x = 1\n", "unheard_of(names_only)\n"])
async def test_nothing_looks_like_what_says_nothing(near):
    own = await workspace(one=HEADER, two=FILLER)
    assert own.similar(near, lambda path: True, 2) == ()


async def test_without_an_index_nothing_is_found():
    own = Workspace(FakeFiles(), Vocabulary())
    assert own.similar(NEAR, lambda path: True, 2) == ()


LINES = ["", "alpha = beta(gamma)", "    if alpha:", "\treturn gamma", "class Delta:", "'é' + beta"]


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=40), max_size=4), st.randoms())
async def test_regions_are_lines_of_their_files(files, random: Random):
    texts = {f"file{n}": "\n".join(lines) for n, lines in enumerate(files)}
    own = await workspace(**texts)
    near = "\n".join(random.choices(LINES, k=5))
    for region in own.similar(near, lambda path: True, 3):
        lines = files[int(region.path.stem[4:])]
        assert 0 <= region.first_line <= region.last_line < max(len(lines), 1)
