"""The command cardbridge-virtual-card: make a card, run cards in virtual readers, control them."""

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from . import issuing, keys, orders, runtime, serve, state
from .contents import AUTHENTICATION, KEY_MANAGEMENT, SIGNATURE
from .vpcd import DEFAULT_PORT

_GIVEN = {
    "authentication": AUTHENTICATION,
    "signature": SIGNATURE,
    "key-management": KEY_MANAGEMENT,
}


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0, 1 for a refusal, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.verb(options)
    except (runtime.ControlUnreachableError, state.StateFileError, ValueError, OSError) as error:
        sys.stderr.write(f"cardbridge-virtual-card: {error}\n")
        return 1
    return status


def _new_card(options: argparse.Namespace) -> int:
    path: Path = options.file
    if path.exists() and not options.replace:
        raise ValueError(f"{path}: 既にあります (作り直すには --replace)。")
    given = _given_files(options)
    letter = issuing.random_secrets() if options.pin_file is None else _read_secrets(options.pin_file)
    specification = issuing.Specification(
        key_type=options.key_type,
        holder=options.holder,
        company=options.company,
        given=given,
        key_management=options.key_management,
        pin_tries=options.tries,
        puk_tries=options.puk_tries,
    )
    card = issuing.issue(specification, letter)
    path.parent.mkdir(parents=True, exist_ok=True)
    state.save(path, card)
    sys.stdout.write(f"仮想ICカードを作りました: {path}\n")
    if options.pin_file is None:
        sys.stdout.write(f"PIN番号: {letter.pin}\nPUK (ロック解除番号): {letter.puk}\n")
        sys.stdout.write("この番号は今だけ表示します。控えておいてください。\n")
    return 0


def _given_files(options: argparse.Namespace) -> dict[int, tuple[Path, Path]]:
    given: dict[int, tuple[Path, Path]] = {}
    for name, reference in _GIVEN.items():
        member = name.replace("-", "_")
        key: Path | None = getattr(options, f"{member}_key")
        certificate: Path | None = getattr(options, f"{member}_certificate")
        if (key is None) != (certificate is None):
            raise ValueError(f"--{name}-key と --{name}-certificate は一緒に指定してください。")
        if key is not None and certificate is not None:
            given[reference] = (key, certificate)
    return given


def _read_secrets(source: str) -> issuing.Secrets:
    text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    try:
        return issuing.parse_secrets(text)
    except ValueError:
        # Not the cause's own words, which may repeat what was read.
        raise ValueError("PIN番号は半角数字6〜8桁、PUKは半角数字8桁です (1行目と2行目)。") from None


def _run(options: argparse.Namespace) -> int:
    ports = options.port or [DEFAULT_PORT + number for number in range(len(options.files))]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    serve.run(
        files=options.files,
        ports=ports,
        control_port=options.control_port,
        runtime_file=options.runtime_file,
        empty=options.empty,
    )
    return 0


def _control(options: argparse.Namespace) -> int:
    order: dict[str, Any] = {"command": options.command, "reader": options.reader}
    operands = ("card", "value", "count", "ins")
    order |= {name: given for name in operands if (given := getattr(options, name, None)) is not None}
    if options.command == "fail-with":
        order["statusWord"] = options.status_word
    status = runtime.send(runtime.find(options.runtime_file), order)
    sys.stdout.write(json.dumps(status, ensure_ascii=False, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cardbridge-virtual-card", description="仮想ICカード (PIV, vpcd)")
    verbs = parser.add_subparsers(required=True, metavar="new-card|run|control")
    _add_new_card(verbs.add_parser("new-card", help="カードを作る"))
    _add_run(verbs.add_parser("run", help="カードを仮想リーダで動かす"))
    _add_control(verbs.add_parser("control", help="動いているカードを操作する"))
    return parser


def _add_new_card(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb=_new_card)
    parser.add_argument("file", type=Path, help="カードのファイル (JSON)")
    parser.add_argument("--replace", action="store_true", help="既にあるカードを作り直す")
    parser.add_argument("--pin-file", help="PINとPUKを1行ずつ書いたファイル、- は標準入力。なければ乱数")
    parser.add_argument("--key-type", choices=keys.KEY_TYPES, default="rsa2048")
    parser.add_argument("--holder", default="見本 太郎", help="ICカード取得者")
    parser.add_argument("--company", default="株式会社見本建設", help="商号又は名称")
    parser.add_argument("--key-management", action="store_true", help="鍵9Dも作る")
    parser.add_argument("--tries", type=int, default=3, help="PINを間違えられる回数")
    parser.add_argument("--puk-tries", type=int, default=3, help="PUKを間違えられる回数")
    for name, reference in _GIVEN.items():
        parser.add_argument(f"--{name}-key", type=Path, help=f"鍵{reference:02X}の秘密鍵 (PEM)")
        parser.add_argument(f"--{name}-certificate", type=Path, help=f"鍵{reference:02X}の証明書 (PEM)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb=_run)
    parser.add_argument("files", type=Path, nargs="+", help="カードのファイル")
    parser.add_argument("--port", type=int, action="append", help="vpcdのポート。リーダごとに1回ずつ")
    parser.add_argument("--empty", action="store_true", help="カードを入れずに始める")
    parser.add_argument("--control-port", type=int, default=0, help="操作用ページのポート (0は空きポート)")
    parser.add_argument("--runtime-file", type=Path, default=runtime.default_path())


def _add_control(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb=_control)
    parser.add_argument("--runtime-file", type=Path, default=runtime.default_path())
    parser.add_argument("--reader", type=int, default=1, help="リーダの番号 (1から)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(orders.COMMANDS))
    for command in orders.COMMANDS:
        _add_operands(command, commands.add_parser(command))


def _add_operands(command: str, parser: argparse.ArgumentParser) -> None:
    match command:
        case "insert" | "swap":
            parser.add_argument("card", nargs="?", help="入れるカードの名前")
        case "slow":
            parser.add_argument("value", type=int, metavar="MS")
        case "set-tries" | "set-puk-tries":
            parser.add_argument("value", type=int, metavar="N")
        case "wrong-signature":
            parser.add_argument("count", type=int, nargs="?")
        case "fail-with":
            parser.add_argument("status_word", metavar="SW", help="16進数4桁、例 6F00")
            parser.add_argument("count", type=int, nargs="?")
            parser.add_argument("--ins", help="命令 (16進数2桁) または any。なければ署名 (87)")


if __name__ == "__main__":
    sys.exit(main())
