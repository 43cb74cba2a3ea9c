"""What a completion needs is imported as the project imports it elsewhere."""

import pytest

from lacuna_ls.completion.remote.needed_imports import needed_imports
from lacuna_ls.domain.text import apply_edits, encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id


def imported(file: str, text: str, other: str, language: str = "python") -> str:
    def opened(name: str, data: str):
        return open_document(f"file:///{name}", 1, by_language_id(language), encode(data))

    document = opened("main", file)
    edits = needed_imports(document, text, [opened("other", other), document])
    return apply_edits(document.data, edits).decode()


@pytest.mark.parametrize(
    ("other", "text", "line"),
    [
        ("import json\n", "json.loads(a)", "import json"),
        ("import numpy as np\n", "np.mean(a)", "import numpy as np"),
        ("import os.path\n", "os.getcwd()", "import os.path"),
        ("from pathlib import Path, PurePath\n", "Path(a)", "from pathlib import Path"),
        ("from a.b import c as d\n", "d[0]", "from a.b import c as d"),
    ],
)
def test_as_another_file_does(other, text, line):
    assert imported("import sys\n\nx = 1\n", text, other) == f"import sys\n{line}\n\nx = 1\n"


@pytest.mark.parametrize(
    ("other", "text", "line"),
    [
        (
            'import { read, write as put } from "./io";\n',
            "put(a)",
            'import { write as put } from "./io";',
        ),
        ('import fs from "node:fs";\n', "fs.open(a)", 'import fs from "node:fs";'),
        ('import * as path from "path"\n', "path.join(a)", 'import * as path from "path";'),
    ],
)
def test_in_javascript(other, text, line):
    before = 'import a from "a";\n'
    assert imported(before, text, other, "javascript") == f"{before}{line}\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("import json\n", "json.loads(a)"),
        ("def json(): ...\n", "json.loads(a)"),
        ("x = 1\n", "a.json(b)"),
        ("x = 1\n", '"json.loads(a)"'),
        ("x = 1\n", "yaml.load(a)"),
    ],
)
def test_nothing_where_nothing_is_missing_or_known(file, text):
    assert imported(file, text, "import json\n") == file


def test_below_the_imports_and_not_in_the_code():
    file = '"""What it is."""\n\nimport sys\nfrom a import b\n\n\ndef f():\n    import c\n'
    expected = file.replace("import b\n", "import b\nimport json\n")
    assert imported(file, "json.loads(b)", "import json\n") == expected


def test_at_the_top_of_a_file_without_imports():
    assert imported("x = 1\n", "json.loads(x)", "import json\n") == "import json\nx = 1\n"


def test_not_into_a_file_that_begins_with_its_documentation():
    file = '"""What it is."""\nx = 1\n'
    assert imported(file, "json.loads(x)", "import json\n") == file
