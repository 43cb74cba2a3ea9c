"""The language server itself, on standard streams or TCP."""

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacuna_ls.lsp.services import Services


def configure(parser: argparse.ArgumentParser) -> None:
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument(
        "--stdio", action="store_true", help="speak LSP on standard input and output (the default)"
    )
    transport.add_argument(
        "--tcp", metavar="HOST:PORT", type=_address, help="wait for one client on this address"
    )
    parser.add_argument("--log-file", metavar="FILE", help="write the log there, not to stderr")
    parser.add_argument(
        "--log-level",
        default="warning",
        choices=("debug", "info", "warning", "error"),
        help="source text appears only at debug (default: %(default)s)",
    )
    # Editors that follow Microsoft's client library pass this; the pid comes with `initialize` too.
    parser.add_argument("--clientProcessId", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from lacuna_ls.lsp import transport
    from lacuna_ls.lsp.lifecycle import create_server
    from lacuna_ls.lsp.pauses import keep_seldom
    from lacuna_ls.lsp.server import LacunaServer

    _start_log(args)
    keep_seldom()

    def build(server: LacunaServer) -> "Services":
        from lacuna_ls.bootstrap import build_services

        return build_services(server)

    server = create_server(build)
    status = transport.serve_tcp(server, *args.tcp) if args.tcp else transport.serve_stdio(server)
    logging.shutdown()
    sys.stderr.flush()
    # A thread may still be importing or indexing: the client has gone, nobody waits for it.
    os._exit(status)


def _start_log(args: argparse.Namespace) -> None:
    handler = logging.StreamHandler() if args.log_file is None else _log_file(args.log_file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=args.log_level.upper(), handlers=[handler])
    # pygls logs whole messages, source text included, at every level.
    if args.log_level != "debug":
        logging.getLogger("pygls").setLevel(logging.ERROR)


def _log_file(path: str) -> logging.Handler:
    try:
        return logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        print(f"the log cannot be written to {path}: {error.strerror}", file=sys.stderr)
        return logging.StreamHandler()


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)
