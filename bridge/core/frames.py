"""The frames of a WebSocket's client (RFC 6455, section 5): where messages end, and what breaks the rules.

Needed beside the WebSocket library, which neither limits the time of a message nor insists on masks.
"""

from __future__ import annotations

_CONTINUATION, _TEXT, _BINARY = 0x0, 0x1, 0x2
_CLOSE = 0x8
_CONTROL = 0x8
_OPCODES = (_CONTINUATION, _TEXT, _BINARY, 0x8, 0x9, 0xA)
_MAX_CONTROL_LENGTH = 125
_WHOLE_TEXT = 0x80 | _TEXT
_MASKED = 0x80


class MessageMeter:
    """Follows the frames that a client sends, without keeping their payload.

    `completed` counts data messages, and control frames between messages. `violation` says in English
    which rule of RFC 6455 was broken first; None while all is well. Nothing after a close frame counts.
    """

    def __init__(self) -> None:
        self.completed = 0
        self.violation: str | None = None
        self._head = bytearray()
        self._payload_left = 0
        self._in_frame = False
        self._frame_ends_message = False
        self._in_fragments = False
        self._frame_closes = self._is_closed = False

    @property
    def payload_left(self) -> int:
        """How many bytes of payload the frame under way still needs."""
        return self._payload_left if self._in_frame else 0

    @property
    def is_unfinished(self) -> bool:
        """Whether a message or a frame has begun and not ended."""
        return self._in_fragments or self._in_frame or bool(self._head)

    def feed(self, data: bytes) -> None:
        """Follow `data`, up to the first violation."""
        if not self.is_unfinished and _is_one_text(data) and self.violation is None and not self._is_closed:
            self.completed += 1
            return
        position = 0
        while position < len(data) and self.violation is None and not self._is_closed:
            if self._in_frame:
                step = min(self._payload_left, len(data) - position)
                self._payload_left -= step
                position += step
            else:
                position += self._read_head(data, position)
                self._begin_frame()
            if self._in_frame and self._payload_left == 0:
                self._end_frame()

    def _read_head(self, data: bytes, position: int) -> int:
        """Take what `data` has of a frame's head; how many bytes those are."""
        taken = max(2 - len(self._head), 0) or (_head_size(self._head) or 0) - len(self._head)
        part = data[position : position + taken]
        self._head += part
        return len(part)

    def _begin_frame(self) -> None:
        if len(self._head) == 2:
            self.violation = self._broken_rule(self._head[0], self._head[1])
        size = _head_size(self._head)
        if size is None or len(self._head) < size:
            return
        first, length = self._head[0], self._head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(self._head[2:4], "big")
        elif length == 127:
            length = int.from_bytes(self._head[2:10], "big")
        is_control = bool(first & _CONTROL)
        is_final = bool(first & 0x80)
        self._frame_ends_message = (not self._in_fragments) if is_control else is_final
        if not is_control:
            self._in_fragments = not is_final
        self._frame_closes = first & 0x0F == _CLOSE
        self._payload_left, self._in_frame = length, True
        self._head.clear()

    def _broken_rule(self, first: int, second: int) -> str | None:
        opcode, is_final = first & 0x0F, bool(first & 0x80)
        if first & 0x70:
            return "reserved bits without an extension (5.2)"
        if opcode not in _OPCODES:
            return "reserved opcode (5.2)"
        if not second & 0x80:
            return "unmasked frame from a client (5.1)"
        if opcode & _CONTROL:
            fits = is_final and second & 0x7F <= _MAX_CONTROL_LENGTH
            return None if fits else "control frame fragmented or too long (5.5)"
        if (opcode == _CONTINUATION) is not self._in_fragments:
            return "continuation and beginning of a message do not match (5.4)"
        return None

    def _end_frame(self) -> None:
        self._in_frame = False
        self.completed += self._frame_ends_message
        self._is_closed = self._frame_closes


def _is_one_text(data: bytes) -> bool:
    """Whether this is a short text message in one masked frame, and nothing else: what pages mostly send."""
    size = len(data)
    if size < 6 or data[0] != _WHOLE_TEXT:
        return False
    if data[1] == _MASKED | 126:
        return size >= 8 and size == 8 + (data[2] << 8 | data[3])
    return size == 6 + data[1] - _MASKED and data[1] < _MASKED | 126


def _head_size(head: bytearray) -> int | None:
    if len(head) < 2:
        return None
    extended = {126: 2, 127: 8}.get(head[1] & 0x7F, 0)
    return 2 + extended + (4 if head[1] & 0x80 else 0)
