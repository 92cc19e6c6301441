"""Whose time it is in a Japanese sentence, and what for.

Japanese says what is done after it says when: the first predicate after a time tells.
"""

from __future__ import annotations

import re

STOP = re.compile(r"[。！？!?]|\n[ \t　]{0,8}(?:\n|[・\-*●■])")
LEADS = True
"""Whether a time always stands before what is done by it."""
PROGRESS = re.compile("途中経過|進捗|中間報告|経過[のをに]|進み具合|進行状況|対応状況|調査状況")
_DEADLINE = re.compile("(?:まで|以内|中|うち|いっぱい|後|頃|ごろ|ほど|程度|内)$")
_CONTACT = (
    "(?:連絡|報告|回答|返信|返答|返事|答え|伝え|折り?返|メール|案内|説明|知らせ|お便り|書面|結論|結果"
    "|文書|電話|架電|メッセージ|続報|一報|かけ直|(?i:dm|sms))"
)
_DEED = (
    "(?:返金|修正|訂正|発送|送り|送付|手配|届け|対応|解決|完了|修理|交換|お渡し|お出し|差し上げ|差上げ|届|到着"
    "|申し上げ)"
)
_WORK = "(?:調査|確認|検証|共有|引き継|精査|照会|点検|聞き取り|調べ|確かめ|検査|試験)"
_VERB = "を?(?:いた|し|させ|行|おこな|進|実施|急|続)"
_VISIT = "(?:(?:伺|うかが|参|まい)[いりえれ]|上が[りれ])"
"""What is a step: whoever comes, comes to look."""
_END = (
    r"(?:させていただ|させて頂|(?!願|いただ|頂|くださ|下さ|かね|でき(?:ず|な|ませ|か)|難し|せん|な[いか](?!よう)|希望|要望|求め|[てで](?:おりま|いま))[^。\n]){0,16}?"
    r"(?:ます|予定|つもり|見込み|所存|次第|たく(?=存じ|思|考え|、))(?!か|と|よう|が幸い|でし|だっ)"
)
_HUMBLE = (
    rf"[おご](?!願|詫|礼|待|祈|わび|ねがい|預|断|受|かけ|騒が|煩わ|手数|察し|見舞|{_WORK})(?:(?![はがをの])[ぁ-ん一-鿿]){{1,5}}"
    "(?:し(?!て)|いたし|致し)"
)
"""What we do for the customer, by the form of its verb: 「お出しします」."""
_OURS = (
    r"お?時間を?(?:いただ|頂|ください)|猶予を(?:いただ|頂|くださ)|させて(?:くださ|下さ|いただ|頂)"
    r"|お待ち(?:ください|下さい|いただけ|頂け|いただきますよう|いただきた|頂きた|願い)"
    r"|^(?:だけ)?を?(?:ください|下さい|頂戴|いただき|頂き|(?:いただけ|頂け)ますで)"
    rf"|(?:{_CONTACT}|{_DEED}|{_HUMBLE}){_END}"
    r"|^(?:の?(?:お時間|日数))?[がをは]?(?:ほど)?(?:(?:かかり|要し)(?!まし)|頂戴|必要)"
)
_REQUEST = (
    r"(?<!させて)(?:ください|下さい|くださ(?:る|れ|い))|いただけ|頂け|いただき(?:たく|ます(?:よう|と))|頂きたく"
    r"|お願い|願い(?:ます|いたし)|願え|お申し付け|ご希望|を?求め"
)
_DENIED = (
    "^で?はな[くい]|^じゃな|かね(?:ます|る|て|ま)|でき(?:ません|ず|ない)|難し|困難|間に合"
    "|いたしません|しません|ではあり|撤回|(?:予定|つもり|見込み)(?:でし|だっ)"
)
_STORY = (
    r"ご?(?:注文|購入|来店|利用|予約)[のし]"
    r"|(?:まし|でし|られ|され|いただい|頂い|下さっ|くださっ|[入文し届買頼っいん])[ただ](?![くめらりちい])"
)
_PREDICATE = re.compile(
    f"(?P<denied>{_DENIED})|(?P<ours>{_OURS})|(?P<work>{_WORK}{_VERB}{_END}|{_VISIT}(?=ます))|(?P<request>{_REQUEST})"
    f"|(?P<story>{_STORY})"
)
PREDICATE = re.compile(f"{_OURS}|{_WORK}{_VERB}{_END}|{_REQUEST}|{_STORY}")
"""Whatever may be said of a time."""
_HOURS = re.compile(
    "(?:受付|営業|対応|診療|窓口の?)時間(?!内)|年中無休|24時間(?:対応|受付|体制|営業)|定休|休業"
    "|休館|休診|(?:平日|土日|毎日|月[〜~-]金)[はの、]?$|受付(?:は|いた)|承っ|受け付け|営業[しは]|開い|開館|開催"
)
_SUBJECT = re.compile(rf"(?:{_CONTACT}|お約束)[^。、]{{0,8}}(?:[はも:：]|期日|期限|日時|目安|時期)")
"""What a time is named for, before it: 「ご回答の期日は」."""
_OBJECT = re.compile(
    rf"^(?:(?P<of>の(?:ご|お)?{_CONTACT})(?!と[なさ]|にな|を予定)|を?(?:ご|お)?{_CONTACT}の?(?:期日|期限|目途|めど|目処|目安|予定))"
)
"""The same after it: 「…までのご回答」, 「…を回答の期限と」."""
_NOMINAL = re.compile(
    "^(?:です|でござい|と(?:な[りる]|いたし|し|させ)|に(?:な[りる]|いたし|させ)|の(?:予定|見込)"
    "|を(?:予定|目[途処安]|めど)|$|[)）]|、|に?(?:書面|文書|メール|お?電話)(?:にて|で)?$)"
)
_INSIDE = re.compile(
    "(?:担当|部署|部門|店[舗長]?|工場|本[社部]|メーカー|業者|会社|倉庫|センター|社内|関係者?|責任者"
    "|現場|スタッフ|従業員|経営)[^、。がはより]{0,6}[へに](?!て|つ)"
)
"""Somebody within the company, who is told."""
_CLOSED = re.compile(r"[いきしちりみびぎえけせてでれめべ]、|(?:ため|ので|から|けれど|が|うえ|上)、")
"""Where a clause ends that a time before it belongs to, once another time follows."""
_SINCE = re.compile(
    "(?<!本日)(?<!今日)(?<!今)(?<!これ)(?<!いま)(?<!その)(?<![口社当者店部署室課係私方らスク])(?:後|から|より)$"
)
"""What a span that is none from now on begins with (「到着後8日以内」), unlike whoever answers
within it (「当窓口から3日以内に」)."""
_SPAN = re.compile(
    "^(?:[0-9一二三四五六七八九十数半小]+[^月]*(?:営業日|時間|分|日|週|[かヶカケヵ箇]月))"
)
_DEMAND = re.compile(
    r"^(?:(?!ます|です|ました)[^。]){0,40}?(?:と|よう)(?:の|いう|いった)(?:こと|[おご]?(?:要望|希望|要求|申し[出入]|申出|指定|求め|指示"
    r"|指摘|意向|意見|依頼|話|言葉|文面|予告|通告))|^(?:(?!ます|です|ました)[^。]){0,40}?(?:求め|要求|要望|希望)(?:され|なさ)"
)
"""What the customer asks or announces: 「本日中のご回答をとのご要望」."""
_RECEIPT = re.compile(
    "自動(?:の?(?:返信|配信|送信|応答|メール|通知))|受付(?:完了|確認|番号)?(?:の|を(?:知らせ|お知らせ)[^。、]{0,5})?(?:自動)?(?:メール|通知|お?知らせ|控え)"
)
"""A notice that something arrived, which answers nothing."""
_IF = re.compile(
    "^[^。、]{0,30}?(?:ませんでしたら|ましたら|でしたら|(?:ない|た|る|の)場合|な(?:けれ|かった)[ばら])"
)
"""A condition that the time is part of: 「明日までに届きませんでしたら」."""
_AFTER = re.compile("^の[^。、]{1,10}?(?:後|のち|うえ|上)[、にで]")
"""A step that another time follows: 「明日の点検後、金曜日までに」."""
_THEN = re.compile("うえ|上で|[しえけせめれべち]、|して|次第|後|ながら|のち|いただき")
_OF = re.compile(
    rf"^の(?!(?:ご|お)?(?:{_CONTACT}|{_DEED}|{_WORK}|予定|見込))"
    "(?:(?!後|あと|のち|うえ|まで|便|うち|間|中|際)[^。、]){1,12}?[をがはにで]"
)
"""What is only dated by the time: 「来月の公演の券を」."""
_PROMISED = re.compile(rf"[いきしちにみりえけせてべめれげ]ます(?!か|と|よう)|{_VERB}{_END}")
"""That something of whatever kind will be."""
_RECEIVED = re.compile(
    "^、?[^。、]{0,20}?(?<!お)(?<!ご)(?:報告|結果|回答|連絡|返答|説明)(?:書|文書?)?[がを](?!お)[^。、]{0,6}?"
    "(?:受け|届[くき]|得|入[るりっ]|[上あ]が|あ[るり]|参|まいり|取り寄せ|もら|提出|出[るまそ揃])"
)
"""What reaches us on the way to an answer: 「検査の結果が届く」."""
_EVENT = ("から", "より", "を前に", "を迎え", "を控え", "にかけ", "以降", "以前", "に向け",
          "分の", "分を", "有効", "限り", "を過ぎ", "を回", "を超え", "すでに", "既に")  # fmt: skip
"""What makes of a time the setting of something else."""
_PART_OF_DAY = re.compile("朝|夜|昼|終日|深夜")
"""What people tell of more often than they promise it: 「深夜に音がする」."""
_COMMA = re.compile("[、,]")
_ALONE = 4
"""Characters beside a time that say nothing of it."""
_LATER = re.compile("後日|改めて|追って|後ほど|のちほど")


def whose(before: str, found: str, after: str, following: int) -> str:
    """Whose time `found` is by the rest of its sentence: "ours" where something of ours is promised
    for it; "work" where that is only a step on the way to an answer; "request", "story", "denied"
    or "hours"; "open" where nothing tells, but it is a deadline; else empty. `following` is where
    the next time stands in `after`: what is said before it in a clause of its own, is said of this
    time alone. What the customer did does not count where the time is a deadline."""
    head, tail = _COMMA.split(before)[-1], _COMMA.split(after, maxsplit=1)[0]
    if _HOURS.search(head) or _HOURS.search(head + found + tail):
        return "hours"
    if after.startswith(_EVENT):
        return "story"
    if _SINCE.search(before) and _SPAN.match(found):
        first = _PREDICATE.search(after)
        return "open" if first and first["ours"] else "story"
    if _DEMAND.match(after[:following]):
        return "request"
    if _PART_OF_DAY.fullmatch(found) and not re.match(rf"に[ごお、]{{0,2}}{_CONTACT}", after):
        return "story"
    if _IF.match(after[:following]):
        return ""
    if _RECEIVED.match(after[:following]) or (following < len(after) and _AFTER.match(after)):
        return "work"
    own, closed = _own(after, following)
    if _RECEIPT.search(head) or _RECEIPT.search(_COMMA.split(own, maxsplit=1)[0]):
        return ""
    if closed:
        return _step(own)
    if not _DEADLINE.search(found) and _OF.match(after):
        return "story"
    deadline = bool(_DEADLINE.search(found)) or after.startswith(("まで", "以内", "中", "の間"))
    for match in _PREDICATE.finditer(own):
        if match["ours"] and _is_inside(own[: match.start()]):
            return "work"
        if not (match["story"] and deadline):
            return match.lastgroup or ""
    thing = _OBJECT.match(after)
    if (_SUBJECT.search(head) and _NOMINAL.match(after)) or (
        thing and (deadline or not thing["of"])
    ):
        return "ours"
    rest = before + after
    alone = len(rest.strip(" 　、。にで")) <= _ALONE or re.search(_CONTACT, rest)
    return "open" if deadline and (alone or _PROMISED.search(own)) else ""


def _is_inside(before: str) -> bool:
    """Whether somebody within the company is told, by what stands before the predicate."""
    inside = _INSIDE.search(before)
    return bool(inside and not _THEN.search(before, inside.end()))


def _own(after: str, following: int) -> tuple[str, bool]:
    """What is said of a time, and whether that is a clause that ends before another time."""
    later = _LATER.search(after)
    bound = min([following, *([later.start()] if later else [])])
    if bound >= len(after):
        return after, False
    ends = list(_CLOSED.finditer(after[:bound]))
    return (after[: ends[-1].end()], True) if ends else (after, False)


def _step(clause: str) -> str:
    """Whose time that of a clause is that goes on: 「本日中に発送し、」."""
    match = _PREDICATE.search(clause)
    if match:
        return match.lastgroup or ""
    if _INSIDE.search(clause) or not re.search(f"{_CONTACT}|{_DEED}", clause):
        return "work"
    return "ours"
