"""The marks by which mailers set off quotes, forwards, signatures and disclaimers.

Each pattern judges one line (or a few joined ones) of bounded length and takes linear time: runs
that nothing behind them may share are possessive, and a search begins with what is fixed.
"""

from __future__ import annotations

import re

_DATE_START = (
    r"(?:19|20)\d\d\s?[-/.年년]\s?\d{1,2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d"
    r"|\d{1,2}\.? \w{3,12}\.? (?:19|20)\d\d"
    r"|\w{2,14}, \d{1,2}\.? \w{3,12}"
)
_AT_START = (
    r"(?:On|At|Am|Le|El|Il(?: giorno)?|Op|Den|Dne|Dnia|W dniu|Em|No dia|Pada|В|Vào|Kl\.|Pe|La)\s"
    r"|(?:在|于|於)\s?"
)
DATED_START = re.compile(rf"\s*+(?:{_DATE_START}|(?:-{{2,}}+\s*+)?(?:{_AT_START}).{{0,40}}\d)")
"""A line with which an attribution such as `On Mon, 5 Oct 2026, A wrote:` begins."""

NAMED_START = re.compile(r"\s*+[\"'\w][^<>]{0,80}<\s*+(?:mailto:)?[^<>\s@]++@[^<>\s]++>")
"""The same for `A <a@example.jp> wrote:`."""

DATE = re.compile(r"\b(?:19|20)\d\d\b|(?:19|20)\d\d年|\d{1,2}[:.]\d\d|\d{1,2}[/.]\d{1,2}[/.]\d\d")
ADDRESS = re.compile(r"[^\s<>@]@[^\s<>]")
"""Enough of an address to see that there is one."""

WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|geschrieben|a écrit|escribió|escreveu|ha scritto|scrisse|schreef"
    r"|geschreven|skrev|skreiv|kirjoitti|napsala?|napísala?|yazdı|a scris|viết|menulis"
    r"|írta|έγραψε)\b"
    r"|napisał|написал|пише|писал|写道|寫道|写到|작성|썼습니다"
    r"|のメール|のメッセージ|からの(?:メール|連絡)|書きました|書かれました|は書いた|送信しました",
    re.IGNORECASE,
)
"""The verb of an attribution, in the languages that mailers speak."""

ENDS = re.compile(r"[:：]\s*+$|--\s*+$")
"""How an attribution with a verb ends."""

DATED_SENDER = re.compile(
    rf"\s*+(?:{_DATE_START}).{{0,200}}<\s*+[^<>\s@]++@[^<>\s]++>\s*+[:：]?\s*+$"
)
"""An attribution without a verb: `2026年10月5日(月) 9:12 山田 <a@example.jp>:`."""

ZONED_STAMP = re.compile(
    r"\s*+(?:19|20)\d\d[-/]\d\d[-/]\d\d \d{1,2}:\d\d (?:GMT|UTC)[+-]\d{1,2}:?\d{0,2} \S.{0,80}$"
)
"""An attribution that has neither: `2026-10-05 09:12 GMT+09:00 Yamada`."""

_ORIGINAL_WORDS = (
    r"original message|original e?-?mail|original appointment|ursprüngliche nachricht"
    r"|message d'origine|message original|mensaje original|mensagem original|messaggio originale"
    r"|oorspronkelijk bericht|oprindelig meddelelse|ursprungligt meddelande|opprinnelig melding"
    r"|wiadomość oryginalna|původní zpráva|исходное сообщение"
    r"|原始邮件|邮件原件|原始郵件|원본 메시지|reply message"
    r"|元のメッセージ|元のメール|元メッセージ|原文|オリジナルメッセージ"
)
ORIGINAL = re.compile(
    rf"\s*+\*?\s*+[-_=]{{2,}}+\s*+(?:{_ORIGINAL_WORDS})\s*+[-_=]{{2,}}+\s*+\*?\s*+$", re.I
)
"""A line that says: below stands the mail to which this one answers."""

_FORWARD_WORDS = (
    r"forwarded (?:message|by|mail)|fwd|weitergeleitete nachricht|message transféré"
    r"|mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht"
    r"|vidarebefordrat meddelande|videresendt melding|переслан\w+ сообщение|пересылаемое сообщение"
    r"|转发的?邮件|轉寄郵件|전달된 메시지"
    r"|転送(?:された)?(?:メッセージ|メール)|転送メール|ここから転送"
)
FORWARD = re.compile(
    rf"\s*+\*?\s*+[-_=]{{2,}}+\s*+(?:{_FORWARD_WORDS})[^\n]{{0,80}}?[-_=]{{2,}}+\s*+\*?\s*+$"
    r"|[>\s]*+(?:begin forwarded message|anfang der weitergeleiteten (?:e-?mail|nachricht)"
    r"|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado"
    r"|inizio messaggio inoltrato|転送されたメッセージ|以下は転送されたメッセージです"
    r"|以下、転送(?:します|いたします)?)\s*+[:：。]?\s*+$",
    re.IGNORECASE,
)
"""A line that says: below stands a mail that is passed on."""

FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst)\s*[:：]|(?:【?\s*転送\s*】?)\s*[:：]?)",
    re.IGNORECASE,
)
"""The subject of a mail that is passed on."""

_SENDER_KEYS = (
    "from|von|de|da|från|fra|van|od|от|от кого|差出人|送信者|送信元|发件人|寄件者|보낸 ?사람"
)
_OTHER_KEYS = (
    "sent|date|to|cc|bcc|subject|reply-to|importance|organization|attachments"
    "|gesendet|datum|an|betreff|kopie|antwort an|envoyé|à|objet|répondre à|enviado|enviado el|fecha"
    "|para|asunto|data|assunto|inviato|a|oggetto|risposta|verzonden|aan|onderwerp|skickat|till|ämne"
    "|sendt|til|emne|wysłano|do|temat|odesláno|komu|předmět|дата|отправлено|кому|тема|копия"
    "|送信日時|送信日|日時|日付|宛先|件名|返信先|添付ファイル|添付|重要度|收件人|发送时间|主题|抄送"
    "|收件者|主旨|副本|寄件日期|보낸 ?날짜|받는 ?사람|제목|참조|ＣＣ|Ｃｃ"
)
SENDER_LINE = re.compile(rf"[>\s*]*+(?:{_SENDER_KEYS})\s*[:：]\s?\*?\s*\S", re.IGNORECASE)
"""The line of a quoted header block that names the sender."""
HEADER_LINE = re.compile(
    rf"[>\s*]*+(?:{_SENDER_KEYS}|{_OTHER_KEYS})\s*[:：]\*?(?:\s|$|\S)", re.IGNORECASE
)
"""Any line of a quoted header block."""

QUOTE = re.compile(r"[ \t]{0,3}(?:[A-Z]{1,3})?(?:>(?![_<＜.ωдー]{1,3}[<＜>])|＞(?![_＜]))|&gt;")
"""A quoted line; `>_<` is a face."""
BAR_QUOTE = re.compile(r"\s{0,3}\|(?:\s|$)")

DASHES = re.compile(r"--\s*$")
"""The signature separator (RFC 3676, section 4.3), with or without its space."""
RULE = re.compile(r"\s*+(?:[-=_*~#+.・…━─―—ー＿＝－＊～〜◆◇■□●○☆★※∞┏┓┗┛┌┐└┘╋+＋|｜:：]\s?){5,}$")
"""A line drawn with characters, as signatures are framed and lists are parted."""
UNDERSCORES = re.compile(r"\s*+_{10,}+\s*+$")

CONTACT = re.compile(
    r"\b(?:tel|fax|phone|mobile|mobil|cell|e-?mail|mail|url|web|https?)\b|https?://|www\."
    r"|ＴＥＬ|ＦＡＸ|℡|電話|携帯|ファックス|メール|〒|住所|株式会社|有限会社|合同会社|㈱|㈲|\(株\)|（株）"
    r"|[^\s@]{1,64}@[^\s@]{2,64}|\b0\d{1,4}[-(]\d{1,4}[-)]\d{3,4}\b|\+\d[\d ()-]{7,}",
    re.IGNORECASE,
)
"""What a signature has and a sentence seldom."""
MATTER = re.compile(
    r"注文|番号|商品|製品|型番|品番|予約|受付|会員|契約|日時|購入|金額|料金|円|数量|症状|内容|返品|返金"
    r"|交換|希望|\b(?:order|invoice|booking|serial|model|item|ref|amount|refund|date)\b",
    re.IGNORECASE,
)
"""What a list of facts has and a signature not."""
SENTENCE = re.compile(
    r"[。！？!?]\s*$|(?:です|ます|ました|ません|ください|下さい|でしょうか|ですか)[。．.」]?\s*$"
)

DEVICE = re.compile(
    r"\W{0,3}(?:"
    r"(?:sent|posted|written|composed) from\s.{1,80}"
    # Not `sent by courier`: that is the customer's own matter.
    r"|sent (?:via|with|by|using) (?!(?:post|courier|ship|registered|express|regular|standard"
    r"|dhl|fedex|ups|mistake|error|accident|your?|my|our|me|him|her|them|an?|mr|ms)\b).{1,40}"
    r"|from my \w.{0,30}|\w{1,20} from mobile"
    r"|get \W?outlook for.{1,80}"
    r"|envoyé (?:depuis|de|par|à partir d).{1,60}|enviado (?:desde|do|de|a partir).{1,60}"
    r"|inviato da.{1,60}|(?:von|diese nachricht wurde von) .{1,60}gesendet"
    r"|gesendet (?:von|mit).{1,60}|verzonden (?:met|vanaf|via|vanuit).{1,60}"
    r"|send[tr]? fra min.{1,40}|skickat från.{1,40}|lähetetty.{1,40}|wysłan[eoy] z.{1,40}"
    r"|odesláno z.{1,40}|отправлено (?:с|из).{1,40}"
    r"|從我的.{1,30}傳送|发自我的.{1,30}|从我的.{1,30}发送"
    r"|나의 .{1,30}에서 보냄|내 .{1,30}에서 보냄|iPhone에서 보냄"
    r"|(?:私の\s?)?(?:[a-z][a-z0-9 .+-]{1,30}|スマートフォン|スマホ|携帯(?:電話)?|タブレット)"
    r"\s?(?:から|より)の?送信(?:しました|されました|しています|されたメール(?:です)?)?"
    r"|(?:iOS|Android)\s?版?\s?(?:の|用)\s?Outlook.{0,40}|Outlook for (?:iOS|Android).{0,60}"
    r"|Yahoo!?メール.{0,20}アプリから送信"
    r")\W*(?:please excuse.{0,40})?$",
    re.IGNORECASE,
)
"""A line that a device or an app puts below what its owner writes."""

DISCLAIMER_START = re.compile(
    r"[\W_]*+(?:(?:this|the (?:information|contents?)\b.{0,30}\bthis) "
    r"(?:e-?mail|electronic mail|message|communication|transmission)\b"
    r"|(?:confidentiality|privileged|legal|disclaimer|important)"
    r"\W{0,3}(?:notice|note|information)?\s*[:：.-]|disclaimer\b"
    r"|(?:本|この|当|此の)\s?(?:電子)?(?:メール|メッセージ|通信|Eメール|E-?mail)"
    r"|【?\s*(?:機密|秘密|守秘|注意|ご注意|免責)(?:情報|保持|事項)?.{0,10}】?)",
    re.IGNORECASE,
)
DISCLAIMER_STEMS = re.compile(
    r"confidential|privileg|intended (?:recipient|solely|only|for)|disclos|dissemin|unauthori[sz]ed"
    r"|prohibited|delet|destroy|notify the sender|notify us|virus|in error|liab"
    r"|機密|秘密|守秘|親展|誤って|誤送信|宛先以外|意図(?:しない|された|した)|受信者|名宛人|破棄|削除|無断|複写"
    r"|転載|開示|漏洩|二次利用|差出人までご連絡|送信者(?:に|まで|へ)",
    re.IGNORECASE,
)
DISCLAIMER_CORE = re.compile(
    r"confidential|privileg|intended (?:recipient|solely|only|for)|addressee"
    r"|機密|秘密|守秘|親展|宛先以外|名宛人|意図(?:しない|された|した)|受信(?:された|した|者)",
    re.IGNORECASE,
)
"""What a disclaimer speaks of, and a customer who regrets a mail does not."""
