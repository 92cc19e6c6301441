"""What the public form says, in the customer's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.asking import Said


@dataclass(frozen=True, slots=True)
class FormWords:
    """All that the form says in one language: labels and hints by field, errors by their reason;
    what stands in braces is filled in."""

    title: str
    intro: str
    other: str
    optional: str
    needed: str
    labels: Mapping[str, str]
    hints: Mapping[str, str]
    wishes: Mapping[str, str]
    errors: Mapping[str, str]
    privacy: str
    send: str
    trap: str
    mend: str
    receipt: str
    taken: Said
    often: Said


FORM_WORDS = {
    "ja": FormWords(
        title="お問い合わせ・ご意見の受付",
        intro=(
            "{desk}です。ご不便やお気づきの点をお聞かせください。"
            "わかる範囲でご記入いただくと、早くお調べできます。"
        ),
        other="English",
        optional="任意",
        needed="必須",
        labels={
            "name": "お名前",
            "email": "メールアドレス",
            "phone": "電話番号",
            "product": "商品・サービス名",
            "order": "ご注文番号・ご予約番号",
            "day": "発生した日",
            "text": "お困りのこと・ご意見",
            "wish": "ご希望の対応",
        },
        hints={
            "email": "このアドレスへお返事いたします。",
            "order": "確認メールや納品書に記載されています。",
            "text": "いつ、どこで、何があったかをお書きください（{limit}文字まで）。"
            "クレジットカード番号やパスワードは書かないでください。",
        },
        wishes={
            "": "選ばない",
            "explanation": "説明がほしい",
            "repair": "修理してほしい",
            "replacement": "交換してほしい",
            "refund": "返金してほしい",
            "improvement": "改善してほしい",
            "other": "その他",
        },
        errors={
            "required": "{label}をご記入ください。",
            "email": "メールアドレスの形をご確認ください（例：hanako@example.jp）。",
            "day": "日付をご確認ください（例：2026-11-20）。",
            "future": "今日までの日付をご記入ください。",
            "too_long": "{label}は{limit}文字以内でお願いいたします。",
            "wish": "ご希望の対応を一覧からお選びください。",
            "again": "ページを開いてから時間がたったため、まだ送信されていません。"
            "内容をご確認のうえ、もう一度「送信する」を押してください。",
            "soon": "まだ送信されていません。"
            "内容をご確認のうえ、もう一度「送信する」を押してください。",
        },
        privacy="個人情報の取り扱い",
        send="送信する",
        trap="この欄には何も書かないでください",
        mend="恐れ入りますが、次の点をご確認ください。",
        receipt="受付番号",
        taken=Said(
            "お問い合わせを受け付けました",
            (
                "ご連絡いただき、ありがとうございました。内容を確認のうえ、担当者からメールで"
                "お返事いたします。",
                "追加のご連絡の際は、上の受付番号をお知らせください。",
            ),
        ),
        often=Said(
            "ただいま送信を受け付けられません",
            (
                "恐れ入りますが、短い時間に多くの送信がありました。しばらくしてから、"
                "もう一度お試しください。",
                "お急ぎの場合は、下記までご連絡ください。",
            ),
        ),
    ),
    "en": FormWords(
        title="Contact us",
        intro=(
            "This is {desk}. Please tell us what went wrong or what we could do better. The more "
            "you can fill in, the sooner we can look into it."
        ),
        other="日本語",
        optional="optional",
        needed="required",
        labels={
            "name": "Your name",
            "email": "E-mail address",
            "phone": "Telephone number",
            "product": "Product or service",
            "order": "Order or booking number",
            "day": "Date on which it happened",
            "text": "What happened",
            "wish": "What you would like us to do",
        },
        hints={
            "email": "We will reply to this address.",
            "order": "It stands in the confirmation e-mail or on the delivery note.",
            "text": "When, where and what happened (up to {limit} characters). Please leave out "
            "card numbers and passwords.",
        },
        wishes={
            "": "No preference",
            "explanation": "Explain what happened",
            "repair": "Repair it",
            "replacement": "Replace it",
            "refund": "Refund me",
            "improvement": "Improve it",
            "other": "Something else",
        },
        errors={
            "required": "Please fill in: {label}.",
            "email": "Please check the e-mail address (for example hanako@example.jp).",
            "day": "Please check the date (for example 2026-11-20).",
            "future": "Please give a date up to today.",
            "too_long": "Please keep this to {limit} characters: {label}.",
            "wish": "Please choose one from the list.",
            "again": "Nothing was sent yet, because this page was open for a long time. Please "
            "check it and press “Send” once more.",
            "soon": "Nothing was sent yet. Please check it and press “Send” once more.",
        },
        privacy="How we handle personal data",
        send="Send",
        trap="Please leave this empty",
        mend="Please check the following:",
        receipt="Receipt number",
        taken=Said(
            "We have received your message",
            (
                "Thank you for writing to us. We will look into it and reply by e-mail.",
                "If you contact us again, please name the receipt number above.",
            ),
        ),
        often=Said(
            "We cannot take your message at the moment",
            (
                "There were many messages within a short time. Please try again in a while.",
                "If it is urgent, please get in touch with us:",
            ),
        ),
    ),
}
