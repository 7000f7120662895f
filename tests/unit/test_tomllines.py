"""The line of a key in TOML that a person has written."""

import pytest

from bridge.tomllines import line_of

TEXT = """\
# cardbridge
[server]
ports = [
  28470,
  28473,
]  # [ui]

[ ui ]
"language" = "ja"
'queue' = 8

[[site]]
origin = "https://a.jp"
name = '''
[[site]]
pin = "not a key"
'''
pin = "each"
[[site]]   # ''' and \"\"\"
  origin="https://b.jp"
  name = "it's ''' and #" # \"\"\"
  pin="session"

[[driver]]
name = "x"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("server", 2),
        ("server.ports", 3),
        ("$.server.ports", 3),
        ("server.ports[1]", 3),
        ("server.missing", 2),
        ("ui.language", 9),
        ("ui.queue", 10),
        ("ui.nothing", 8),
        ("site[0]", 12),
        ("site[0].origin", 13),
        ("site[0].pin", 18),
        ("site[1].origin", 20),
        ("site[1].pin", 22),
        ("site[1].none", 19),
        ("driver[0].name", 25),
        ("driver[0].path", 24),
        ("driver[1].path", None),
        ("portal.x", None),
        ("", None),
    ],
)
def test_line(path: str, line: int | None) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a.b = 1\nui.language = 2\n", "ui.language", 2),
        ("\nui = { language = 2, queue = 1 }\n", "ui.language", 2),
        ("\nsite = [{ origin = 1 },\n { pin = 2 }]\n", "site[1].pin", 2),
        ("[ui] # x\nqueue=1", "ui.queue", 2),
        ("[ui]\r\nqueue = 1\r\n", "ui.queue", 2),
        ("# a\u2028b\x0c\n[ui]\nqueue = 1\n", "ui.queue", 3),
        ('name = """one line"""\n[ui]\nqueue = 1\n', "ui.queue", 3),
        ('name = """a\nb""" # c\n[ui]\nqueue = 1\n', "ui.queue", 4),
        ("name = 1 # '''\n[ui]\nqueue = 1\n", "ui.queue", 3),
        ("name = \"\\\"'''\" \n[ui]\nqueue = 1\n", "ui.queue", 3),
    ],
)
def test_other_ways_to_write_it(text: str, path: str, line: int) -> None:
    assert line_of(text, path) == line
