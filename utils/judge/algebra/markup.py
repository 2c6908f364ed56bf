"""A page as it was pasted, as plain rows: without what only changes how it looks, whether in LaTeX, Markdown or HTML.

Displays and fenced blocks become rows that begin with SET_APART; a row of a table ends with IN_TABLE.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from utils.judge.algebra.notation import DEEPEST

# Letters and signs of a Chinese keyboard, and what is not seen of a formula that comes from a word processor.
UNUSUAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
UNUSUAL |= str.maketrans("〖〗▒\u2061、⟦⟧", "()  ,[]") | {ord("。"): ". "}
NUMBER = re.compile(r"\s*(\d+(?=[.):]?\s)|[a-z](?=[.)]\s))[.):]?\s+")
BECAUSE = re.compile(r"(?:\\because(?![a-zA-Z])|∵)[^\S\n]*")
COMMENT = re.compile(
    r"#.*|(?<!\\)%.*|(?:[←⟵]|<-|\\leftarrow).*|(?:^|(?<=\s))\|\s[^|]*$|(?:^|(?<=\s))//\s.*|(?<=\s)(?:--|;;|(?<=\s\s)[;‖•])\s.*"
)
REMARKED = re.compile(r"^[^\S\n]*[#%]+", re.MULTILINE)  # a text that is all remarks is none
DISPLAYED = (
    r"(?:equation|align(?:at|ed)?|flalign|gather(?:ed)?|multline|(?:IEEE)?eqnarray|displaymath|math|split|array)\*?"
)
ENVIRONMENT = re.compile(
    rf"\\begin\s*\{{\s*({DISPLAYED})\s*\}}(?:\s*\{{[lcrLCR|@.\s]*\}}|\{{[^{{}}]*\}}|\[\w+\])?(.*?)\\end\s*\{{\s*\1\s*\}}"
    r"|\$\$(.*?)\$\$|\\\[(.*?)\\\]",
    re.DOTALL,
)
INLINE = re.compile(r"\$([^$]+)\$|\\\((.*?)\\\)|`([^`\n]+)`")
FENCED = re.compile(r"^\s*```.*\n((?:.*\n)*?)\s*```\s*$", re.MULTILINE)
SET_APART, IN_TABLE = "\u2060", "\u2062"  # are not seen: one begins a row apart from words, one ends a row of cells

TAGGED = re.compile(r"</(?:p|sub|sup|i|b|em|li|div|span)>|<br ?/?>")
TAGS = [(r"<sub>(.*?)</sub>", r"_{\1}"), (r"<sup>(.*?)</sup>", r"^{\1}")]
TAGS += [(r"</?(?:p|br|li|div|tr|h\d)\b[^<>]*>", "\n"), (r"</?[a-z]\w*[^<>]*>", "")]
SAID_BESIDE = re.compile(r"\(\*\s.*?\s\*\)", re.DOTALL)  # a comment of Mathematica

# What only changes how a page looks.
GROUP = r"[^{}]*"
for _ in range(5):  # brackets inside brackets
    GROUP = rf"(?:[^{{}}]|\{{{GROUP}\}})*"
ARGUMENT = rf"\s*(?:\{{({GROUP})\}}|(\\?[a-zA-Z]+|\d))"
MACRO = re.compile(
    rf"\\(?:(?:re)?newcommand\*?|def|DeclareMathOperator\*?)\s*\{{?\s*(\\[a-zA-Z]+)\s*\}}?"
    rf"\s*(?:\[(\d)\]|((?:#\d)*))\s*\{{({GROUP})\}}"
)
UNCOVERED = re.compile(rf"\\(?:only|onslide|uncover|visible|alert)\s*<[^<>]*>\s*\{{({GROUP})\}}")  # on a slide
HEADER = re.compile(r"^\s*\|.*\|\s*\n\s*\|[-:\s|]+\|\s*$", re.MULTILINE)  # of a Markdown table, with the line below it
ROW = re.compile(r"^\s*\|(?:\s*\d+\s*\|)?(.*)\|\s*$", re.MULTILINE)  # without its number
EQUATION = re.compile(r"[=≠]|\\neq?(?![a-zA-Z])")
ENTRYWISE = re.compile(r"\bW_?[12]'|[∘⊙◦]|\.\*|\\(?:odot|circ)(?![a-z])|(?<=[\w)\]'′] )o(?= [\w(\[])")
DASH = r"^[^\S\n]*-[^\S\n]+"  # no minus before an `=`; and where one is none, none is
BULLET, BEFORE_EQUAL = (re.compile(DASH + ahead, re.MULTILINE) for ahead in ("", "(?==)"))
LISTED = re.compile(rf"{DASH}(?=.*(?:=|→))", re.MULTILINE)  # no minus, if several equations begin so
STAR = re.compile(r"(?<!\*)\*(?!\*)")  # which is another product, where one entry by entry has a sign of its own
PICKED, LAST = re.compile(r"(?<=[\w\]])\[([^\[\]\n]*)\]"), re.compile(r"\b([A-Z])\s*-\s*1\b")
FROM_ZERO = re.compile(r"(?<=[\w\]])\[(?:[^\[\]\n]*,)?\s*0\s*[\],]")
PICTURES = "[\u220e\u2460-\u25e5\u25e7-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\ufe0f]"  # boxes, ticks, emoji
GAP, SIZE = "¦", r"\s*\d+\s*(?:×|x|\\times)\s*\d+\s*"
HEADING = re.compile(
    rf"\\(?:chapter|(?:sub)*section|(?:sub)?paragraph|title|author|date|caption|footnote)\*?\s*\{{{GROUP}\}}"
)
# In words, what a name means. What it means begins with a sign, a letter or a function, and not with a word.
SYMBOL = r"(?<![^\W\d_])((?:\\[a-zA-Z]+|[^\W\d_])\d?(?:_\w+|_\{\w+\})?)"
MEANING = r"(?=[\\ŷ∂∑Σ]|[^\W\d_](?![^\W\d_])|[^\W\d_]+[_(/^'])"
SAYS = r"(?i:\b(?:write|put|denote|call|abbreviate))"
LIMIT = r"\\?\blim(?![a-zA-Z])(?:\\limits)?[\s_({\[]*"
GOES = r"(\\?[^\W\d_]\w*|\\Delta\s+\w)\s*(?:\\(?:to|rightarrow)(?![a-z])|→|-+>)\s*(\\?\w+)"
GOES += r"(?:\s*\^?\s*\{?[-+⁺⁻]\}?(?=\s*[)}\]]))?"  # from one side alone
BY = r"(?:\\partial|∂|d)\s*\\?[^\W\d_]\w*(?:_\{\w+\})?"  # what a derivative is taken by
OPERATOR = re.compile(  # of the reader's own: D_i for ∂/∂θ_i
    r"\$?((?:\\partial|[∂D])_(?:\{\w+\}|\w+))\$?\s*(?:for|:?=|≡|denotes?|stands\s+for|means)\s*"
    rf"\$?(\\frac\s*\{{\s*\\partial\s*\}}\s*\{{\s*{BY}\s*\}}|(?:\\partial|∂|d)\s*/\s*{BY})\$?(?=[.,;\s]|$)"
)
LAYOUT = [
    (rf"\band\s+(\$?){SYMBOL}\$?\s+for\s+\$?{MEANING}", r"\nlet \1\2 := "),
    (rf"{SAYS}\s+(\$?){SYMBOL}\$?\s+for\s+\$?{MEANING}", r"let \1\2 := "),
    (rf"{SAYS}\s+(\$?)({MEANING}[^,.;$\n]+?)\$?\s+(?:by|as)\s+\$?{SYMBOL}(?!\w)", r"let \1\3 := \2"),
    (rf"(\$?)(?!I\b){SYMBOL}\$?\s+(?:denotes?|means|stands?\s+for|is\s+short\s+for)\s+\$?{MEANING}", r"\1\2 := "),
    # Of LaTeX's package physics:
    (rf"\\p?dv\s*\{{({GROUP})\}}\s*\{{({GROUP})\}}", r"\\frac{\\partial \1}{\\partial \2}"),
    (rf"\\p?dv\s*\{{({GROUP})\}}", r"\\frac{\\partial}{\\partial \1}"),
    (r"^[^\S\n]*(?:>[^\S\n]*)+(?:\[!\w+\].*)?", ""),  # quoted, or a callout
    (r"^[^\S\n]*\[\d?\d:\d\d\]|^=+[^\S\n]+[A-Z][a-z]+ [^=+*/^_\\\n]*$", " "),  # when it was said; a heading of Typst
    (r'"', " "),  # round words, or a sign that repeats what stands above it
    (r"(?<!\\)\\[^\S\n]*$", " "),  # breaks a line in Typst
    (rf"\\(?:short)?intertext\s*\{{({GROUP})\}}", rf"\n\1\n{SET_APART}"),
    (rf"\\(?:set|addto)counter\s*\{{\w+\}}\s*\{{{GROUP}\}}", " "),
    (rf"\\(?:usepackage|label|(?:eq|c|auto)?ref|cite|tag\*?|[hv]space\*?|[hv]?phantom)\s*\{{{GROUP}\}}", " "),
    (r"\\(?:begin|end)\{(?!cases|.?matrix)[^{}]*\}(?:\{[lcr|@. ]*\})?", " "),
    (r"\\(?:nonumber|notag|noindent|pause|quad|qed|qedhere|item|blacksquare|square|Box|hfill|qty)(?![a-z])", " "),
    (r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*(?![\w(\[{*])", r"\1"),
    (rf"^[^\S\n]*{PICTURES}+|{PICTURES}+[. \t]*$|\\checkmark(?![a-z])|\bQED\b|\b[qQ]\. ?[eE]\. ?[dD]\.", " "),
    (r"(?i:\bsum\s+over\s+(?:all\s+)?)([a-z])\b(?:\s+of\b)?", r"sum_\1 "),
    (r"((?:d|∂|\\partial)\s*/\s*(?:d|∂|\\partial)\s*[\w{}\\]+)\s+of\s+", r"\1 "),
    (r"\bsum(?=\s+(?:over|of|up|to|all|the)\s+[a-z]{3})", "total"),  # a word, and no sign
    (rf"\({SIZE}\)(?:\s*(?:=|→|\\rightarrow|\\to)?\s*\(?{SIZE}\)?)*", " "),  # of a matrix
    (r"^[^\S\n]*([-=*_~])\1{2,}[^\S\n]*$", " "),  # a rule below a heading
    (r"^[^\S\n]*[*•‣·][^\S\n]+", " "),
    (rf"[,.;]?\s*{GAP}\s*\(\d\)[^\S\n]*$", " "),  # the number of an equation
    (r"_\{([i-n]),?\s*([i-n])\s*=\s*1\}\s*\^\s*(?:\{\w+\}|\w)", r"_{\1\2}"),  # a matrix by its entries
    (r"\by\^(?=[_\s)\]]|$)", "ŷ"),
    (rf"{LIMIT}{GOES}\s*[)\]}}]*", r" lim_{\1 ⟶ \2} "),  # whose arrow ends no line
    # W2,ji without brackets:
    (r"(?:(?<=[d∂])|(?<![A-Za-z\\]))([A-Za-z])_?([\d₀-₉]),([i-n1-9]{1,2})(?![\w(])", r"\1_{\2,\3}"),
    (r"^[^\S\n]*_(?=\s*=)|:=\s*(?:by\b.*|rfl\b)", " "),  # of a proof assistant
    (r"\\mapsto(?![a-z])", "↦"),
    (r"(\S+)\s*:\s*(\S+)\s*↦", r"\1(\2) = "),
    (r"\b(?:i\. ?e\.|e\. ?g\.),?", " so "),
    (rf"\\(?:under|over)brace\s*\{{({GROUP})\}}\s*[_^]\s*(?:\{{{GROUP}\}}|\w)", r"{\1}"),
    (rf"\\(?:boxed|fbox|cancel|underline)\s*\{{({GROUP})\}}", r" \1 "),
    (rf"\\(?:overset|underset|stackrel)\s*\{{{GROUP}\}}\s*(?:\{{({GROUP})\}}|(=))", r" \1\2 "),
    (rf"\\(?:right|[bB]igg?[lrm]?)?\s*\|\s*_\s*(?:\{{{GROUP}\}}|\w)|\\left\.|\{{\s*\}}", " "),
    (r"^[^\S\n]*(?:\((?:\d|[a-h])\)[\s·*×⋅+,&]*)+:", " "),  # (a)·(b): tells which lines are used
    (
        r"^[^\S\n]*(?:(?:(?:\d[\d.]*[a-d]?|[a-z])\)|\d+\s*\||\(\s*(?:\d+|[a-g]|i{1,3}|i?vi{0,3})\s*\)|\d+\.\)?(?!\s+[-+*/@])|[-*•](?=\s*=))(?:[^\S\n]+|$))+",
        " ",
    ),
]
LAYOUT = [(re.compile(pattern, re.MULTILINE), plain) for pattern, plain in LAYOUT]
QUAD = re.compile(
    r"\\q?quad(?![a-zA-Z])|&\s*&|&(?=\s*\\text)|(?<=[\w})\]])\s*&(?=\s*[\w({]|\s*\\(?!cdot|times|circ|odot))"
)
LED = re.compile(r"(\\(?:therefore|implies|iff|(?:[Ll]ong)?[Rr]ightarrow)|[⇒∴→⟹⇔⟺])(?:[^\S\n]|\\q?quad(?![a-zA-Z]))+")
STYLED = re.compile(r"[ \t]?\\(?:text|textrm|textbf|textit|mbox|mathrm)\s*\{(" + GROUP + r")\}[ \t]*")

SAME = r"[i-n]\s*(?:==?|\\neq?(?![a-zA-Z])|≠|!=)\s*[i-n]"
ANY_SAME = SAME.replace("[i-n]", "(?<![a-zA-Z])[a-z](?![a-zA-Z])")  # of two cases told in turn

MATRIX = re.compile(
    r"\\begin\{([pbvB]?matrix)\}(.*?)\\end\{\1\}"
    r"|\\left[(\[]\s*\\begin\{array\}\s*\{[lcr\s]*\}(.*?)\\end\{array\}\s*\\right[)\]]",
    re.DOTALL,
)
NOTHING = re.compile(r"(?:0?|\\[cdv]?dots|\\ddots|⋱|⋯|⋮|…)")
BY_CASES = re.compile(r"\\begin\{cases\}([^&]*)&(.*?)\\\\(?:\[[^\]]*\])?([^&]*)(.*?)\\end\{cases\}", re.DOTALL)
LONGEST = 20_000  # characters of a text with its own commands written out


def plain_rows(text: str, is_name: Callable[[str], bool]) -> str:
    """The text, in which line breaks, words, formulas between signs of their own and columns are left. is_name: whether
    a word in a style of its own belongs to a formula."""
    if TAGGED.search(text):
        for pattern, plain in TAGS:
            text = re.sub(pattern, plain, text)
        text = html.unescape(text)
    if operator := OPERATOR.search(text):
        text = re.sub(rf"{re.escape(operator[1])}\s*", lambda _: f"{operator[2]} ", text.replace(operator[0], " "))
    text = PICKED.sub(_from_one, text) if FROM_ZERO.search(text) else text
    text = UNCOVERED.sub(r"\1", SAID_BESIDE.sub("", text.replace("%*%", " @ ")))
    text = ROW.sub(lambda row: row[1].replace("|", "  ") + IN_TABLE, HEADER.sub("", text.translate(UNUSUAL)))
    text = FENCED.sub(_set_apart, HEADING.sub(" ", _expanded(text)))
    plain = uncommented(text)
    text = _unnumbered(plain if plain.strip() else REMARKED.sub("", text))
    text = MATRIX.sub(_by_entries, BY_CASES.sub(in_one_line, text))
    if "\\documentclass" in text or "\\begin{document}" in text:
        text = text.rpartition("\\begin{document}")[2].partition("\\end{document}")[0]
    text = QUAD.sub(GAP, LED.sub(r"\1 ", BECAUSE.sub(" because ", ENVIRONMENT.sub(_in_one, text))))
    text = STYLED.sub(lambda found: found[0] if is_name(found[1].strip()) else f" {found[1].strip()} ", text)
    text = BULLET.sub(" ", text) if BEFORE_EQUAL.search(text) else text
    for pattern, plain in LAYOUT:
        text = pattern.sub(plain, text)
    if ENTRYWISE.search(text) and "@" not in text:
        text = STAR.sub("·", text).replace(".·", "∘")
    return LISTED.sub(" ", text) if len(LISTED.findall(text)) > 1 else text


def _from_one(found: re.Match[str]) -> str:
    """What picks an entry where they are counted from 0, as in code."""
    places = (place.strip() for place in found[1].split(","))
    return "[" + ", ".join(str(int(n) + 1) if n.isdecimal() else LAST.sub(r"\1", n) for n in places) + "]"


def uncommented(text: str) -> str:
    return "\n".join(COMMENT.sub("", line) for line in text.split("\n"))


def _expanded(text: str) -> str:
    """With what the text's own commands of LaTeX stand for in their places; as it is, where they make it too long."""
    whole = MACRO.sub("", text)
    for command, count, named, meaning in MACRO.findall(text):
        used = re.compile(rf"{re.escape(command)}(?![a-zA-Z])" + ARGUMENT * int(count or len(named) // 2))

        def meant(found: re.Match[str], meaning: str = meaning) -> str:
            given = [a or b or "" for a, b in zip(*[iter(found.groups())] * 2, strict=True)]
            return re.sub(r"#(\d)", lambda at: "".join(given[int(at[1]) - 1 : int(at[1])]), meaning)

        for _ in range(DEEPEST):  # one inside the other
            before, whole = whole, used.sub(meant, whole)
            if len(whole) > LONGEST:
                return text
            if whole == before:
                break
    return whole


def _unnumbered(text: str) -> str:
    """Without the numbers of the lines, if they count from 1 on, or from a."""
    lines = [line for line in text.split("\n") if line.strip()]
    found = [NUMBER.match(line) for line in lines]
    counted = [number and number[1] for number in found]
    if len(lines) < 2 or counted not in ([*map(str, range(1, len(lines) + 1))], [*"abcdefghijkl"[: len(lines)]]):
        return text
    return "\n".join(line[number.end() :] for line, number in zip(lines, found, strict=True))


def _in_one(found: re.Match[str]) -> str:
    """A block of LaTeX, which breaks its lines at `\\\\` alone; set apart from words."""
    block = next(filter(None, found.groups()[1:]), "").replace("\n", " ").replace("$", "")
    return f"\n{SET_APART}{block}\n"


def _set_apart(fenced: re.Match[str]) -> str:
    """The rows of a fenced block, each apart from words."""
    return re.sub("^", SET_APART, fenced[1], flags=re.MULTILINE)


def in_one_line(found: re.Match[str]) -> str:
    """What has one value where two letters are equal and another where they are not, as one sum."""
    first, told, second, told_second = (part.strip(" \n,&.") for part in found.groups())
    case = re.search(ANY_SAME, told)
    if case is None and (case := re.search(ANY_SAME, told_second)):
        first, second = second, first
    if case is None or first.count("(") != first.count(")"):  # it is a remark in brackets
        return found[0]
    letters, same = re.findall(r"(?<!\\)\b[a-z]\b", case[0]), re.fullmatch(r"[^!≠\\]*", case[0])
    equal = f"1[{letters[0]} = {letters[-1]}]"
    first, second = (first, second) if same else (second, first)
    return f"(({first}) {equal} + ({second}) (1 - {equal}))"


def _by_entries(found: re.Match[str]) -> str:
    """A matrix by its entries, of which some stand for the others: one of a diagonal, or of entries i, j."""
    plain = re.sub(r"\\text\s*\{(?:\s|\\[Ll]arge|\\LARGE|\\[Hh]uge)*0\s*\}", "0", found[2] or found[3]).strip()
    rows = [[cell.strip() for cell in row.split("&")] for row in re.split(r"\\\\(?:\[[^\]]*\])?", plain)]
    rows = [row for row in rows if any(row)]
    inside = [(m == n, cell) for m, row in enumerate(rows) for n, cell in enumerate(row)]
    diagonal = [r"\dots" if NOTHING.fullmatch(cell) else cell for here, cell in inside if here]
    first, last = (rows[0][0], rows[-1][-1]) if rows else ("", "")
    if len(rows) > 1 and all(here or NOTHING.fullmatch(cell) for here, cell in inside) and last == diagonal[-1]:
        return rf"\operatorname{{diag}}({', '.join(diagonal)})"
    corner = rows[0][-1] if rows else ""
    counted = re.sub(r"_(?:([\dA-Z])|\{([\dA-Z])\})", lambda n: f"_{'i' if '1' in n.groups() else 'j'}", corner)
    alike = [re.sub(r"_(?:[\dA-Z]|\{[\dA-Z]\})", "_", cell) for cell in (first, corner, last)]
    if counted != corner and len({*alike}) == 1 and {"_i", "_j"} <= {*re.findall("_[ij]", counted)}:
        return rf"\left[{counted}\right]_{{ij}}"
    return rf"\begin{{{found[1]}}}"
