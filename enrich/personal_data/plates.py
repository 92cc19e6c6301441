"""Registration plates of vehicles."""

from __future__ import annotations

import re

from enrich.personal_data.rules import CHECKED, FORMED, LABELLED, Rule, Type, value

# Offices that appear on plates (notice of the transport ministry on registration marks).
_PLATES = (
    "札幌|函館|旭川|室蘭|苫小牧|釧路|知床|帯広|十勝|北見|青森|弘前|八戸|岩手|盛岡|平泉|奥州|宮城|仙台|秋田"
    "|山形|庄内|福島|会津|郡山|白河|いわき|水戸|土浦|つくば|宇都宮|那須|日光|とちぎ|群馬|前橋|高崎|大宮|川口"
    "|所沢|川越|熊谷|春日部|越谷|千葉|成田|習志野|市川|船橋|袖ヶ浦|市原|野田|柏|松戸|品川|世田谷|練馬|杉並"
    "|板橋|足立|江東|葛飾|江戸川|八王子|多摩|横浜|川崎|湘南|相模|山梨|富士山|新潟|長岡|上越|富山|石川|金沢"
    "|福井|長野|松本|諏訪|安曇野|南信州|岐阜|飛騨|静岡|浜松|沼津|伊豆|名古屋|豊橋|三河|岡崎|豊田|尾張小牧"
    "|一宮|春日井|三重|鈴鹿|四日市|伊勢志摩|滋賀|京都|大阪|なにわ|和泉|堺|神戸|姫路|奈良|飛鳥|和歌山|鳥取"
    "|島根|出雲|岡山|倉敷|広島|福山|山口|下関|徳島|香川|高松|愛媛|高知|福岡|北九州|久留米|筑豊|佐賀|長崎"
    "|佐世保|熊本|大分|宮崎|鹿児島|奄美|沖縄"
)

RULES = (
    Rule(
        "licence-plate",
        Type.LICENSE_PLATE,
        CHECKED,
        re.compile(
            rf"(?P<v>(?:{_PLATES})[ ]?[0-9][0-9A-Z]{{1,2}}[ ]?[あ-んA-Z][ ]?"
            r"(?:[0-9]{1,2}[ ]?-?[ ]?[0-9]{2}|[・.·]{1,3}[ ]?-?[ ]?[0-9]{1,3}|[0-9]{1,4}))(?![0-9])"
        ),
        value,
        numeric=True,
    ),
    Rule(
        "licence-plate-small",
        Type.LICENSE_PLATE,
        CHECKED,
        # Mopeds bear their municipality; particles are no letters of a plate.
        re.compile(
            r"(?P<v>[\u4e00-\u9fff々ヶケ]{1,6}[市区町村][ ]?"
            r"[あいうえかきくけこさしすせそたちつてなぬねひふほまみむめもゆよらりるろわ]"
            r"[ ]?[0-9]{1,2}-[0-9]{2})(?![0-9-])"
        ),
        value,
        tuple("市区町村"),
        numeric=True,
    ),
    Rule(
        "licence-plate-britain",
        Type.LICENSE_PLATE,
        FORMED,
        re.compile(r"(?P<v>[A-Z](?<![A-Za-z0-9-].)[A-Z][0-9]{2} [A-Z]{3})(?![A-Za-z0-9-])"),
        value,
    ),
    Rule(
        "licence-plate-labelled",
        Type.LICENSE_PLATE,
        LABELLED,
        re.compile(
            r"(?:(?i:licen[cs]e plate|number plate|registration plate|plate)(?i: number| no\.?)?"
            r"(?: is| was)?[ :#]{1,3}|(?i:car )?(?i:registration|reg)(?i: number| no\.?)?"
            r"(?: is| was)?[ :]{1,3})"
            r"(?P<v>(?=[A-Z0-9 -]{0,8}[0-9])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,5})(?![A-Za-z0-9])"
        ),
        value,
        ("plate", "reg"),
    ),
)
"""Rules for plates."""
