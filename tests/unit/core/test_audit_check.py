"""The check of a chain: no edit, removal, insertion or swap goes unnoticed; and what it cannot see."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.audit import START, AuditRecord, Head, encode, seal
from bridge.core.audit_check import Report
from tests.unit.core.chains import ENTRIES, chain, checked, text
from tests.unit.fuzz import quick

COUNT = 6
CHAIN = chain(COUNT)
WHOLE = text(CHAIN)
HEAD = CHAIN[-1].head
LAST_LINE = len(WHOLE) - len(encode(CHAIN[-1])) - 1


def kinds(report: Report) -> list[str]:
    return [fault.kind for fault in report.faults]


def remarks(report: Report) -> list[str]:
    return [remark.kind for remark in report.remarks if remark.kind != "skipped"]


def test_a_whole_chain() -> None:
    for head in (None, HEAD, CHAIN[2].head, Head(sequence=0, hash=CHAIN[0].hash)):
        report = checked(WHOLE, head)
        assert report.is_whole and report.records == COUNT and report.head == HEAD
        assert report.is_head_found == (head is not None)


def test_an_empty_log() -> None:
    assert checked(b"").is_whole and checked(b"").head is None
    assert kinds(checked(b"", HEAD)) == ["head"]


@quick
@given(st.data())
def test_any_single_byte_that_is_changed(data: st.DataObject) -> None:
    """Against a head always; without one, but for a last line that could be one that was never finished."""
    place = data.draw(st.integers(0, len(WHOLE) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != WHOLE[place]))
    changed = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    assert not checked(changed, HEAD).is_whole
    if place < len(WHOLE) - 1:
        assert not checked(changed).is_whole
    else:
        assert remarks(checked(changed)) == ["torn"]


@quick
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 400))
def test_anything_cut_out(start: int, length: int) -> None:
    assume(start + length < len(WHOLE))
    changed = WHOLE[:start] + WHOLE[start + length :]
    assert not checked(changed).is_whole


@quick
@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=40))
def test_anything_put_in(place: int, inserted: bytes) -> None:
    report = checked(WHOLE[:place] + inserted + WHOLE[place:])
    assert not report.is_whole or (place == len(WHOLE) and set(remarks(report)) == {"torn"})


@quick
@given(st.integers(0, COUNT - 2), st.integers(1, COUNT))
def test_records_that_are_removed(first: int, count: int) -> None:
    assume(first + count < COUNT)
    report = checked(text(CHAIN[:first] + CHAIN[first + count :]))
    assert kinds(report) == ["missing" if first else "beginning"]


@quick
@given(st.permutations(CHAIN))
def test_records_in_another_order(records: list[AuditRecord]) -> None:
    assume(records != CHAIN)
    assert not checked(text(records)).is_whole


@quick
@given(st.integers(0, COUNT - 1), st.integers(0, COUNT))
def test_records_that_are_there_twice(which: int, place: int) -> None:
    assert not checked(text([*CHAIN[:place], CHAIN[which], *CHAIN[place:]])).is_whole


@quick
@given(st.integers(0, COUNT - 1))
def test_a_record_that_is_forged_with_its_hash(which: int) -> None:
    """Who edits a record and makes its hash anew breaks the link to the next one."""
    after = CHAIN[which - 1].head if which else START
    forged = seal(ENTRIES[(which + 1) % 3], after)
    report = checked(text([*CHAIN[:which], forged, *CHAIN[which + 1 :]]), HEAD)
    assert kinds(report) == (["replaced"] if which < COUNT - 1 else ["head"])


@quick
@given(st.integers(0, COUNT - 1))
def test_a_tail_that_is_cut_off_is_found_with_the_head_only(kept: int) -> None:
    cut = text(CHAIN[:kept])
    assert checked(cut).is_whole
    assert kinds(checked(cut, HEAD)) == ["head"]
    assert kinds(checked(cut, Head(sequence=0, hash=HEAD.hash))) == ["head"]


def test_a_chain_that_is_made_anew_is_found_with_the_head_only() -> None:
    forged = text(chain(COUNT, ENTRIES[::-1]))
    assert checked(forged).is_whole
    assert kinds(checked(forged, HEAD)) == ["head"]


def test_findings_say_where() -> None:
    (fault,) = checked(WHOLE.replace(b"cardRemoved", b"ok", 1)).faults
    assert (fault.kind, fault.file, fault.line, fault.sequence) == ("edited", "audit", 2, 2)
    (fault,) = checked(text([*CHAIN[:2], *CHAIN[4:]])).faults
    assert (fault.kind, fault.sequence, fault.count) == ("missing", 5, 2)


def test_two_edits_are_two_findings() -> None:
    changed = WHOLE.replace(b"cardRemoved", b"ok")
    assert [fault.sequence for fault in checked(changed).faults] == [2, 5]


def test_a_line_that_was_never_finished() -> None:
    """The end of a process that was killed: noted by the next record, and no fault."""
    half = encode(seal(ENTRIES[0], HEAD))[:100]
    assert checked(WHOLE + half).is_whole and remarks(checked(WHOLE + half)) == ["torn"]
    after = seal(ENTRIES[1], HEAD, torn=len(half))
    report = checked(WHOLE + half + b"\n" + text([after]), HEAD)
    assert report.is_whole and remarks(report) == ["torn"] and report.records == COUNT + 1


def test_a_torn_line_that_nobody_noted_is_a_fault() -> None:
    half = encode(seal(ENTRIES[0], HEAD))[:100]
    for after in (seal(ENTRIES[1], HEAD), seal(ENTRIES[1], HEAD, torn=99)):
        assert kinds(checked(WHOLE + half + b"\n" + text([after]))) == ["unreadable"]
    assert kinds(checked(WHOLE + half + b"\n")) == ["unreadable"], "the newline comes last"


def _torn_chain() -> list[bytes]:
    """Records, and among them a line that was never finished."""
    half = encode(seal(ENTRIES[0], HEAD))[:100]
    after = seal(ENTRIES[1], HEAD, torn=len(half))
    last = seal(ENTRIES[2], after.head)
    return [*map(encode, CHAIN), half, encode(after), encode(last)]


@quick
@given(st.data())
def test_nothing_hides_behind_a_torn_line(data: st.DataObject) -> None:
    lines = _torn_chain()
    assert checked(b"\n".join(lines) + b"\n").is_whole
    removed = data.draw(st.integers(0, len(lines) - 2))
    assert not checked(b"\n".join(lines[:removed] + lines[removed + 1 :]) + b"\n").is_whole
    one, other = data.draw(st.tuples(st.integers(0, len(lines) - 1), st.integers(0, len(lines) - 1)))
    assume(one != other)
    lines[one], lines[other] = lines[other], lines[one]
    assert not checked(b"\n".join(lines) + b"\n").is_whole


def test_an_edited_record_before_a_torn_line() -> None:
    lines = _torn_chain()
    lines[COUNT - 1] = lines[COUNT - 1].replace(b"evil", b"good")
    report = checked(b"\n".join(lines) + b"\n")
    assert kinds(report) == ["edited"] and remarks(report) == ["torn"]


def test_records_that_are_missing_beside_a_line_that_cannot_be_read() -> None:
    report = checked(text(CHAIN[:1]) + b"x\n" + text(CHAIN[4:]))
    assert kinds(report) == ["unreadable", "missing"]
    assert kinds(checked(text(CHAIN[:1]) + b"x\n" + text(CHAIN[2:]))) == ["unreadable"]


def test_torn_again_and_again() -> None:
    """A disk that fills up takes a few bytes each time."""
    half = encode(seal(ENTRIES[0], HEAD))[:100]
    pieces = WHOLE + half + b"\n" + half[:20] + b"\n" + half[:3]
    assert checked(pieces).is_whole and remarks(checked(pieces)) == ["torn"] * 3
    assert checked(pieces + b"\n" + text([seal(ENTRIES[1], HEAD, torn=123)])).is_whole
    assert kinds(checked(pieces + b"\n" + text([seal(ENTRIES[1], HEAD, torn=3)]))) == ["unreadable"] * 3


def test_an_edited_record_is_never_taken_for_a_torn_line() -> None:
    edited = encode(CHAIN[-1]).replace(b"evil", b"good")
    after = seal(ENTRIES[1], CHAIN[-2].head, torn=len(edited))
    assert kinds(checked(text(CHAIN[:-1]) + edited)) == ["edited"]
    assert kinds(checked(text(CHAIN[:-1]) + edited + b"\n" + text([after]))) == ["edited"]


def test_lost_records_are_told_and_no_fault() -> None:
    after = seal(ENTRIES[0], HEAD, lost=4)
    report = checked(WHOLE + text([after, seal(ENTRIES[1], after.head)]), HEAD)
    assert report.is_whole and remarks(report) == ["lost"]
    first = seal(ENTRIES[0], START, lost=2)
    assert checked(text([first])).is_whole


def test_records_before_the_oldest_file_are_gone_only_if_the_chain_says_so() -> None:
    kept = CHAIN[3:]
    assert kinds(checked(text(kept))) == ["beginning"]
    pruned = seal(ENTRIES[0], HEAD, pruned=4)
    report = checked(text([*kept, pruned]), HEAD)
    assert report.is_whole and remarks(report) == ["pruned"]
    assert kinds(checked(text([*kept[1:], pruned]))) == ["beginning"]
    assert checked(text([*CHAIN[2:], pruned])).is_whole, "they were not removed after all"


def test_a_head_among_the_old_records_cannot_be_checked() -> None:
    content = text([*CHAIN[3:], seal(ENTRIES[0], HEAD, pruned=4)])
    report = checked(content, CHAIN[1].head)
    assert report.is_whole and "headPruned" in remarks(report) and not report.is_head_found
    assert kinds(checked(content, Head(sequence=0, hash=CHAIN[1].hash))) == ["head"]
    assert kinds(checked(content, Head(sequence=4, hash="0" * 64))) == ["head"]
