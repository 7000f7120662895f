"""The library as a whole: its reasons, its document and the usage in it, and that it stands alone."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import cardbridge_portal.verification as library
from cardbridge_portal.verification import Policy, errors
from cardbridge_portal.verification.policy import Authorities
from tests.portal import xades_signing as x
from tests.portal.pdf_signing import openssl_cms, openssl_pdf
from tests.portal.pki import make_root
from tests.portal.signing import make_token

PACKAGE = Path(library.__file__).parent
GUIDE = PACKAGE.parents[1] / "VERIFICATION.md"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+)<br>([^|]+) \|$", re.MULTILINE)
REFUSALS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.VerificationError) and "reason" in vars(value)
][1:]


def test_every_reason_is_one_class() -> None:
    for member in ("reason", "japanese", "english"):
        assert len({vars(refusal)[member] for refusal in REFUSALS}) == len(REFUSALS) >= 30


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason)
def test_sentences(refusal: type[errors.VerificationError]) -> None:
    """What happened and what to do, in each language, without the words of developers."""
    error = refusal("for developers")
    assert error.sentence() == refusal.japanese and error.sentence("en") == refusal.english
    assert refusal.japanese.endswith("。") and re.search("[ぁ-ん]", refusal.japanese)
    assert 2 <= refusal.japanese.count("。") <= 3 and len(refusal.japanese) <= 60
    assert refusal.english.isascii() and refusal.english.endswith(".") and ". " in refusal.english
    assert not re.search(r"OCSP|CMS|nonce|DER|Id\b|reason|null", refusal.japanese + refusal.english)


def test_table_of_the_guide() -> None:
    rows = {found[0]: found[1:] for found in ROW.findall(GUIDE.read_text("utf-8"))}
    wanted = {
        refusal.reason: (" ".join((refusal.__doc__ or "").split()), refusal.japanese, refusal.english)
        for refusal in REFUSALS
    }
    assert rows == wanted


def test_every_reason_is_provoked_by_a_test() -> None:
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    missing = [refusal.reason for refusal in REFUSALS if not any(f'"{refusal.reason}"' in t for t in texts)]
    assert missing == []


def usage() -> str:
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_usage_runs_as_it_stands(tmp_path: Path) -> None:
    """Under forty lines; the first run with what is good, the second with a changed document."""
    root = make_root()
    who, signer = root.issue_person(), root.issue("見本 太郎")
    (tmp_path / "authority.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    token = make_token(who.key, who.certificate, "https://portal.example.jp", "A" * 44)
    (tmp_path / "login.json").write_text(json.dumps({"nonce": "A" * 44, "token": token}))
    (tmp_path / "form.txt").write_text("申請書\n", "utf-8")
    signed = openssl_cms(tmp_path, signer, "申請書\n".encode())
    (tmp_path / "form.txt.p7s").write_bytes(signed)
    references = x.reference("", x.transform(x.ENVELOPED)) + x.properties_reference()
    text = x.put_in("<form>申請</form>", x.template(signer, references))
    (tmp_path / "form.xml").write_bytes(x.xmlsec_sign(tmp_path, signer, text))
    (tmp_path / "form.pdf").write_bytes(openssl_pdf(tmp_path, signer))
    assert len(usage().splitlines()) < 40
    lines = run(usage(), tmp_path)
    assert "見本 太郎" in lines[0] and lines[0].endswith(" unchecked")
    assert [line.split("(")[0] for line in lines[1:]] == [
        "VerifiedSignature",
        "VerifiedSignature",
        "VerifiedPdf",
    ]
    (tmp_path / "form.txt").write_text("別の申請書\n", "utf-8")
    assert run(usage(), tmp_path)[1] == f"digestMismatch {errors.DigestMismatch.japanese}"


def run(code: str, folder: Path, *options: str) -> list[str]:
    command = [sys.executable, *options, "-c", code]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def test_stands_alone(tmp_path: Path) -> None:
    """Copied elsewhere, under another name, where neither daemon nor portal can be imported."""
    shutil.copytree(PACKAGE, tmp_path / "judge", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "for name in ('bridge', 'cardbridge_portal', 'cardbridge_card', 'cardbridge_demo'):\n"
        "    sys.modules[name] = None\n"
        "import judge, judge.fetch\n"
        "print(judge.Policy.__module__, *sorted(judge.__all__))"
    )
    (line,) = run(code, tmp_path)
    assert line.split() == ["judge.policy", *sorted(library.__all__)]


def test_imports_lightly(tmp_path: Path) -> None:
    """Without revocation no HTTP client, without PDFs no PDF library; never a web framework or database."""
    code = "import sys, cardbridge_portal.verification; print(*sorted(sys.modules))"
    (line,) = run(code, tmp_path)
    loaded = set(line.split())
    assert not loaded & {"aiohttp", "sqlalchemy", "jinja2", "signxml", "pyhanko.pdf_utils.reader", "bridge"}


def test_policy_is_checked() -> None:
    authorities = Authorities(roots=(make_root().certificate,))
    with pytest.raises(ValueError, match="at least one"):
        Authorities(roots=())
    with pytest.raises(ValueError, match="SHA-2"):
        Policy(authorities=authorities, hashes=frozenset({"sha1", "sha256"}))
    with pytest.raises(ValueError, match="2048"):
        Policy(authorities=authorities, min_rsa_bits=1024)
    with pytest.raises(ValueError, match="timestamp_authorities"):
        Policy(authorities=authorities, signing_time="timestamp")
    with pytest.raises(AttributeError):
        Policy(authorities=authorities).revocation = "off"  # type: ignore[misc]
