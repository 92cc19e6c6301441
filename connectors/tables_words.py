"""The words of tables of complaints: what columns are called, and what some of their cells say."""

from __future__ import annotations

import re
import unicodedata


def folded(name: str) -> str:
    """A column's name, or a word in a cell, without what differs from system to system."""
    return re.sub(r"[\s_\-:*.]", "", unicodedata.normalize("NFKC", name).casefold())


_NAMES = """
id: id 管理番号 受付番号 案件番号 案件ID お問い合わせ番号 問い合わせ番号 問合せ番号 整理番号
id: チケット番号 チケットID ケース番号 ticket_id ticket_number ticket case_id case_number
id: 受付no 番号 no number
channel: channel チャネル チャンネル 受付経路 受付方法 経路 媒体
author: author author_email email メールアドレス email_address mail_address 送信者アドレス
author: customer_email requester_email requester from 差出人 送信者 sender メール mail
display_name: display_name 氏名 お名前 名前 顧客名 お客様名 お客さま名 author_name customer_name
display_name: requester_name full_name name customer
arrived: arrived arrived_at 受信日時 受付日時 問い合わせ日時 お問い合わせ日時 受信日 受付日
arrived: received received_at created created_at sent_at opened_at 作成日時 起票日時 登録日時
arrived: 発生日時 日時 date datetime timestamp 日付
subject: subject 件名 タイトル 題名 表題 title summary
text: text 本文 問い合わせ内容 お問い合わせ内容 問合せ内容 申出内容 お申し出内容 苦情内容
text: クレーム内容 内容 body message メッセージ description complaint content
reply: reply 回答 返信 回答内容 返信内容 回答文 返信文 返信本文 first_reply answer response
replied: replied replied_at 回答日時 返信日時 回答日 返信日 初回返信日時 初回回答日時
replied: first_replied_at first_response_at answered_at responded_at
resolved: resolved resolved_at 解決日時 完了日時 対応完了日時 クローズ日時 解決日 完了日
resolved: 対応完了日 solved_at closed_at completed_at
resolution: resolution 対応内容 解決内容 対応結果 処理内容 処置内容 処置 対応メモ
resolution: resolution_notes notes
status: status state 状態 状況 ステータス 対応状況 進捗
product: product 商品 製品 商品名 製品名 サービス名 対象商品 product_name item
cause: cause category 原因 分類 カテゴリ カテゴリー 区分 苦情分類 要因 root_cause
language: language lang 言語 locale
"""

_CELLS = """
settled: closed resolved solved done completed complete fixed 完了 解決 解決済 解決済み 対応済
settled: 対応済み 対応完了 回答済 回答済み クローズ クローズ済 終了 済 済み
open: open new pending waiting in_progress unresolved reopened 未対応 未着手 未回答 未解決 未完了
open: 未 対応中 処理中 調査中 確認中 新規 受付 受付済 保留
email: e-mail mail メール Eメール 電子メール
ja: ja jpn 日本語 japanese
en: en eng 英語 english
"""


def _read(lines: str) -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for line in lines.split("\n"):
        key, _, names = line.partition(": ")
        if names:
            words[key] = (*words.get(key, ()), *map(folded, names.split()))
    return words


COLUMNS = _read(_NAMES)
"""Our name of a column → what it is usually called, folded, the likeliest first."""

CELLS = _read(_CELLS)
"""A meaning → the folded words that have it."""

NOTHING = frozenset(
    ("-", "--", "‐", "–", "—", "―", "−", "ー", "n/a", "nan", "none", "null", "なし", "無し")
)
"""What people and databases write into a cell where there is nothing."""
