"""Which case or draft a person means by a receipt number."""

from __future__ import annotations

from typing import Any

from casebook import outgoing
from casebook.errors import ConfigError
from casebook.models import Case, Draft
from casebook.reading import by_receipt
from casebook.receipt import find_receipts
from casebook.states import DraftState
from casebook.timing import Purpose
from desk.words import say


def case_of(receipt: str) -> Case:
    """The case that this number stands for (`reading.by_receipt`). Raises ConfigError where it is
    none, or no case has it."""
    number = _number(receipt)
    key = by_receipt([number]).get(number)
    if key is None:
        raise ConfigError(say(f"{number}: 該当する案件がありません", f"{number}: no such case"))
    return Case.objects.get(pk=key)


def newest(receipt: str) -> Draft:
    """The draft of a case that waits for approval, else its newest one. Raises ConfigError where
    it has none."""
    number = _number(receipt)
    drafts = _drafts(number)
    if not drafts:
        raise ConfigError(say(f"{number}: 返信案はありません", f"{number}: this case has no draft"))
    waiting = [draft for draft in drafts if draft.state == DraftState.PENDING]
    return (waiting or drafts)[-1]


def rejectable(receipt: str, purpose: Purpose | None) -> Draft:
    """The draft of a case that waits for approval, else the one that failed or came back. Raises as
    `waiting` does."""
    held = {draft.state for draft in _drafts(newest(receipt).case.receipt)}
    lost = (DraftState.FAILED, DraftState.RETURNED)
    given_up = DraftState.PENDING not in held
    state = next((one for one in lost if given_up and one in held), DraftState.PENDING)
    return waiting(receipt, state, purpose)


def waiting(receipt: str, state: DraftState, purpose: Purpose | None) -> Draft:
    """The draft of a case in this state, of this purpose where one is given.
    Raises ConfigError where there is none, or several to choose from."""
    number = newest(receipt).case.receipt
    found = [draft for draft in _drafts(number) if draft.state == state]
    if purpose is not None:
        found = [draft for draft in found if draft.purpose == purpose]
    if not found:
        pending = (
            f"{number}: 承認待ちの返信案はありません",
            f"{number}: no draft of this case waits for approval",
        )
        approved = (
            f"{number}: 承認済みで未送信の返信はありません",
            f"{number}: no approved reply of this case waits to be sent",
        )
        other = (
            f"{number}: その状態の返信はありません（{state}）",
            f"{number}: no reply of this case is {state}",
        )
        told = {DraftState.PENDING: pending, DraftState.APPROVED: approved}
        raise ConfigError(say(*told.get(state, other)))
    if len({draft.purpose for draft in found}) > 1:
        names = ", ".join(sorted({draft.purpose for draft in found}))
        raise ConfigError(
            say(
                f"{number}: 返信案が複数あります。--purpose でお選びください：{names}",
                f"{number}: there are several drafts; choose one by --purpose: {names}",
            )
        )
    return found[-1]


def failed_with(code: str) -> list[Draft]:
    """The replies that failed with this code and whose cases still wait for them. Raises
    ConfigError where there is none."""
    failed = outgoing.waiting([DraftState.FAILED])
    found = [draft for draft in failed if draft.error_code == code]
    if not found:
        codes = ", ".join(sorted({draft.error_code for draft in failed})) or "–"
        raise ConfigError(
            say(
                f"{code!r} は受付番号でも、送信に失敗した返信のコードでもありません（{codes}）",
                f"{code!r} is neither a receipt number nor the code of a reply that failed "
                f"({codes})",
            )
        )
    return found


def _drafts(number: str) -> list[Draft]:
    found: Any = Draft.objects.select_related("case", "answers", "answers__triage", "estimate")
    return list(found.filter(case=by_receipt([number]).get(number)).order_by("pk"))


def _number(receipt: str) -> str:
    number = next(iter(find_receipts(receipt)), None)
    if number is None:
        raise ConfigError(
            say(
                f"{receipt!r} は受付番号ではありません（打ち間違い？ 例：M-7F3K2Q）",
                f"{receipt!r} is no receipt number: mistyped? One reads like M-7F3K2Q",
            )
        )
    return number
