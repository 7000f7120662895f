"""What the notices say, and to whom each goes. Pure.

As the manual has it: 指名通知書 and 見積依頼通知書 go to 代表窓口, all others to ICカード利用部署; and what
happens to a company's cards is told 代表窓口 as well, so that nobody registers a card unnoticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .message import one_line


class Kind(StrEnum):
    """The notices."""

    NOMINATION = "nomination"
    QUOTATION = "quotation"
    ANNOUNCEMENT = "announcement"
    CARD_ADDED = "cardAdded"
    CARD_RENEWED = "cardRenewed"
    CARD_REVOKED = "cardRevoked"
    REGISTRATION_CHANGED = "registrationChanged"
    NUMBER_ISSUED = "numberIssued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A notice's fixed words. `field` is the form's field with the address; `alarm`: ask if unexpected."""

    subject: str
    opening: str
    english: str
    field: str = "contact_email"
    alarm: bool = True


WORDINGS = {
    Kind.NOMINATION: Wording(
        subject="指名通知書のお知らせ",
        opening="指名通知書を発行しました。電子入札システムにログインして、内容を確認してください。",
        english="A notice of nomination has been issued. Please log in to the e-bidding portal to read it.",
        alarm=False,
    ),
    Kind.QUOTATION: Wording(
        subject="見積依頼通知書のお知らせ",
        opening="見積依頼通知書を発行しました。電子入札システムにログインして、内容を確認してください。",
        english="A request for quotation has been issued. Please log in to the e-bidding portal to read it.",
        alarm=False,
    ),
    Kind.ANNOUNCEMENT: Wording(
        subject="お知らせ",
        opening="発注機関からのお知らせです。電子入札システムにログインして、内容を確認してください。",
        english="There is an announcement. Please log in to the e-bidding portal to read it.",
        field="unit_email",
        alarm=False,
    ),
    Kind.CARD_ADDED: Wording(
        subject="ICカードが登録されました",
        opening="貴社の利用者登録に、次のICカードが登録されました。",
        english="An IC card has been registered for your company.",
    ),
    Kind.CARD_RENEWED: Wording(
        subject="ICカードが更新されました",
        opening="貴社のICカードが、次の新しいICカードに更新されました。古いICカードは使えなくなりました。",
        english="An IC card of your company has been replaced by a new one.",
    ),
    Kind.CARD_REVOKED: Wording(
        subject="ICカードの利用を停止しました",
        opening="発注機関が、貴社の次のICカードの利用を停止しました。このICカードでは入札できません。",
        english="The procuring entity has stopped the use of an IC card of your company.",
    ),
    Kind.REGISTRATION_CHANGED: Wording(
        subject="利用者登録の内容が変更されました",
        opening="貴社の利用者登録の内容が、次のICカードで変更されました。",
        english="The registration of your company has been changed.",
    ),
    Kind.NUMBER_ISSUED: Wording(
        subject="利用者登録番号を発行しました",
        opening="発注機関が、貴社の利用者登録番号を新しく発行しました。番号は別にお知らせします。",
        english="A new registration number has been issued for your company; it is told to you separately.",
    ),
    Kind.REFUSED: Wording(
        subject="ICカードの登録または使用が拒否されました",
        opening="貴社の名前、利用者登録番号またはICカードを使った操作があり、拒否しました。",
        english="An attempt to use your company's name, number or IC card was refused.",
    ),
}
ALARM = (
    "お心当たりがない場合は、すぐに発注機関（{municipality}の契約担当）へ電話でご連絡ください。\n"
    "電話番号は、このメールではなく、お手元の書類で確かめてください。"
)
ENDING = (
    "このメールは自動で送信しています。返信はできません。\n"
    "発注機関が、利用者登録番号やPIN番号をメールで尋ねることはありません。このメールにリンクはありません。"
)
ENGLISH_ALARM = "If you did not expect this, please telephone the procuring entity at once."
ENGLISH_ENDING = "We never ask for your registration number or PIN by mail, and our mails contain no links."


def subject_of(kind: Kind, municipality: str) -> str:
    """The subject line."""
    return one_line(f"【電子入札】{WORDINGS[kind].subject}（{municipality}）")


def body_of(kind: Kind, *, company: str, municipality: str, facts: Sequence[tuple[str, str]]) -> str:
    """The text: Japanese, then English in short. `facts` are label and value, a line each."""
    text = WORDINGS[kind]
    lines = "\n".join(f"　{one_line(label)}：{one_line(value)}" for label, value in facts)
    closing = "\n\n".join(
        [ALARM.format(municipality=municipality), ENDING] if text.alarm else [ENDING],
    )
    english = " ".join(filter(None, (text.english, ENGLISH_ALARM if text.alarm else "", ENGLISH_ENDING)))
    return (
        f"{one_line(company)}　御中\n\n"
        f"{municipality}の電子入札システム（実演用）からのお知らせです。\n"
        f"{text.opening}\n\n{lines}\n\n{closing}\n\n"
        f"----\n{english}\n"
    )
