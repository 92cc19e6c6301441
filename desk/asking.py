"""What the survey's pages say, in the customer's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A page that says something: its heading, and the paragraphs below."""

    title: str
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All that a page says in one language. `scores` run from the best to the worst; what stands
    in braces is filled in."""

    title: str
    intro: str
    question: str
    scores: tuple[tuple[int, str], ...]
    recommend: str
    unlikely: str
    likely: str
    comment: str
    hint: str
    optional: str
    send: str
    receipt: str
    reach: str
    mend: str
    choose: str
    too_long: str
    thanks: Said
    expired: Said
    unknown: Said
    rejected: Said
    failed: Said


WORDS = {
    "ja": Words(
        title="対応についてのアンケート",
        intro=(
            "このたびは{desk}へご連絡をいただき、ありがとうございました。"
            "よろしければ、対応についてのご感想をお聞かせください。"
        ),
        question="今回の対応には、どの程度ご満足いただけましたか。",
        scores=(
            (5, "とても満足"),
            (4, "満足"),
            (3, "どちらともいえない"),
            (2, "不満"),
            (1, "とても不満"),
        ),
        recommend="{company}を、ご家族やご友人にどの程度お勧めしたいと思われますか。",
        unlikely="0：まったく思わない",
        likely="10：強く思う",
        comment="ご意見・ご感想",
        hint=(
            "{limit}文字まで。まだお困りのことがございましたら、こちらにお書きください。"
            "担当者からご連絡いたします。"
        ),
        optional="任意",
        send="回答を送る",
        receipt="受付番号",
        reach="お問い合わせ先",
        mend="恐れ入りますが、次の点をご確認ください。",
        choose="ご満足の程度を一つお選びください。",
        too_long="ご意見・ご感想は{limit}文字以内でお願いいたします（現在{length}文字）。",
        thanks=Said(
            "ご回答ありがとうございました",
            (
                "お寄せいただいたご意見は、今後の対応に生かしてまいります。",
                "ご満足いただけなかった場合や、ご意見をお書きくださった場合は、"
                "担当者が内容を確認いたします。",
            ),
        ),
        expired=Said(
            "ご回答の期限が過ぎています",
            (
                "恐れ入りますが、このアンケートの受付は終了いたしました。",
                "お困りのことやご意見がございましたら、下記までお寄せください。",
            ),
        ),
        unknown=Said(
            "ページが見つかりません",
            (
                "リンクが途中で切れていないか、ご確認ください。",
                "お困りのことがございましたら、下記までご連絡ください。",
            ),
        ),
        rejected=Said(
            "送信を受け付けられませんでした",
            (
                "恐れ入りますが、メールのリンクからもう一度ページを開いてお試しください。"
                "ブラウザーの設定で Cookie を拒否している場合は、許可が必要です。",
                "うまくいかないときは、下記までご連絡ください。",
            ),
        ),
        failed=Said(
            "ただいまご利用いただけません",
            (
                "申し訳ございません。しばらくしてから、もう一度お試しください。",
                "お急ぎの場合は、下記までご連絡ください。",
            ),
        ),
    ),
    "en": Words(
        title="How did we do?",
        intro=(
            "Thank you for contacting {desk}. We would be glad to hear how we handled your matter."
        ),
        question="How satisfied are you with how we handled it?",
        scores=(
            (5, "Very satisfied"),
            (4, "Satisfied"),
            (3, "Neither satisfied nor dissatisfied"),
            (2, "Dissatisfied"),
            (1, "Very dissatisfied"),
        ),
        recommend="How likely are you to recommend {company} to family or friends?",
        unlikely="0: not at all likely",
        likely="10: extremely likely",
        comment="Your comments",
        hint=(
            "Up to {limit} characters. If anything is still open, write it here and we will get "
            "back to you."
        ),
        optional="optional",
        send="Send my answer",
        receipt="Receipt number",
        reach="How to reach us",
        mend="Please check the following:",
        choose="Please choose how satisfied you are.",
        too_long="Please keep your comments to {limit} characters (now {length}).",
        thanks=Said(
            "Thank you for your answer",
            (
                "It helps us to do better.",
                "If you were not satisfied, or left us a comment, a colleague will look into it.",
            ),
        ),
        expired=Said(
            "This survey has closed",
            (
                "The time for answering is over.",
                "If there is anything we can do for you, please get in touch with us:",
            ),
        ),
        unknown=Said(
            "This page does not exist",
            (
                "Please check that the link from our e-mail was not cut off.",
                "If there is anything we can do for you, please get in touch with us:",
            ),
        ),
        rejected=Said(
            "Your answer was not accepted",
            (
                "Please open the page again from the link in our e-mail. If your browser refuses "
                "cookies, it has to allow them for this page.",
                "If that does not help, please get in touch with us:",
            ),
        ),
        failed=Said(
            "This page is not available at the moment",
            (
                "We are sorry. Please try again in a little while.",
                "If it is urgent, please get in touch with us:",
            ),
        ),
    ),
}
