"""Where a person lives: postal code and address."""

from __future__ import annotations

import re

from enrich.personal_data.rules import (
    CHECKED,
    FORMED,
    LABELLED,
    Rule,
    Type,
    before,
    value,
    value_if,
)

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆ヶケ"
_KANA = r"\u3041-\u3096\u3099\u309a\u30a1-\u30fa\u30fc"

_PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県"
    "|新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|兵庫県"
    "|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県"
    "|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
_ROMAN_PREFECTURES = (
    "Hokkaido|Aomori|Iwate|Miyagi|Akita|Yamagata|Fukushima|Ibaraki|Tochigi|Gunma|Saitama|Chiba|Tokyo"
    "|Kanagawa|Niigata|Toyama|Ishikawa|Fukui|Yamanashi|Nagano|Gifu|Shizuoka|Aichi|Mie|Shiga|Kyoto|Osaka"
    "|Hyogo|Nara|Wakayama|Tottori|Shimane|Okayama|Hiroshima|Yamaguchi|Tokushima|Kagawa|Ehime|Kochi"
    "|Fukuoka|Saga|Nagasaki|Kumamoto|Oita|Miyazaki|Kagoshima|Okinawa"
)

# 1-2-3, 1丁目2番3号, 一丁目二番三号, 123番地4, 1丁目2-3-405
_N = r"(?:[0-9]{1,5}|[〇一二三四五六七八九十百]{1,5})"
_DASH = r"(?:[ ]?[-ーの][ ]?)"
_BLOCK = (
    rf"{_N}(?:丁目|番地の?|番町?|号|条|線|{_DASH}(?=[0-9〇一二三四五六七八九十]))"
    rf"(?:[ ]?(?:(?:西|東|南|北){_N}丁目|{_N}(?:丁目|番地の?|番|号室?|号棟|{_DASH}"
    rf"(?=[0-9〇一二三四五六七八九十]))?))"
    rf"{{0,5}}"
)
_HOUSE = (
    r"マンション|ビルディング|ビル|ハイツ|コーポ|アパート|荘|レジデンス|タワー|パレス|メゾン|ヒルズ|ハウス|寮|団地"
    r"|シャトー|プラザ|コート|ハイム|テラス|ガーデン|パーク|レオパレス|ヴィラ|ビラ|シティ|グリーン|館|棟|住宅|フラット"
    r"|エステート|ドミール|カーサ|ホームズ|会館|センター|スクエア"
)
_ROOM = (
    r"(?:[0-9A-Z]{1,2}-)?[0-9]{1,5}(?:号室|号|室|階|F(?![A-Za-z]))?|[A-Z]-?[0-9]{1,4}(?:号室"
    r"|号|室)?|[0-9]{1,2}階"
)
_WORD = rf"[{_HAN}{_KANA}A-Za-z・']"
_BUILDING = (
    rf"(?:[ ,]?{_WORD}{{0,14}}?(?:{_HOUSE}){_WORD}{{0,12}}?(?:[ ]?(?:{_ROOM})(?![0-9]))"
    rf"(?:号室|号|室)?"
    rf"|[ ,]?(?:[{_HAN}]|[ァ-ヺー]|[A-Za-z]){{1,14}}?(?:{_HOUSE})"
    rf"|[ ][ァ-ヺー・A-Za-z{_HAN}]{{2,20}}[ ]?[0-9]{{1,5}}(?:号室|号|室|F(?![A-Za-z]))"
    r"|[ ][ァ-ヺー・A-Za-z]{2,20}[ ]?[0-9]{3,4}(?![0-9A-Za-z年月日時円個#])"
    rf"|[ ]?(?:[0-9]{{1,5}}(?:号室|室)|[0-9]{{1,2}}階|[0-9]{{1,2}}F(?![A-Za-z])))"
)
_TOWN = rf"(?:[{_HAN}{_KANA}]{{1,8}}?[市区郡町村])"
_PLACE = rf"[{_HAN}{_KANA}]{{1,12}}?[ ]?"

_STREET = (
    "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Sq"
    "|Yard|View|Park|Walk|Quay|Green|Rise|Wharf|Estate|Alley|Mall|Terrace|Close|Crescent|Gardens|Parkway|Pkwy|Highway|Hwy|Row|Mews|Grove|Hill|Circle|Cir|Trail"
)
_CAPITAL = r"[A-Z][a-z'.-]{1,8}[A-Za-z'.-]{0,12}"

_ROMAN_PLACE = re.compile(
    rf"(?:\b(?:{_ROMAN_PREFECTURES})|-(?:ku|shi|gun|cho|machi|fu|ken|to)),?[ ]{{1,2}}$"
)
_HYPHENED = re.compile(r"[0-9]{3}-[0-9]{4}")

_UK_POSTCODE = r"[A-Z](?<![A-Za-z0-9-].)[A-Z]?[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}"
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    "|T[NX]|UT|V[AT]|W[AIVY]"
)

_FLAT = re.compile(r"(?:Flat|Apt\.?|Apartment|Unit|Suite|Room) [A-Z]?[0-9]{0,4}[A-Z]?,? $")


def _with_flat(match: re.Match[str]) -> tuple[int, int]:
    said = before(match)
    flat = _FLAT.search(said)
    end = match.start("v") + len(match["v"].rstrip("."))
    return match.start("v") - (len(said) - flat.start() if flat else 0), end


RULES = (
    Rule(
        "postal-mark",
        Type.POSTAL_CODE,
        LABELLED,
        re.compile(
            r"(?:〒|郵便番号|郵便No\.?)[ \t]?[は:が]?[ \t]?[「(]?[ \t]?"
            r"(?P<v>[0-9]{3}[ ]?-?[ ]?[0-9]{4})(?![0-9])"
        ),
        value,
        ("〒", "郵便"),
        numeric=True,
    ),
    Rule(
        "postal-before-place",
        Type.POSTAL_CODE,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>[0-9](?<![0-9A-Za-z-].)[0-9]{2}-[0-9]{4})(?![0-9-])"
            rf"(?=[)」]?[\s,、]{{0,3}}(?:{_PREFECTURES}|{_TOWN}))"
        ),
        value,
        tuple("都道府県市区郡町村"),
        numeric=True,
    ),
    Rule(
        "postal-bare",
        Type.POSTAL_CODE,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>[0-9](?<![0-9A-Za-z-].)[0-9]{6})"
            rf"(?=[\s,、]{{1,3}}(?:{_PREFECTURES}|[{_HAN}]{{1,6}}[市区郡]))"
        ),
        value,
        tuple("都道府県市区郡"),
        numeric=True,
    ),
    Rule(
        "postal-roman",
        Type.POSTAL_CODE,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>[0-9](?<![0-9A-Za-z-].)[0-9]{2}-[0-9]{4})(?![0-9-])(?P<japan>,? Japan"
            r"|,? JAPAN)?"
        ),
        value_if(lambda match: bool(match["japan"] or _ROMAN_PLACE.search(before(match)))),
        clue=_HYPHENED,
        numeric=True,
    ),
    Rule(
        "postal-english",
        Type.POSTAL_CODE,
        LABELLED,
        re.compile(
            r"\b(?:zip(?: ?code)?|post ?code|postal code)(?: is| was)?[ :=]{1,4}"
            rf"(?P<v>[0-9]{{5}}(?:-[0-9]{{4}})?|[0-9]{{3}}-?[0-9]{{4}}|{_UK_POSTCODE}"
            rf"|[A-Z0-9]{{2,4}} ?[A-Z0-9]{{3,4}})"
            r"(?![A-Za-z0-9-])",
            re.IGNORECASE,
        ),
        value,
        ("zip", "post"),
        numeric=True,
    ),
    Rule(
        "postal-state",
        Type.POSTAL_CODE,
        FORMED + 0.05,
        re.compile(rf"(?:{_STATES})\.?,? (?P<v>[0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9A-Za-z-])"),
        value_if(
            lambda match: bool(
                re.search("[a-z.],? $", match.string[max(0, match.start() - 3) : match.start()])
            )
        ),
        clue=re.compile(r"[A-Z]{2}\.?,? [0-9]{5}"),
    ),
    Rule(
        "postal-uk",
        Type.POSTAL_CODE,
        FORMED,
        re.compile(rf"(?P<v>{_UK_POSTCODE})(?![A-Za-z0-9-])"),
        value,
        clue=re.compile(r"[0-9][A-Z0-9]? [0-9][A-Z]{2}"),
    ),
    Rule(
        "address-prefecture",
        Type.ADDRESS,
        CHECKED,
        re.compile(
            rf"(?P<v>(?:{_PREFECTURES})[ ]?[{_HAN}{_KANA} ]{{1,24}}?{_BLOCK}(?:{_BUILDING})?)"
        ),
        value,
        tuple("都道府県"),
    ),
    Rule(
        "address-town",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(
            rf"(?P<v>(?<![{_HAN}{_KANA}])[{_HAN}{_KANA}]{{1,8}}?[市区郡][ ]?"
            rf"(?:{_PLACE})?{_BLOCK}(?:{_BUILDING})?)"
        ),
        value,
        tuple("市区郡"),
    ),
    Rule(
        "address-after-particle",
        Type.ADDRESS,
        FORMED,
        re.compile(
            rf"(?:[はがのをにへもと、]|住所)(?P<v>[{_HAN}]{{1,6}}?[市区郡町村][ ]?"
            rf"(?:{_PLACE})?{_BLOCK}(?:{_BUILDING})?)"
        ),
        value,
        tuple("市区郡町村"),
    ),
    Rule(
        "address-labelled",
        Type.ADDRESS,
        LABELLED,
        re.compile(
            r"(?:ご?住所|お?届け?先|送付先|配送先|居所|所在地)(?:\([^)\n]{0,10}\))?[ ]?(?::|は)[ ]?"
            r"(?:〒?[ ]?[0-9]{3}-?[0-9]{4}[\s,、]{1,3})?"
            rf"(?P<v>(?:(?:{_PREFECTURES})[ ]?)?[{_HAN}{_KANA}]{{1,20}}?"
            rf"(?:[市区郡町村][{_HAN}{_KANA}]{{0,14}}?)?[ ]?{_BLOCK}(?:{_BUILDING})?"
            rf"|(?:{_PREFECTURES})[{_HAN}ヶ]{{1,16}}[市区町村][{_HAN}ァ-ヺー]{{0,14}})"
        ),
        value,
        ("住所", "届け先", "届先", "送付先", "配送先", "居所", "所在地"),
    ),
    Rule(
        "address-street",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>[0-9](?<![A-Za-z0-9.,$£-].)"
            rf"[0-9]{{0,4}}[A-Za-z]? (?:(?:N|S|E|W|North|South|East|West|St)\.? )?"
            rf"(?:{_CAPITAL} ){{1,4}}?(?:{_STREET})\b\.?"
            r"(?:,? (?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Room|#) ?#?[A-Za-z0-9-]{1,6}))?"
            rf"(?:,\s(?!(?:USA?|UK)\b){_CAPITAL}(?: {_CAPITAL}){{0,2}}){{0,2}}(?:, "
            rf"(?:{_STATES})\b)?)"
        ),
        _with_flat,
        clue=re.compile(r"[0-9][A-Za-z]? [A-Z][a-z.]"),
    ),
    Rule(
        "address-box",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(
            rf"(?P<v>P\.?[ ]?O\.?[ ]?Box [0-9]{{1,6}}(?:, {_CAPITAL}"
            rf"(?: {_CAPITAL}){{0,2}})?(?:, (?:{_STATES})\b)?)"
        ),
        value,
    ),
    Rule(
        "address-roman",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>[0-9](?<![A-Za-z0-9.,$£-].)"
            r"[0-9]{0,3}(?:-[0-9]{1,4}){1,3},? [A-Z][A-Za-z]{2,20}(?:-[A-Za-z]{2,20})?"
            rf"(?:,? [A-Z][A-Za-z]{{2,20}}(?:-(?:ku|shi|gun|cho|machi|mura|fu|ken|to))?){{0,2}}"
            rf"(?:-(?:ku|shi|gun|cho|machi)|(?:,? (?:{_ROMAN_PREFECTURES}))"
            r"|(?<=cho)(?:, [A-Z][a-z]{2,20})?|(?<=machi)(?:, [A-Z][a-z]{2,20})?)"
            r"|[0-9]{1,4} [A-Z][a-z]{2,20} [0-9]{1,2}-chome"
            r"(?:, [A-Z][a-z]{2,20}(?:[ -](?:City|shi|ku))?)?)"
        ),
        value,
        clue=re.compile(r"[0-9]-[0-9]{1,4},? [A-Z][a-z]|[0-9]-chome"),
    ),
    Rule(
        "address-roman-town-first",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(
            r"(?P<v>\b(?:[A-Z][a-z]{2,20}-(?:ku|shi|gun|cho|machi),? )?"
            r"[A-Z][a-z]{2,20}(?:-[A-Za-z]{2,20})? [0-9]{1,2}(?:-[0-9]{1,2}){2},? "
            r"(?:[A-Z][a-z]{2,20}(?:-[a-z]{2,6})?|(?:[Rr]oom|[Aa]pt\.?) [0-9]{1,4}))"
        ),
        value,
        clue=re.compile(r"[a-z] [0-9]{1,2}-[0-9]{1,2}-[0-9]"),
    ),
    Rule(
        "address-block",
        Type.ADDRESS,
        FORMED + 0.05,
        re.compile(rf"(?P<v>[ァ-ヺー{_HAN}]{{2,12}}[0-9]{{1,2}}号棟[ ]?[0-9]{{1,4}}号室?)"),
        value,
        ("号棟",),
    ),
)
"""Rules for places."""
