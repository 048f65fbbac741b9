"""What hawatch says in a dialogue, by name, and what each phrase has to be given."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Phrase(StrEnum):
    """The phrases of the dialogue; PARAMETERS says what fills each."""

    ACKED = "acked"
    ACKED_BY_OTHER = "acked_by_other"
    RELEASED = "released"
    RELEASED_BY = "released_by"
    SNOOZED = "snoozed"
    SNOOZED_BY = "snoozed_by"
    FLOOR_SNOOZE = "floor_snooze"
    WHICH = "which"
    LIST_LINE = "list_line"
    STATE_OPEN = "state_open"
    STATE_ACKED = "state_acked"
    STATE_SNOOZED = "state_snoozed"
    NOTHING_OPEN = "nothing_open"
    DETAILS = "details"
    UNKNOWN_CODE = "unknown_code"
    OVER = "over"
    NOT_UNDERSTOOD = "not_understood"
    NOT_PERMITTED = "not_permitted"
    CONFIRM = "confirm"
    CONFIRM_FIRST = "confirm_first"
    SECOND_PERSON_WANTED = "second_person_wanted"
    SECOND_PERSON_ASKED = "second_person_asked"
    CONFIRM_WRONG = "confirm_wrong"
    CONFIRM_VOID = "confirm_void"
    DROPPED = "dropped"
    DEED_RUNNING = "deed_running"
    DEED_DONE = "deed_done"
    DEED_FAILED = "deed_failed"
    DEED_UNKNOWN = "deed_unknown"
    DEED_REFUSED = "deed_refused"
    FENCED = "fenced"
    FENCED_UNSEEN = "fenced_unseen"
    STILL_HEARD = "still_heard"
    STILL_ANSWERS = "still_answers"
    STILL_SPEAKS = "still_speaks"
    STILL_UNCLEAR = "still_unclear"
    UNREACHABLE = "unreachable"
    GUARD_GAVE_UP = "guard_gave_up"
    GUARD_KEPT = "guard_kept"
    GUARD_TOOK_BACK = "guard_took_back"
    REDUNDANCY_GONE = "redundancy_gone"
    TEST_MESSAGE = "test_message"
    DRILL = "drill"
    DRILL_HEARD = "drill_heard"
    TOO_MANY = "too_many"


PARAMETERS: Mapping[Phrase, str] = {
    Phrase.ACKED: "code what",
    Phrase.ACKED_BY_OTHER: "who code what",
    Phrase.RELEASED: "code",
    Phrase.RELEASED_BY: "who code",
    Phrase.SNOOZED: "code until",
    Phrase.SNOOZED_BY: "who code until",
    Phrase.FLOOR_SNOOZE: "minutes",
    Phrase.WHICH: "",
    Phrase.LIST_LINE: "code what since state",
    Phrase.STATE_OPEN: "",
    Phrase.STATE_ACKED: "who",
    Phrase.STATE_SNOOZED: "until",
    Phrase.NOTHING_OPEN: "",
    Phrase.DETAILS: "body",
    Phrase.UNKNOWN_CODE: "code",
    Phrase.OVER: "code since",
    Phrase.NOT_UNDERSTOOD: "",
    Phrase.NOT_PERMITTED: "what",
    Phrase.CONFIRM: "code number what nonce minutes",
    Phrase.CONFIRM_FIRST: "code number what nonce minutes",
    Phrase.SECOND_PERSON_WANTED: "what who",
    Phrase.SECOND_PERSON_ASKED: "who what nonce minutes",
    Phrase.CONFIRM_WRONG: "tries",
    Phrase.CONFIRM_VOID: "",
    Phrase.DROPPED: "",
    Phrase.DEED_RUNNING: "what node",
    Phrase.DEED_DONE: "what node who",
    Phrase.DEED_FAILED: "what node reason",
    Phrase.DEED_UNKNOWN: "what node",
    Phrase.DEED_REFUSED: "what node reason",
    Phrase.FENCED: "target node vips seconds who",
    Phrase.FENCED_UNSEEN: "target still",
    Phrase.STILL_HEARD: "",
    Phrase.STILL_ANSWERS: "",
    Phrase.STILL_SPEAKS: "",
    Phrase.STILL_UNCLEAR: "",
    Phrase.UNREACHABLE: "node whom",
    Phrase.GUARD_GAVE_UP: "service node",
    Phrase.GUARD_KEPT: "service node reason",
    Phrase.GUARD_TOOK_BACK: "service node",
    Phrase.REDUNDANCY_GONE: "node undo_code",
    Phrase.TEST_MESSAGE: "pair node",
    Phrase.DRILL: "node target",
    Phrase.DRILL_HEARD: "",
    Phrase.TOO_MANY: "count",
}
"""What each phrase is given, by name. `what` is an option's text (`option_text`) or an incident's (`headline`)."""
