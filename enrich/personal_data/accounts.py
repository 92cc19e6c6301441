"""What opens or names an account: e-mail address, handle, password."""

from __future__ import annotations

import re

from enrich.personal_data.rules import CHECKED, FORMED, LABELLED, Rule, Type, value

_TOP = r"[A-Za-z]{2,24}"
_AT = r"(?:@|[ ]?[\[(](?:at|アット|アットマーク|@)[\])][ ]?)"

# Words that follow "@" in prices and code are no names.
_NAME = r"(?=[A-Za-z0-9_]{0,29}[A-Za-z_])[A-Za-z0-9_]{2,30}"

_CALLED = (
    "パスワード|パスコード|暗証(?:番号)?|認証コード|認証番号|確認コード|PINコード|ワンタイムパス"
    "|合言葉|秘密の答え|(?<![A-Za-z])(?:PW|pw|Pw)(?![A-Za-z])|(?i:passwords?|passcode"
    "|passphrase|pass ?word|pwd|pin code|pin number"
    "|verification code|security code|one-time code)|(?<![A-Za-z])(?:Pass|pass|PASS|PIN)"
    "(?![A-Za-z])"
)
_SAYS = r"(?:は|が|も|を|の|に|:|=|→|⇒|-|(?i:is|was|to|as))"
_VALUE = r"[!#-&*+./0-9:;<=>?@A-Z\\^_`a-z{|}~-]"


# Eight characters, 30 days, 2 factors: a rule about passwords is none.
_COUNTED = re.compile(
    "[ ]?(?:文字|桁|回|日|分|時|年|月|つ|種類|以上|factor|character|char|digit|times|days|min)"
)
_NOTHING_MORE = re.compile(r"[ \t]*(?:$|[\n。、,.」』\"')\]]|です|でした|だ)")
_NO_OTHER_WORD = re.compile(r"[ ]?(?:です|でした|だ|になって|になり|とな|。|」|\n|$)")
_AFTER = 12
"""Characters behind a value that may say what it is."""


def _secret(match: re.Match[str]) -> tuple[int, int] | None:
    """The value; letters alone are one only where nothing but the secret is said."""
    start, end = match.span("v")
    secret, said = match["v"].rstrip(".,;:"), match["says"].strip()
    after = match.string[end : end + _AFTER]
    if re.search(r"[0-9!#$%&*+<=>?@^_~]", secret):
        holds = not _COUNTED.match(after)
    elif said in (":", "=", "→", "⇒") or match["open"]:
        holds = bool(_NOTHING_MORE.match(after))
    else:
        holds = said in ("は", "が") and bool(_NO_OTHER_WORD.match(after))
    return (start, start + len(secret)) if holds else None


RULES = (
    Rule(
        "email",
        Type.EMAIL,
        CHECKED + 0.07,
        re.compile(
            rf"(?<![A-Za-z0-9._%+@-])(?P<v>[A-Za-z0-9_%+'-](?:[A-Za-z0-9._%+'/-]{{0,63}}){_AT}"
            rf"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}})(?:\.|[ ]?[\[(](?:dot"
            rf"|ドット)[\])][ ]?)){{1,6}}{_TOP})"
            r"(?![A-Za-z0-9])"
        ),
        value,
        ("@", "at)", "at]", "アット"),
    ),
    Rule(
        "handle",
        Type.HANDLE,
        FORMED,
        re.compile(
            rf"(?<![A-Za-z0-9._%+/@-])(?P<v>@{_NAME}(?:(?:\.[A-Za-z0-9_]{{1,30}}){{1,3}}"
            rf"|@[A-Za-z0-9-]{{1,40}}(?:\.[A-Za-z0-9-]{{1,40}}){{1,4}})?)(?![A-Za-z0-9_@])"
        ),
        value,
        ("@",),
    ),
    Rule(
        "handle-page",
        Type.HANDLE,
        FORMED,
        re.compile(
            r"(?:\b(?:x|twitter|instagram|tiktok|threads|facebook)\.(?:com|net)/@?|bsky\.app/profile/)"
            r"(?!(?:home|search|intent|share|hashtag|i|p|explore|messages|login|settings)\b)"
            r"(?P<v>[A-Za-z0-9_.-]{2,40}[A-Za-z0-9_])"
        ),
        value,
        (".com/", ".net/", ".app/"),
    ),
    Rule(
        "handle-labelled",
        Type.HANDLE,
        LABELLED,
        re.compile(
            r"(?:(?:LINE|ライン|X|Twitter|ツイッター|Instagram|インスタグラム?|インスタ|TikTok|Bluesky|Mastodon"
            r"|Skype|Discord|SNS|Facebook)(?:の)?[ ]?(?:ID|アカウント(?:名|ID)?|ユーザー名"
            r"|ユーザーID|handle"
            r"|account|username|user ?name)|(?:ユーザー名|アカウント名|(?i:username"
            r"|user name|screen name|handle)))"
            r"[ ]{0,2}(?:は|が|:|=|(?i:is|name is))?[ ]{0,2}[「『(\[\"]?"
            r"(?P<v>@?(?=[A-Za-z0-9_.-]{0,29}[0-9_.-]|[A-Za-z0-9_.-]{3,30}(?:[\n。、,」』)]|です|$))"
            r"[A-Za-z0-9_][A-Za-z0-9_.-]{1,29}(?<![.-]))(?![A-Za-z0-9_@])"
        ),
        value,
        ("id", "アカウント", "ユーザー", "account", "user", "handle", "screen name"),
    ),
    Rule(
        "password",
        Type.PASSWORD,
        LABELLED + 0.01,
        re.compile(
            rf"(?:{_CALLED})(?:\([^)\n]{{0,16}}\))?(?P<says>[ \t]{{0,3}}{_SAYS}?[ \t\n]{{0,3}})"
            rf"(?P<open>[「『\"'(\[]?)(?P<v>(?!\[){_VALUE}{{4,64}})"
        ),
        _secret,
        (
            "パス",
            "暗証",
            "認証",
            "確認コード",
            "合言葉",
            "秘密",
            "pw",
            "pass",
            "pin",
            "code",
            "pwd",
        ),
    ),
    Rule(
        "password-quoted",
        Type.PASSWORD,
        LABELLED,
        re.compile(
            r"(?:パスワード|パスコード|合言葉|秘密の(?:答え|質問の答え))(?:は|が|を"
            r"|:)[ ]?[「『](?P<v>[^」』\n〔]{2,40})[」』]"
        ),
        value,
        ("パスワード", "パスコード", "合言葉", "秘密の"),
    ),
    Rule(
        "handle-id",
        Type.HANDLE,
        FORMED,
        re.compile(
            r"(?<![A-Za-z])ID(?:は|が|:)[ ]?[「『]?(?P<v>@?"
            r"(?=[A-Za-z0-9_.]{0,29}[a-z_])[A-Za-z0-9_.]{3,29}[A-Za-z0-9_])"
            r"(?![A-Za-z0-9_@.-])"
        ),
        value,
        ("id",),
    ),
)
"""Rules for accounts."""
