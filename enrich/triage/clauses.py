"""What around a match denies it, supposes it, or puts it into another's mouth.

A pattern with BEFORE in its name is searched before a match and reaches up to it; one with AFTER
stands right behind it. All are bounded.
"""

from __future__ import annotations

import re

# A verb or noun that is denied right behind the match: はなかった, しておりません, には至らず.
# 痛みが取れない denies no pain, 相談しないといけない no plan.
DENIED_AFTER = re.compile(
    r"(?:[はがもをにでとの、]|など|等|者|人|って|とか|まで){0,3}(?:特に|まだ|一切|全く|まったく|幸い|何も|誰も)?"
    r"(?:し|され|なり|なら|いたし|行か|行って|至ら|出|出て|起き|起こ[らり]|あり|ござい|て|で|い|お|来|受け|負わ|かから?|見え){0,3}"
    r"(?:(?:ない(?!と(?:いけ|なら|だめ|ダメ|気|困)|では|わけ|か(?![らっ]))|なか(?:った|っ)|なく(?!ては|ちゃ)(?:て(?!は))?|"
    r"ませ(?:ん(?!か)|ず)|りませ(?:ん(?!か)|ず)|ず(?:に|と|、|済|$)|無(?:い|し|く|かった)|なし|ゼロ|いな(?:い|かった)|おらず))"
    r"|(?:を|は)?(?:免れ|避けられ|防げ|せずに?済|しなくて済)"
    r"|(?:は|も)?(?:治り|直り|収まり|解決し|完治し)"
)
# The intention is denied, a few words on: つもりはない, ほどのことではない, とは言いません.
NOT_MEANT = re.compile(
    r"[^。、!?\n]{0,14}?(?:とは|とまでは|まで(?:は|も)|ことは|たい(?:わけ|訳)|(?:つもり|気|考え|予定|わけ|訳|ほど|意図|必要|筋合い|権利)"
    r"(?:[^。、]{0,8}?で)?(?:は|も|まで(?:は)?|など)?)"
    r"[^。、!?\n]{0,4}?(?:ない(?!と)|なく|あり?ませ|ございませ|毛頭|せん|しない|言わ(?:ない|ん)|言いませ|申しませ|申し上げませ"
    r"|思(?:わな|いませ|って(?:い|お)(?:ない|ませ|りませ))|求めませ|求めな|望みませ|望まな|いたしませ)"
)
NOT_WANTED = re.compile(
    r"(?:は|も|等は|など(?:は)?|まで(?:は)?|の(?:必要|ほう|方)は|して(?:いただ|もら)(?:かなくて|わなくて|く必要は|う必要は))?"
    r"[^。、!?\n]{0,4}?(?:結構(?:です|でし)|不要|要りませ|いりませ|いらない|要らない|求め(?:て(?:い|お))?(?:ませ|ない|りませ)"
    r"|望んで(?:い|お)?(?:ない|ませ|りませ)|希望(?:は)?(?:しませ|しない|いたしませ)|遠慮|必要(?:は)?(?:ありませ|ございませ|ない|な))"
)
DENIED_BEFORE_EN = re.compile(
    r"\b(?:no|not|never|without|nobody|no one|none of (?:us|them)|neither|nor|cannot|zero|free of"
    r"|n't|aren't|isn't|wasn't"
    r"|weren't|won't|don't|doesn't|didn't|haven't|hasn't|hadn't|wouldn't|couldn't|can't|(?:from"
    r"|against) being)"
    r"(?: (?!(?:i|we|you|it|he|she|they|my|his|her|the|but|and|or|so|only|until|before|when|then"
    r"|long|stop|believe|warning)\b)[\w']{1,15}){0,3} ?$"
)
NOT_SENT_EN = re.compile(
    r"\b(?:no (?:intention|wish|plan|need|reason) (?:of|to)|not (?:going|planning|asking|looking"
    r"|interested|here|trying|about|after|demanding|wanting)"
    r"|(?:do|am|are|is|was|did|will|would)(?:n't| not) (?:want|need|ask|expect|demand|mean|plan"
    r"|intend|going|asking|looking|seeking|threatening))"
    r"\b[^.!?;,\n]{0,40}$|\b(?:rather than|instead of)\b[^.!?;,\n]{0,12}$"
)
# Near misses and what-ifs; an injury that was only feared.
SUPPOSED_BEFORE = re.compile(
    r"(?:もし|もしも|万一|万が一|仮に|たとえば|例えば)[^。!?\n]{0,40}$"
    r"|\b(?:if|in case|what if|suppos\w{1,4}|imagine|could|might|risk of|danger of|afraid|worried"
    r"|fear(?:ed|ing)?|prevent|avoid|protect(?:s|ion)? (?:from|against)|before (?:someone|somebody"
    r"|anyone|anybody|a child)|waiting for|in the event of)\b[^.!?;,\n]{0,28}$"
    r"|\b(?:nearly|almost)\b[^.!?;,\n]{0,8}$"
)
SUPPOSED_AFTER = re.compile(
    r"[^。、!?\n]{0,8}?(?:場合|ところ(?:でし|だっ)|かけ(?:た|まし)|そうに(?:な|感)|寸前|たらどう|たら困|たら怖|たら誰"
    r"|たら、?責任|リスク|(?:する|ない|ません)か(?:心配|不安|と(?:心配|不安|思い))|ことがあると"
    r"|こと(?:は|が)?(?:あり|ない|ござい)(?:ます|でしょう|の?です)か|そうで(?:怖|心配|不安|す))"
    r"|の?(?:予防|防止|対策)"
    r"|[^.!?;\n]{0,12}\b(?:risk|hazard warning|prevention|policy|cover(?:age)?|insurance)\b"
)
ELSEWHERE = re.compile(
    r"(?:昔|かつて|他社|他メーカー|他店|他の(?:会社|メーカー|店|業者)|よその|別の(?:会社|メーカー|店|ブランド|業者)|ニュース(?:で|を)|報道"
    r"|戦争|幼い(?:頃|ころ)|子供の(?:頃|ころ)|若い(?:頃|ころ)|数年前|何年も前|学生時代|映画|ドラマ|小説|ゲーム内|漫画)[^。!?\n]{0,36}$"
    r"|\b(?:years ago|as a child|another (?:company|brand|shop|maker|firm)"
    r"|a? ?different (?:company|brand|firm|shop)|competitors?|other brands?"
    r"|(?:on|in) the news|i read (?:that|about)|in the (?:film|movie|book|novel|game|story|series"
    r"|episode))\b[^.!?\n]{0,45}$"
)
# Told as another's words, with or without quotation marks.
TOLD_AFTER = re.compile(
    r"[^。!?\n]{0,6}?(?:と|って|など|とか|なんて|等)(?:まで|も|は|いう|言う|の|、){0,3}[^。!?\n]{0,14}?"
    r"(?:言われ|いわれ|怒鳴|どな(?:ら|り|っ)|脅(?:さ|迫)|罵|ののし|暴言|言い放|吐き捨|叫ば|叫(?:ん|び)(?:だ(?:店|社|男|女|客)|まし)"
    r"|言って(?:き|い)|言い(?:まし|出)"
    r"|言った(?:ん|の|店|社|男|女|方|人)|言っていた|呼ばれ|呼ばわり|返され|書かれ|書き込まれ|笑われ|メールが(?:来|届)|電話が|の一点張り|との(?:返|発|言|メ)"
    r"|言う(?:店|社|担|スタッフ|の(?:は|が)|んです)|された|されまし|扱い)"
)
TOLD_BEFORE_EN = re.compile(
    r"\b(?:he|she|they|who|staff|driver|manager|clerk|employee|guard|agent|man|woman|guy|boy|girl"
    r"|lad|collector|someone|somebody|customer|guest|neighbour"
    r"|neighbor|passenger|teacher|nurse|doctor|boss|colleague|waiter|waitress|receptionist"
    r"|assistant|adviser|caller|voice|it|patient|player)s?\b[^.!?\n]{0,30}"
    r"\b(?:said|says|saying|told|tells|telling|threaten\w{0,4}|shout\w{0,3}|yell\w{0,3}"
    r"|scream\w{0,3}|call(?:s|ed|ing) (?:me|us|him|her|them|my|our|the|a)"
    r"|warned|wrote|texted|hiss\w{0,3}|mutter\w{0,3}|repl(?:y|ied)|answered|asked)\b[^.!?\n]{0,34}$"
    r"|\b(?:i|we|my (?:wife|husband|son|daughter|mother|father|child))(?: was| were| am"
    r"|'m)? (?:been )?(?:told|called|threatened)\b[^.!?\n]{0,34}$"
    r"|\b(?:call(?:s|ed|ing)?) (?:me|us|him|her|my [\w]{2,12}|our \w{2,12})\b[^.!?\n]{0,16}$"
)
TOLD_AFTER_EN = re.compile(
    r"[\s,]{0,2}(?:[^.!?\n]{0,10}\b)?(?:he|she|they|the \w{3,14}|your \w{3,14}|one of (?:your"
    r"|the) \w{3,14})(?: \w{3,12})? (?:said|told|shouted|yelled|screamed|wrote|threatened|replied"
    r"|hissed|says)\b"
)
OWN_WORDS = re.compile(
    r"[、]?(?:と|って)(?:だけ)?(?:伝え(?:ろ|て|と)|言(?:って(?:おけ|おい|やれ|やる|やりた|やっ|る|ん)|っと(?:け|く|い)|いた|わせ|う(?:よ"
    r"|ぞ|から))|思(?:う|い|って(?:い|る|お))"
    r"|書(?:く|いて|き|か)|叫びた|要求|求め|警告|宣言)"
)
OWN_WORDS_EN = re.compile(
    r"\b(?:i|we)(?:'ll| will| have|'ve|'d| would| want to)? (?:said|told|tell|say|wrote|repeat"
    r"|promise|warn(?:ed)?|shouted|swear|demand|call)\b[^.!?\n]{0,30}$"
    r"|\btell (?:him|her|them|that|your|the)\b[^.!?\n]{0,30}$"
)
# One's own folly, or how one was made to look, insults nobody.
OF_ONESELF = re.compile(
    r"(?:私|わたし|自分|僕|俺|うち|わし|こちら)(?:の(?:ほう|方))?(?:が|は|も|の|って)(?:本当に|ほんとに)?$"
    r"|\b(?:i(?:'m| am| was| felt| feel)|my|myself|we(?:'re| are| were| felt)|made? (?:me"
    r"|us) (?:feel|look)|makes (?:me|us)|treat\w{0,3} (?:me|us|\w{2,10})|felt|feel"
    r"|look(?:ed)?|sound(?:ed)?)(?: (?:like|as if|as|such|just|so|a bit|complete|total|an?|some"
    r"|the)){0,4}(?: \w{2,10})? ?$"
)
MADE_TO_FEEL = re.compile(
    r"(?:みたい|のよう|扱い|呼ばわり|だと思(?:われ|って(?:い|る))|に(?:さ|し)(?:れ|な|て|や))"
)
SARCASM = re.compile(
    r"[(](?:笑|棒|呆|怒|苦笑|爆|爆笑|皮肉|嫌味)[)]|w{2,20}(?!\w)|笑$|🙄|👏|😒|🙃|💢|😡|さすがです(?:ね|わ|こと)|お見事|ご立派|大したもの"
    r"|\b(?:slow clap|well done you|thanks for nothing|bravo|what a (?:joke|surprise)|oh (?:great"
    r"|wonderful|fantastic|brilliant)|yeah right|/s\b)"
    r"|[\"'](?:great|excellent|wonderful|service|help|care|customer)\b"
)
