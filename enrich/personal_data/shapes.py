"""What numbers and codes look like, for the rules that read them."""

from __future__ import annotations

import re

# Behind the first character: no part of a longer number or code. It stands there, not before it,
# because a pattern that begins with a set of characters is searched for many times faster.
START = r"(?<![0-9A-Za-z#].)(?<![0-9A-Za-z]-.)(?<![0-9][./].)"
END = r"(?![0-9A-Za-z])(?!-[0-9A-Za-z])"
LONG = re.compile(r"[0-9](?:[- .()]{0,3}[0-9]){6}")
IS = r"[ \t]{0,3}(?:は|が|:|=|#|is|was)?[ \t]{0,3}[「『(\[【#\"']?[ \t]{0,2}"

# Numbers of parcels, devices, goods and contracts look like those of persons.
OTHER_NUMBER = re.compile(
    r"(?:追跡|伝票|送り状|荷物|問い?合わ?せ|会員|顧客|お客様|管理|製造|シリアル|型|品|商品|製品|部品"
    r"|ロット|請求書?|契約|整理|証明|受付|ポイントカード|JAN|ISBN|IMEI|ICCID|SKU|EAN|UPC"
    r"|tracking|serial|model|part|lot|invoice|membership|member|customer|reference|ticket|case)"
    r"[ \t]?(?:伝票)?(?:番号|番|コード|ナンバー|No\.?|ID|number|code|ref)?[^0-9\n。、]{0,10}$",
    re.IGNORECASE,
)
