"""A line of any alphabet in plain letters: θ is theta, `\\hat y` is y_hat, ² is ^{2}, and ᵢⱼ is _{ij}.

Also what other tools write: Typst, AsciiMath, word processors, MATLAB, Julia, R, SymPy and Mathematica.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache, partial

# What computer algebra calls what is called otherwise here.
ALGEBRA = {"Derivative": "D", "Diagonal": "diag", "DiagonalMatrix": "diag", "KroneckerDelta": "delta"}
ALGEBRA |= {name: name.lower() for name in ("Sum", "Exp", "Log", "Sqrt")}
PARTIAL = "partial|del|diff?"  # in place of ∂
HAT = "\u0302"
# Cyrillic, Hebrew, Arabic, Devanagari, Chinese, Japanese, Korean:
OTHERS = "Ѐ-ӿא-ת\u0620-\u064aऄ-हぁ-ヿ一-鿿가-힣"  # of which no letter stands in a formula
STYLES = r"\\(?:text|textbf|textrm|textit|math[a-z]+|boldsymbol|bm|operatorname\*?)(?![a-z])"
INDEX = r"\s*_\s*(?:\{[^{}]*\}|\w)"
LAYER = r"\s*\^\s*\{\s*[(\[]\s*(\d)\s*[)\]]\s*\}"


@lru_cache(1024)
def plainly_spelled(text: str, names: tuple[str, ...] = ()) -> tuple[str, list[int]]:
    """A line in plain letters, and the column that each of them comes from; one more for the end of the line.

    names: those of its setting; what ends in a number may stand in two pieces.
    """
    columns = list(range(len(text) + 1))
    for pattern, change in (*_spellings(), *_below(names)):
        before = len(text) + 1
        while len(text) < before:  # one style may stand inside another
            before, pieces, at, end = len(text), [], [], 0
            for found in pattern.finditer(text):
                new = change(found) if callable(change) else found.expand(change)
                pieces += text[end : found.start()], new
                at += columns[end : found.start()] + [columns[found.start(found.lastindex or 0)]] * len(new)
                end = found.end()
            text, columns = "".join([*pieces, text[end:]]), at + columns[end:]
    return text, columns


@cache
def _spellings() -> list[tuple]:
    """What a line may be spelled with, and what it is in plain letters: a pattern, or a function of what was found."""
    raised, lowered = _made("<super>"), _made("<sub>")
    letters = rf"(?P<raised>[{raised}]+)|(?P<lowered>[{lowered},]*[{lowered}])|[^\W\d_] ?{HAT}|[^\S ]|[^\x00-\x7f]"
    rules = [
        (r"(?<=_)\s*(?:\\ell(?![a-z])|ℓ)|(?<=\{)(?:\\ell(?![a-z])|ℓ)(?=\s*[},\s=]*[\w}\\])", "l"),
        ("ℓ", " ell"),  # elsewhere no letter that counts
        (letters, _in_plain_letters),
        (rf"{STYLES}\s*(?:\{{\s*([^{{}}]*?)\s*\}})?", r" \1"),
        (r"\\(?:wide)?hat\s*(?:\{\s*([a-zA-Z])\s*\}|([a-zA-Z]))", r" \1\2_hat"),
        (r"yhat(?![a-zA-Z])", "y_hat"),
        (r"(?<![\w.])(?:np|numpy|math)\s*\.\s*(?=[a-z])", ""),
        (r"(?<![\w\\])d_\{?([i-n])\s*,?\s*([i-n])\}?(?!\w)", r"delta_{\1\2}"),
        (r"(?<![\w\\])I(?=\s*(?:[\[({_]|\\\{))", "1"),  # the indicator
        (rf"\\(?:wide)?hat\s*\{{\s*([a-zA-Z])({INDEX})\s*\}}", r" \1_hat\2"),
        (rf"(?<=[a-zA-Z])({INDEX})?{LAYER}", r"_\2\1"),  # W^{(2)}_{ji} is W_2_{ji}
        (r"(?<![A-Za-z]{2})[(\[]\s*([A-Za-z](?:\d|_\d|_\{\d\}))\s*[)\]](?=\s*_)", r" \1"),  # and so is (W_2)_{ji}
        (r"(\\[dtc]?frac)(?:\s*(\d)|\s+([a-z]))\s*(\d|[a-z])(?![a-z])", r"\1{\2\3}{\4}"),
        (r"(\\sum\s*)_\s*([a-z])(?=[a-zA-Z])", r"\1_{\2} "),  # of LaTeX, where one letter stands below
        (r"\\Delta(?:\s+|\{\s*\})?([a-z])(?![a-z])", r"Δ\1"),
        (r"√", r" \\sqrt "),
        # Typst and AsciiMath write words in place of commands; Julia and MATLAB a dot before a sign entry by entry, and
        # round brackets round an index; SymPy and Mathematica a range behind the letter of a sum.
        (r"(?<![\\\w])hat(?:\s*\(\s*([a-zA-Z])\s*\)|\s+([a-zA-Z])(?![a-zA-Z]))", r" \1\2_hat"),
        (rf"(?<=\()(?:{PARTIAL})(?=[\s)])|(?<![\\\w])(?:{PARTIAL})(?=\s*/)", "∂"),
        (r"(?<=[\w)\]}])\s+(?:dot|times)\s+(?=[\w([{\\∂-])", "·"),
        (r"(?<=[\w)\]}])\s+compose\s+(?=[\w([{\\∂-])", "∘"),
        (r"(?<=\s)(?:thin|med|thick|quad)(?=\s|$)", ""),
        (r"(?<=[\w)\]}'’])\.(?=[-+*/^('])|(?<=\s)\.(?=[-+*/^])", ""),
        (r"(?<=[a-zA-Z\d])(?:\[\[([^\[\]]*)\]\]|\(\s*([i-n]|[i-n\d:]\s*,\s*[i-n\d:])\s*\))", r"_{\1\2}"),
        (r"_(\d)([i-n])(?!\w)", r"_{\1\2}"),
        (r"\(\s*([a-z])\s*==\s*([a-z])\s*\)", r"1[\1 = \2]"),
        (r"(?<![\w\\])(?:simplify|together|expand|factor|cancel)(?=\()", ""),
        (rf"(?<![\w\\])(?:{'|'.join(ALGEBRA)})(?=[(\[])", lambda found: ALGEBRA[found[0]]),
        (r",\s*([a-z])\s*=\s*[01]\s*(?:\.{2,3}|…|:)\s*\w+(?=\s*\))", r", \1"),  # and Maple j = 1..K
        (r",\s*[({]\s*([a-z])\s*,(?:\s*[01]\s*,)?\s*\w+\s*[)}]", r", \1"),
        (r"(?<![\w\\])t\(\s*(\w+)\s*\)", r"\1^T"),  # of R, as is c(...), which makes a row
        (r"(?<=\()c(?=\()", ""),
        # A word processor puts what stands below, and above and below a fraction bar, into round brackets.
        (r"_\s*\(([^()]*)\)", r"_{\1}"),
        (r"\(\s*(∂(?:[^()+−-]|\([^()]*\))*)\)(?=\s*/\s*\(?\s*∂)", r"\1"),
        (r"\(\s*d\s*([a-zA-Z]\w*)\s*\)(?=\s*/\s*\(?\s*d)", r"d\1"),
        (rf"(?<=/)\s*\(\s*((?:∂|d(?=\s*[a-z]))\s*\w+?(?:{INDEX})?)\s*\)", r"\1"),
        (r"(?:(?<![\w'’′])|(?<=[{_][i-n]))([i-n])\s*(?:['’′]|\^\s*\{?\s*\\prime\s*\}?)", _another_letter),
    ]
    return [(re.compile(pattern), change) for pattern, change in rules]


@lru_cache(256)
def _below(names: tuple[str, ...]) -> list[tuple]:
    """What names may be spelled with that end in a number or a word: `W_2` and `w_2` are W2, `W_{2,ji}` is W2_{ji}, and
    `\\delta_{\\theta}` is delta_theta."""
    stems = dict.fromkeys(name.rstrip("0123456789") for name in names if name[-1].isdigit())
    either = {stem: stem if stem.lower() in stems else f"(?i:{stem[0]}){stem[1:]}" for stem in stems}
    below = r"(?:_?\d+|\s*_\s*\{\s*\d+\s*\}|\s*_\s*\{\s*\d+\s*,?)"
    rules = [(re.compile(either[stem] + below), partial(_joined, stem)) for stem in stems]
    name = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    rules.append((re.compile(rf"(?<![\w\\])d({name})d({name})(?!\w)"), r"(d\1/d\2)"))  # dJdx
    for stem, _, word in (name.rpartition("_") for name in names if "_" in name):
        spelled = rf"{stem}\s*_\s*(?:\{{\s*\\?{word}\s*\}}|\\?{word}(?![^\W\d_]))"
        rules.append((re.compile(spelled), f"{stem}_{word}"))
        rules.append((re.compile(rf"{stem}\s*_\s*\{{\s*\\?{word}\s*,"), f"{stem}_{word}_{{"))  # δ_{h,j}
    return rules


def _joined(stem: str, found: re.Match[str]) -> str:
    number = "".join(filter(str.isdecimal, found[0]))
    return f"{stem}{number}" + "_{" * ("{" in found[0] and "}" not in found[0])


def _made(kind: str) -> str:
    """The letters that Unicode makes of others in one way, such as <super>."""
    return "".join(c for c in map(chr, range(0x80, 0x2E80)) if unicodedata.decomposition(c).startswith(kind))


def _in_plain_letters(found: re.Match[str]) -> str:
    """What a letter is made of, as Unicode itself tells; 𝜃 of a word processor is θ."""
    plain, apart = (unicodedata.normalize(form, found[0]) for form in ("NFKC", "NFKD"))
    if plain.isspace():
        return " "
    if found["raised"] or found["lowered"]:
        return f"{'^' if found['raised'] else '_'}{{{plain}}}"
    letter, hat = (apart[0], "_hat") if HAT in apart[1:] else (plain, "")  # of a hat, wherever it stands
    name = unicodedata.name(letter[0], "").replace("LAMDA", "LAMBDA")  # as everybody else spells it
    return (name.rpartition(" ")[2].lower() if name.startswith("GREEK SMALL LETTER ") else letter) + hat


def _another_letter(found: re.Match[str]) -> str:
    """j' is a letter of its own, of those that nothing else is called by."""
    return chr(ord(found[1]) + ord("q") - ord("i"))
