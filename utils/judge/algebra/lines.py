"""A text cut into the lines of a derivation, whether it was typed into a cell or is a page of LaTeX.

`=` opens the next line wherever it stands, inside brackets excepted; so do a line break, `\\\\` and an arrow. What is
said in words beside the formulas is left out. In a sentence a formula is claimed, holds under a condition, or is only
mentioned (`Line.said`); which of these are lines is for the judge to say, who knows their values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from utils.judge.algebra.markup import (
    ANY_SAME,
    COMMENT,
    EQUATION,
    GAP,
    GROUP,
    IN_TABLE,
    INLINE,
    SAME,
    SET_APART,
    SIZE,
    in_one_line,
    plain_rows,
    uncommented,
)
from utils.judge.algebra.notation import FUNCTIONS, LETTERS, is_unknown
from utils.judge.algebra.spelling import OTHERS, PARTIAL, plainly_spelled

BREAK = re.compile(
    r"\\\\(?:\[[^\]]*\])?|\\(?:[Ll]ong)?(?:[Ll]eft)?[Rr]ightarrow(?![a-zA-Z])|\\(?:implies|therefore|iff|to)(?![a-zA-Z])|[⇒∴→⟹⇔⟺\n]|<?[=-]+>"
    r"|(?<=\s)—(?=\s)|\.(?=\s+[A-Z][a-z])|(?<=[^\d\s.])\.(?=\s+[^T\s])|(?<== \d)\.(?=\s+[\w∂\\])"
)
END = re.compile(rf"{INLINE.pattern}|(?P<end>{BREAK.pattern})")  # of a statement; what is in a formula ends none
MARK = re.compile(
    r"(?P<equal>:=|=:|≡|\\equiv|(?<![!<>])==?)|(?P<part>(?<!\\)[,;:¦](?![ₐ-ₜᵢ-ᵥⱼ]))|(?P<open>[(\[{])|[)\]}]"
)

# What is said in words. A word is one if it stands alone, has no meaning in a formula, and is among those that join
# sentences, or beside another word, or all that stands before a comma, a colon or a bracket.
_JOINING = "and or so then now hence thus therefore finally gives get is where for if case when with let write recall "
_JOINING += "denote aka"
_REASONS = "since because bc as given by using from see"
_COMMON = "we the this that these only both here term terms in of at it which done wrt"
_VERBS = "is are does do depends depend has have contains contain vanishes vanish cancels cancel means"
JOINING, REASONS, VERBS = set(_JOINING.split()), set(_REASONS.split()), set(_VERBS.split())
SAID = JOINING | REASONS | VERBS | set(_COMMON.split())
WORDS = rf"(?:{'|'.join(sorted(JOINING - {'let', 'with'}))})(?![\w(])"
BETWEEN = r"[\s&,:;{}]|\\[,;:! ]"
ANY_WORDS = f"(?i:{WORDS})"
CASE = re.compile(rf"(?:{BETWEEN}|{ANY_WORDS})*({SAME})(?![\w\[])(?:{BETWEEN}|{ANY_WORDS})*|\s*{ANY_WORDS}[\s&,:]*")
FOR_CASE = re.compile(
    rf"\b(?:for|if|when|with|in\s+(?:the\s+)?case)\s+({ANY_SAME})(?=\s*(?:[:,.;)]|$|and\b|so\b))", re.MULTILINE
)
# Before a formula by itself: that what stands above is this. All else that a sentence mentions is no line.
ADVERB = r"(?:\s+(?:then|now|just|simply|again|also|exactly|only|finally))?"
CLAIM = re.compile(
    rf"(?i)(?:\b(?:which|that|this|it|answer|result){ADVERB}\s+(?:is|equals|becomes)"
    rf"|\b(?:which|that|this){ADVERB}\s+gives|\b(?:we|I|and|to){ADVERB}\s+(?:get|obtain|have)"
    rf"|\b(?:hence|so|thus|then|therefore|finally)){ADVERB}\s*:?\s*$"
)
# Under which a sentence says that something holds: told by words alone, or by words and what letters are then.
CONDITION = re.compile(r"(?i)\b(?:if|at|unless|otherwise|suppose|assume|consider)\b")
IN_CASE = re.compile(rf"(?i)(?=.*\b(?:for|when|whenever|where|with|case)\b).*(?:⟦|{ANY_SAME})")
SIGNS = re.compile(r"[-−+*/=^_∂∇Σ∑\\]")  # of a formula
NOTED = re.compile(r"⟦(.)(.)(.)⟧")  # such a case, until its line is known
ASIDE = re.compile(
    rf"(?<=[\w)\]}}}}])(?:\s+\(\s*({SAME})\s*\)|\s*,\s*{GAP}?\s*({SAME})"
    rf"|\s*{GAP}(?:[A-Za-z\s,:(\[]*({SAME})\s*[)\]]?|\s*[a-z]{{3,}}))(?:[\s.,]*$|(?=\s*,))"
)
# A column of reasons stands apart to the right, and labels to the left.
APART = rf"(?:[^\S\n]*(?:\t|{GAP})[^\S\n]*|[^\S\n]{{2,}})"
COLUMN = re.compile(
    rf"(?<=[^\s{SET_APART}=+*/·@&(\[{{,;:\-−]){APART}(?=[^\s=+*/·@&)\]}}∘⊙,;\-−])"
    rf"((?:(?!\\\\|[\t{GAP}]|[^\S\n]{{2}}).)+?)(?=[^\S\n]*(?:$|\\\\))",
    re.MULTILINE,
)
LABEL = r"[A-Z]\d{1,2}(?:\([a-z]+\))*(?:\s*[-+/,&–]\s*[A-Z]\d{1,2})*"
LABELLED = re.compile(rf"^[^\S\n]*\(?({LABEL})[).:]?[^\S\n]+", re.MULTILINE)
AND = r"\b(?:and|or|but)\b"
WHERE = rf"(?:\b(?:if|for|when)\b|,|\()\s*{ANY_SAME}\)?"
IN_TURN = re.compile(
    rf"(?<==)(?:\s?\\?\{{)?([^=\n]+?)({WHERE})\s*(?:[,;]|{AND})(?:[\s,;]|{AND})*([^=\n]+?)({WHERE}|\b(?:otherwise|else)\b)"
)
# Latin letters of people's alphabets.
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
WORD = re.compile(
    rf"(?<![\\\w^_{{@.'’])(?:[{LATIN}]{{2,}}|(?:I|(?<=[a-z] )a)(?=\s+[a-z]{{2}}))(?:['’](?:s|t|re|ll|ve|d|m)\b)?"
    rf"(?![\w(\[{{}}_^@'’]|\.\w)|[{OTHERS}]+"
)
HATTED = re.compile(r"hat\s+[a-z](?![a-z])")  # of AsciiMath and Typst
TOLD, USED = re.compile(r"\b([A-Za-z]{2,}) *:?=(?!=)"), r"[-−+*/∂(]\s*{0}\b|\b{0}\s*[-−+*/)]"
MOST_TOLD, MOST_EDGES = 20, 30  # names that words are looked through for, and places where a remark may begin or end
EDGE = re.compile(rf"\s{{2,}}|{GAP}|\s(?=[(\[])|[)\],;:.](?=\s|$)|\s[-–—]\s")  # where a remark may begin or end
PAIRS = ("()", "[]", "{}")
BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
REMARK = re.compile(r"(?:(?<!_)[(\[]|(?<!\S)\{)\s*([A-Za-z][^()\[\]{}]*)[)\]}]")
# In brackets that stand apart, what is no factor: soft labels; 2, 2.1 or 2(a); *; i ≠ k; × h
NOTE = re.compile(
    r"[a-z]{3,}[ -][a-z]{3,}|\d[\d.]*(?:[a-d](?:_\d)?|\([a-z]\))?|\*+|[^(\[{]*(≠|\\neq?(?![a-z])).*"
    r"|\s*([×·*/÷]|\\times|\\cdot).*"
)
COMMAND = re.compile(rf"\\([a-zA-Z]+)\*?(?:\s*\[[^\]]*\])?(?:\s*\{{({GROUP})\}})?")
OUTSIDE = f' \t,;:.!?–—*•>"“”{GAP}'  # a formula
COUNTED = re.compile(r"\s*[01]\s*(?:\.\.|…|,|\\[cl]?dots)")
OPEN_SUM = re.compile(r"^[^∂=]*=\s*(?:\.\.\.|…|\\[cl]?dots)\s*\+.*\+\s*(?:\.\.\.|…|\\[cl]?dots)\s*$")
LET = re.compile(r"\s*(?:let|set|call|with|write|put|define|denote|recall|note)\s+(?=\S)", re.IGNORECASE)
INFIX = r"(?:[-−+*/·∘⊙@]|\\(?:cdot|times|circ|odot)(?![a-zA-Z]))"
TOLD_IN_A_NOTE = re.compile(r"^(?:[^\w\\]|\b(?:where|with|let|here|say|and)\b)+", re.IGNORECASE)  # before a name


class Line(NamedTuple):
    """continues: whether it goes on from the line above, after an `=`; leads: where that `=` begins a new line. case:
    what it is said for, if words say it: `i=j`, or `i≠j`. said: how, if it stands in the middle of a sentence."""

    text: str
    continues: bool = False
    leads: bool = False
    case: str = ""
    said: Literal["", "claimed", "under a condition", "mentioned"] = ""

    @property
    def by_itself(self) -> bool:
        """Whether it is a formula by itself in a sentence, and no equation."""
        return bool(self.said) and self.leads

    @property
    def goes_on(self) -> bool:
        """Whether it belongs to the equation above it."""
        return self.continues or (self.leads and not self.said)


def lines_of(text: str, names: Collection[str] | None = None) -> list[str]:
    """The lines that say something: without comments, and without those that only wait to be filled in."""
    return [line.text for line in cut(text, names) if line.said != "mentioned"]


def cut(text: str, names: Collection[str] | None = None) -> list[Line]:
    """The lines of a text, each with how it is joined to the one above it. names: those that a formula may hold, by
    which words are known; without them only those that join sentences are."""
    lines: list[Line] = []
    hangs, cases = False, set[str]()  # behind an `=` at the end of a line its equation goes on
    prose = Prose(names, text)
    for statement, sentence, claimed in _statements(plain_rows(_with_notes(text, prose), prose.is_name), prose):
        cases |= {noted.expand(r"\1\2\3").replace("-", "=") for noted in NOTED.finditer(statement)}
        statement = NOTED.sub(" ", statement)
        while found := CASE.match(statement):
            cases |= {_case(found[1])} if found[1] else set()
            statement = statement[found.end() :]
        is_told = "↦" in statement or OPEN_SUM.search(statement)  # what a letter becomes; a few terms of a sum
        sides = [] if is_told else list(_sides(statement))
        if sides and not (sentence and prose.is_assumed([side.text for side in sides])):
            case = "".join(noted) if len(noted := {*cases}) == 1 else ""  # of both cases together nothing is said
            aside = bool(sentence) and not (sides[0].continues and claimed)
            by_itself = aside and (len(sides) == 1 or sides[0].continues)
            said = "claimed" if aside else ""
            if by_itself and not claimed:
                said = "mentioned"
            elif aside and (CONDITION.search(sentence) or (IN_CASE.match(sentence) and not _both(noted, sentence))):
                said = "under a condition"
            first, *others = (side._replace(case=case, said=said) for side in sides)
            may_go_on = lines and not (aside or hangs or first.continues or lines[-1].said)
            if may_go_on and _is_broken(lines[-1].text, first.text):
                lines[-1] = lines[-1]._replace(text=f"{lines[-1].text} {first.text}")
            else:
                leads = (first.continues or by_itself) and not hangs
                lines.append(first._replace(continues=hangs, leads=leads))
            lines += others
            hangs, cases = _bare(statement).endswith("="), set()
    return lines


def _with_notes(text: str, prose: Prose) -> str:
    """The text, in which a name that is told in a comment is told in a row above."""
    rows: list[str] = []
    for row in text.split("\n"):
        comment = COMMENT.search(row)
        rows += [*(prose.told(comment[0]) if comment else ()), row]
    return "\n".join(rows)


def _case(said: str) -> str:
    """Two letters, and whether they are said to be equal: `i=k`, or `i≠k`."""
    return f"{said[0]}{'=' if re.fullmatch('.[ =]*.', said) else '≠'}{said[-1]}"


def _both(noted: Collection[str], sentence: str) -> bool:
    """Whether a sentence is about both cases, so that it makes no condition of one."""
    return len({*noted, *(_case(same[0].strip()) for same in re.finditer(ANY_SAME, sentence))}) > 1


def _is_broken(line: str, below: str) -> bool:
    """Whether a line goes on in the one below: it ends with a sign, or in brackets, or the other begins with a sign,
    but for a minus, with which a line of its own may begin."""
    is_open = any(line.count(a) > line.count(b) and below.count(a) < below.count(b) for a, b in PAIRS)
    signs = re.search(rf"{INFIX}\s*$", line) or re.match(rf"\s*(?![-−]){INFIX}", below)
    return bool(is_open or signs)


def _noted(found: re.Match[str]) -> str:
    if found.lastindex is None:
        return ""
    leads = "\n" * found.string[found.end() :].lstrip().startswith(":")
    return f"{leads}⟦{_case(found[found.lastindex]).replace('=', '-')}⟧ "


def _without_columns(text: str, prose: Prose) -> str:
    """A text without its columns of reasons and labels, and with its cases noted."""
    text = FOR_CASE.sub(_noted, IN_TURN.sub(in_one_line, text))
    if len({found[1] for found in LABELLED.finditer(text) if prose.is_label(found[1])}) > 1:
        text = LABELLED.sub(lambda found: "" if prose.is_label(found[1]) else found[0], text)
    before = None
    while text != before:  # the last column first
        before, text = text, COLUMN.sub(lambda found: prose.without_reason(*found.group(0, 1)), text)
    return text


def _statements(text: str, prose: Prose) -> Iterator[tuple[str, str, bool]]:
    """What stands in a line of its own, or after a comma if it is an equation; with the sentence, if it is in the
    middle of one, and whether this claims it."""
    for row in _without_columns(text, prose).split("\n"):
        outside = INLINE.sub(" ", row)
        if (alone := re.fullmatch(r"\s*[(\[]([^()\[\]]*)[)\]]\s*", row)) and prose.is_note(alone[1]):
            continue
        is_said = prose.is_said(outside) and not (row.startswith(SET_APART) and SIGNS.search(outside))
        in_table = IN_TABLE in row and not EQUATION.search(row)  # where a formula is told, and not derived
        for line in _broken(row):
            marked = [(*found.span(), next(filter(None, found.groups()))) for found in INLINE.finditer(line)]
            if not marked and not is_said:
                yield from ((part, "", False) for part in _formula(line, prose))
                continue
            sentence = line if is_said or in_table or prose.unknown(INLINE.sub(" ", line)) else ""
            at = 0
            for begins, ends, formula in marked or prose.formulas(line):
                claimed = not in_table and _claimed(line[at:begins], formula, line[ends:], is_marked=bool(marked))
                at = ends
                for each in BREAK.split(formula):
                    yield from ((part, sentence, claimed) for part in _formula(each, prose))


def _broken(row: str) -> Iterator[str]:
    """The statements of a row."""
    start = 0
    for found in END.finditer(row):
        if found["end"]:
            yield row[start : found.start()]
            start = found.end()
    yield row[start:]


def _claimed(before: str, formula: str, after: str, is_marked: bool) -> bool:
    """Whether the words before a formula in a sentence, or those after it, say that it goes on from what is above."""
    if formula.lstrip().startswith("=") and not before.strip():
        return True
    says_so = CLAIM.search(before) or before.rstrip().endswith(":")
    goes_on = re.match(r"\s*(\w+)", after)
    if goes_on and goes_on[1].lower() not in (JOINING | REASONS) - VERBS:
        return False  # but that it does, or is, something
    if formula.lstrip().startswith("="):
        if is_marked:  # what is so set apart begins with it on purpose
            return not re.search(rf"\b(?:{'|'.join(VERBS)})\s*$", before)
        return bool(says_so or re.search(rf"\b{ANY_WORDS}\s*$", before))
    return bool(says_so or (not before.strip() and re.search(r"[-−+*/]", formula)))


def _formula(text: str, prose: Prose) -> Iterator[str]:
    """The equations and expressions of a formula, without what it says in words."""
    text = REMARK.sub(lambda found: "" if prose.begins(found[1].strip()) else found[0], text.replace("$", " "))
    whole, *parts = _parted(ASIDE.sub(_noted, text), "part")
    for part in parts:
        if part[0] == ":" or len(_parted(part, "equal")) > 1:
            is_label = part[0] == ":" or WORD.fullmatch(whole.strip(" -*•"))
            yield from prose.left_out(whole, bool(is_label))
            whole = part[1:]
        elif not prose.words(part):  # else it is a remark: ", y one-hot"
            whole += part
    yield from prose.left_out(whole)


class Prose:
    """What is said in words beside formulas with these names."""

    def __init__(self, names: Collection[str] | None, text: str) -> None:
        told = (word for word in TOLD.findall(text)[:MOST_TOLD] if re.search(USED.format(word), text))  # -loss
        told = {*told, *re.findall(rf"\(({PARTIAL}) ", text)}
        self.all, self.given, self.names = names is None, names or (), {*(names or ()), *FUNCTIONS, *told}
        self.in_words = False
        self.formula_rows = uncommented(text)
        self.in_words = len(self.words(text)) > 3

    def is_known(self, word: str) -> bool:
        """Whether a word has a meaning in a formula."""
        plain = plainly_spelled(word)[0].strip().removeprefix("\\")
        moved = plain.removeprefix("d")  # du is the derivative of a name, whatever is called so
        letter = len(moved) < 2 and not re.match(f"I|[{OTHERS}]", plain)
        base = re.sub("_.*|[i-n]$", "", plain)  # of y_i, and of yi
        return self.all or letter or plain[:1].isdigit() or not self.names.isdisjoint({plain, moved, base})

    def is_name(self, styled: str) -> bool:
        """Whether what has a style of its own belongs to a formula."""
        return re.fullmatch(r"[\\\w]+", styled) is not None and styled.lower() not in SAID and self.is_known(styled)

    def words(self, text: str) -> list[re.Match[str]]:
        """The words of a text that belong to no formula."""
        unknown = self.unknown(text)
        pairs = [(a, b) for a, b in pairwise(unknown) if re.fullmatch(r"[\s,’']+|-", text[a.end() : b.start()])]
        beside = {word for pair in pairs for word in pair}
        return [w for w in unknown if w in beside or w[0].lower() in SAID or self.leads(w)]

    def leads(self, word: re.Match[str]) -> bool:
        """Whether a word leads to a formula, in whatever language, as `soit` does in soit 1 - σ(z), or to a name
        that is told, as `setze` in setze u = 1 + e^{-z}."""
        before, after = word.string[: word.start()], word.string[word.end() :]
        leads = re.match(r" +[\w∂\\]" if self.in_words else r" +[^\W\d_]\d? *:?=", after)
        return (len(word[0]) > 2 or word[0].islower()) and not before.strip(" ,") and leads is not None

    def is_said(self, text: str) -> bool:
        """Whether a row of a text is said in words, with formulas among them."""
        if initial := re.fullmatch(r"\W*([A-Z])\W*", text):  # of who wrote it
            return initial[1] not in self.names
        unknown = self.unknown(text)
        if not unknown:
            return False
        if len(unknown) == 1 and not SIGNS.search(text):  # a heading, or who is written to
            return not re.search(r"[^\W\d_i-n]", re.sub(LABEL, "", text.replace(unknown[0][0], "")))
        first, before = unknown[0][0].lower(), text[: unknown[0].start()].strip(" \t([-–—*•>:")
        if not before:
            return len(unknown) > 1
        return first not in REASONS and len(unknown) > (1 if not SIGNS.search(before) or first in VERBS else 2)

    def is_assumed(self, sides: Sequence[str]) -> bool:
        """Whether a sentence compares letters that count, or tells from where to where one does, or sets what is given
        equal to a number: r = j, m = 1..3, y_k = 1."""
        equation = " = ".join(sides)
        if re.fullmatch(ANY_SAME, equation) and re.search("[i-n]", equation):
            return True
        if len(sides) == 2 and re.fullmatch(r"\s*[a-z]\s*", sides[0]) and COUNTED.match(sides[1]):
            return True
        given = re.fullmatch(r"([^\W_]+(?:_hat)?)(?:[_\[].*)?", plainly_spelled(sides[0])[0].strip())
        return len(sides) == 2 and given is not None and given[1] in self.names and sides[1].strip().isdigit()

    def formulas(self, sentence: str) -> Iterator[tuple[int, int, str]]:
        """What stands between the words of a sentence: from where to where, and the formula."""
        remarks = [found for found in BRACKETS.finditer(sentence) if self.unknown(found[0])]
        words = [w for w in self.unknown(sentence) if w[0].lower() in SAID or not self.is_operand(w)]
        at = 0
        for said in [*sorted([*words, *remarks], key=lambda found: found.start()), None]:
            start, end = at, said.start() if said else len(sentence)
            at = max(at, said.end()) if said else at
            for part in _parted(sentence[start:end], "part"):
                formula = _balanced(part.strip(OUTSIDE))
                if re.match(r"\(.*\)$", formula) and len(_parted(formula, "equal")) < len(
                    _parted(formula[1:-1], "equal")
                ):
                    formula = formula[1:-1]  # the targets (t = y)
                if re.search(r"\w", formula):
                    yield start, end, formula

    def is_operand(self, word: re.Match[str]) -> bool:
        """Whether a word that has no meaning stands in a formula nevertheless, as `foo` does in foo - 1."""
        before, after = word.string[: word.start()], word.string[word.end() :]
        beside = re.search(r"([^\W\d_]{2,})\s+$", before)
        alone = not beside or beside[1].lower() in SAID  # so that "first bracket = " is no name
        return bool(re.search(r"(?:[=+*/·−]|\s-)\s*$", before) or (alone and re.match(r"\s*[=+*/·−^]", after)))

    def begins(self, text: str) -> bool:
        """Whether a text begins with words, or is made of them for the most part."""
        alone = re.fullmatch(r"[A-Za-z]+(?:(?:[ ,'’]+|-)[A-Za-z]+)*", text) and self.unknown(text)
        words = self.words(text)
        return bool(alone or len(words) > 2 or (words and not text[: words[0].start()].strip()))

    def is_note(self, text: str) -> bool:
        """Whether what stands apart in brackets tells why, and is no factor."""
        noted = NOTE.fullmatch(text) or re.search(SIZE, text) or len(_parted(text, "equal")) > 1
        return bool(noted or text.rstrip("'′") in FUNCTIONS or self.is_label(text))

    def is_label(self, text: str) -> bool:
        """Whether this is what a line of a page is called, such as A10, or several are."""
        return all(re.fullmatch(LABEL, part) and part not in self.names for part in re.split(r"\s*[-+/,&–]\s*", text))

    def without_reason(self, column: str, text: str) -> str:
        """What is left of a column: where it tells why, no more than the case that it tells."""
        told = NOTED.sub("", text).strip()
        closes = r"\)" * (told.count(r"\)") - told.count(r"\("))  # of a formula that the reason belongs to
        if not self.is_reason(told.removesuffix(closes).strip()):
            first, *equal = _parted(told, "equal")
            return f"\n{text}" if equal and self.is_new(first) else column
        noted = " ".join(found[0] for found in NOTED.finditer(text)) + closes
        return "\n".join([noted, *self.told(told)])

    def told(self, note: str) -> Iterator[str]:
        """The equations of a note that tell what a name means, if a formula uses it."""
        bracketed = re.fullmatch(r"\W*[(\[](.*)[)\]]\W*", note)
        for part in _parted(bracketed[1] if bracketed else note, "part"):
            name, *means = _parted(TOLD_IN_A_NOTE.sub("", part), "equal")
            used = re.search(rf"(?<![^\W_])d?{re.escape(name.strip())}(?![^\W_])", self.formula_rows)
            if used and len(means) == 1 and self.is_new(name) and name.strip() not in LETTERS:
                yield name + means[0]

    def is_reason(self, text: str) -> bool:
        """Whether what stands in a column of its own tells why, and is neither a factor nor what a new name means."""
        text = re.sub(r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-z])\s*", "", text)
        if (inner := re.fullmatch(r"[(\[{](.*)[)\]}][.,$\s]*", text)) and self.is_note(inner[1].strip()):
            return True
        words = self.unknown(text)
        first, *equal = _parted(text[words[0].end() if words and not words[0].start() else 0 :], "equal")
        if any(text.count(a) != text.count(b) for a, b in PAIRS):
            return False
        name, is_new = plainly_spelled(first)[0].strip(), self.is_new(first)
        if words:
            said = words[0][0].lower()
            tells = is_new and said not in REASONS and not re.fullmatch("[i-n]", name)
            tells |= said in JOINING - VERBS and (is_new or len(words) > 1)
            return not (equal and words[0].start() == 0 and tells)
        alone = rf"\d(?:[a-d](?:_\d)?|\([a-z]\))|{SIZE}|[A-Za-z]{{2,}}(?:[ -][A-Za-z]{{2,}})+"  # 2(a), log-softmax
        is_alone = re.fullmatch(alone, text) or name in FUNCTIONS
        return bool(self.is_label(text) or is_alone or (equal and not is_new))

    def is_new(self, text: str) -> bool:
        """Whether this is a name of the reader's own."""
        name = re.fullmatch(r"([^\W\d_]+\d*)'?", plainly_spelled(text)[0].strip())
        return name is not None and name[1] not in self.names

    def remarks(self, line: str) -> list[re.Match[str]]:
        """What a line says in words, of letters, or in brackets that stand apart, and what it is called."""
        notes = [note for note in BRACKETS.finditer(line) if self.is_note(note[0][1:-1].strip())]
        notes += [label for label in re.finditer(rf"(?<!\S){LABEL}(?!\S)", line) if self.is_label(label[0])]
        return [*self.no_operands(line), *notes, *re.finditer(ANY_SAME, line)]

    def no_operands(self, line: str) -> list[re.Match[str]]:
        return [word for word in self.unknown(line) if not self.is_operand(word)]

    def may_be_said(self, line: str) -> bool:
        """Whether a line that cannot be read may be a remark, or between others a word."""
        alone = re.fullmatch(rf"\s*({WORD.pattern}|[A-Z])[\s.:!?]*", line)
        apart = (word for word in self.no_operands(line) if len(word[0]) > 3)
        is_apart = any(
            re.search(r"(?:^|\s)$", line[: w.start()]) and re.match(r"[\s,.;:!?]|$", line[w.end() :]) for w in apart
        )
        return bool((alone and alone[1] not in self.names) or is_apart or self.words(line))

    def parts(self, line: str) -> Iterator[str]:
        """What may be left of a line without what LaTeX does with it, and without a remark, the longest first."""
        line = re.sub(r"\\[,;:! ]", " ", line)  # spaces of LaTeX
        wholes = dict.fromkeys([line, *(self.without_commands(line, kept) for kept in (r" \2 ", " "))])
        yield from [*wholes][1:]
        for whole in wholes:
            edges = [*EDGE.finditer(whole), *self.remarks(whole)][:MOST_EDGES]
            starts, ends = {0, *(edge.end() for edge in edges)}, {len(whole), *(edge.start() for edge in edges)}
            spans = sorted(((a, b) for a in starts for b in ends if a < b), key=lambda span: span[0] - span[1])
            left = dict.fromkeys(_balanced(whole[a:b].strip(OUTSIDE)) for a, b in spans)
            whole_ones = (part for part in left if all(part.count(a) == part.count(b) for a, b in PAIRS))
            yield from (part for part in whole_ones if re.search(r"\w", part) and not self.remarks(part))

    def without_commands(self, line: str, kept: str) -> str:
        """A line with no more than this of the commands of LaTeX that have no meaning here."""

        def plain(found: re.Match[str]) -> str:
            alone = f"\\{found[1]}"
            means = plainly_spelled(f"{alone}{{a}}")[0] != f"{alone}{{a}}" or not is_unknown(alone, self.given)
            return found[0] if means else found.expand(kept)

        return COMMAND.sub(plain, line)

    def unknown(self, text: str) -> list[re.Match[str]]:
        found = (word for word in WORD.finditer(text) if not HATTED.match(text, word.start()))
        return [word for word in found if word[0].lower() in SAID or not self.is_known(word[0])]

    def left_out(self, part: str, label: bool = False) -> Iterator[str]:
        """A part of a statement without what it says in words. label: whether it stands before a colon."""
        part = part.replace(GAP, " ")
        words = self.unknown(part) if label else self.words(part)
        if label and words and len(_parted(part, "equal")) < 2:
            return
        if len(words) == 1 and words[0][0].lower() in ("is", "equals"):  # e^{-z} is u - 1
            left, right = part[: words[0].start()], part[words[0].end() :]
            if re.search(r"\w", left) and SIGNS.search(right):
                yield f"{left}={right}"
                return
        at = 0
        for word in words:
            formula, said = part[at : word.start()], word[0].lower()
            if formula.strip(" &,;" + "-*•" * (at == 0)):  # words behind a formula, and not behind a bullet
                yield formula
                if said not in JOINING:
                    return
            elif said in REASONS:
                return
            at = word.end()
        yield part[at:].lstrip(" ,")


def _parted(text: str, kind: str) -> list[str]:
    """The parts of a text, each with the mark of this kind that stands before it, outside all brackets."""
    depth, starts = 0, [0]
    for found in MARK.finditer(text):
        if found.lastgroup in ("equal", "part"):
            if found.lastgroup == kind and depth == 0:
                starts.append(found.start())
        else:
            depth = max(0, depth + (1 if found.lastgroup == "open" else -1))
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _balanced(text: str) -> str:
    """A formula without the brackets of a remark that it begins, ends, or stands before."""
    text = text.rstrip(" ([{").lstrip(" )]}")
    for a, b in PAIRS:
        if text.count(a) > text.count(b) and text.startswith(a):
            text = text[1:]
        if text.count(b) > text.count(a) and text.endswith(b):
            text = text[:-1]
    return text


def _bare(text: str) -> str:
    """A line without what only sets it apart from its neighbours."""
    return re.sub(rf"^(?:[\s&,;|{SET_APART}]|\\[,;:! ])+|(?:,\s*[i-n])?(?:[\s&,;|?{IN_TABLE}]|\\[,;:! ])+$", "", text)


def _sides(statement: str) -> Iterator[Line]:
    """The sides of an equation, or the one line that stands without an equals sign."""
    named = LET.match(statement)
    parts = _parted(statement[named.end() if named else 0 :], "equal")
    sides = [_bare(re.sub(r"^(?::?={1,2}:?|≡|\\equiv)", "", part)) for part in parts]
    sides = [re.sub(r"(?<=[^.])\.$", "", side) for side in sides]
    if parts[-1].startswith("=:"):  # a name for what stands before it
        yield from (Line(side, n > 0) for n, side in enumerate(sides[:-1]))
        sides = sides[:-3:-1]
    sides = [side for side in sides if not re.fullmatch(r"(?i:[lr]\.?h\.?s\.?)", side)]  # of what is to be shown
    for n, side in enumerate(sides):
        if re.search(r"[\w∂∇?]", side) and side != "pass":
            yield Line(side.replace("⟶", "→"), n > 0)  # the arrow of a limit
