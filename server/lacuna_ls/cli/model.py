"""`lacuna-ls model`: the embedded model for other programs, and where its completions come from."""

import argparse
import asyncio
import sys
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder, library_index
from lacuna_ls.adapters.model_server import ADDRESS, ModelServer
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.domain.text import decode
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import CompletionRequest, collect
from lacuna_ls.syntax.languages import by_path, languages

_DEFAULT_PORT = 8764
_MOST_ORIGINS = 10


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    serving = actions.add_parser(
        "serve", help="answer /v1/completions and /v1/models on loopback, as OpenAI's servers do"
    )
    serving.add_argument("--port", type=int, default=_DEFAULT_PORT, help="default: %(default)s")
    serving.add_argument(
        "--workspace", metavar="PATH", type=Path, help="a folder whose files are counted, too"
    )
    tracing = actions.add_parser(
        "origins", help="complete at a place, and say where the completion stands word for word"
    )
    tracing.add_argument("place", metavar="FILE:LINE:COLUMN", type=_place, help="counted from 1")
    tracing.add_argument("--workspace", metavar="PATH", type=Path, default=Path.cwd())


def run(args: argparse.Namespace) -> int:
    try:
        if args.action == "origins":
            return _origins(args.place, args.workspace.resolve())
        folder = args.workspace.resolve() if args.workspace is not None else None
        return asyncio.run(_serve(args.port, folder))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"lacuna-ls model: {error}", file=sys.stderr)
        return 2


async def _serve(port: int, folder: Path | None) -> int:
    model = EmbeddedModel(WorkspaceFiles([folder] if folder else []))
    server = ModelServer(model, asyncio.get_running_loop(), port)
    server.start()
    print(f"serving {model.capabilities.model_id} on http://{ADDRESS}:{server.port}/v1", flush=True)
    try:
        await _read(model, folder)
        await asyncio.Event().wait()
    finally:
        server.close()
    return 0


def _origins(place: tuple[Path, int, int], folder: Path) -> int:
    path, line, column = place
    language = by_path(path)
    if language is None:
        print(f"{path}: no language that is known here", file=sys.stderr)
        return 2
    lines = decode(path.read_bytes()).splitlines(keepends=True)
    before = "".join(lines[: line - 1]) + "".join(lines[line - 1 : line])[: column - 1]
    after = "".join(lines)[len(before) :]
    question = CompletionRequest(before, after, language.name, 48, ("\n",), path=path.resolve())
    asyncio.run(_trace(question, folder))
    return 0


async def _trace(request: CompletionRequest, folder: Path) -> None:
    model = EmbeddedModel(WorkspaceFiles([folder]))
    await _read(model, folder)
    for found in await collect(model, request):
        print(f"completion: {found.text}")
        for origin in (await model.origins(request, found.text))[:_MOST_ORIGINS]:
            print(f"  {origin.tokens} tokens as in {origin.file}:{origin.line}")


async def _read(model: EmbeddedModel, folder: Path | None) -> None:
    try:
        await model.add_library(await library_index(cache_folder()))
    except StoreError as error:
        print(f"without the standard library: {error}", file=sys.stderr)
    if folder is not None:
        suffixes = frozenset(suffix for language in languages() for suffix in language.suffixes)
        await model.workspace.refresh(folder, suffixes)


def _place(text: str) -> tuple[Path, int, int]:
    name, _, column = text.rpartition(":")
    name, _, line = name.rpartition(":")
    if not name or not line.isdecimal() or not column.isdecimal() or "0" in (line, column):
        raise argparse.ArgumentTypeError("FILE:LINE:COLUMN, counted from 1")
    return Path(name), int(line), int(column)
