"""A line in NumPy's notation, spelled at random as on paper or in LaTeX, with no more brackets than it needs."""

import ast

SUM, PREFIX, PRODUCT, POWER, ATOM = range(5)
NAMES = {
    "U": {"theta": ["θ"], "y_hat": ["ŷ", "y_hat"]},
    "L": {"theta": [r"\theta"], "y_hat": [r"\hat y", r"\hat{y}"]},
}
RAISED = {2: "²", 3: "³", -1: "⁻¹"}


def spelled(text, alphabet, rng):
    """The same line in another alphabet, U or L; a SyntaxError or LookupError where it has no such line."""
    return _Speller(alphabet, rng).told(ast.parse(text.strip(), mode="eval").body)[0]


class _Speller:
    def __init__(self, alphabet, rng):
        self.latex, self.names, self.any = alphabet == "L", NAMES[alphabet], rng.choice

    def at_least(self, level, node):
        text, tight = self.told(node)
        return text if tight >= level else self.bracketed(text)

    def bracketed(self, text):
        return self.any([rf"\left({text}\right)", rf"\bigl( {text} \bigr)", f"({text})"]) if self.latex else f"({text})"

    def told(self, node):
        match node:
            case ast.Constant(value=number):
                return f"{number}", ATOM
            case ast.Name(id=name):
                return self.any(self.names.get(name, [name])), ATOM
            case ast.Subscript(value=base, slice=ast.Name(id=letter)):
                mark = self.any([f"_{letter}", f"_{{{letter}}}", f"[{letter}]"])
                return f"{self.at_least(ATOM, base)}{mark}", ATOM
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return f"-{self.at_least(POWER, a)}", SUM
            case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=a, right=b):
                sign = "+" if isinstance(op, ast.Add) else self.any("-−" if not self.latex else "-")
                return f"{self.told(a)[0]} {sign} {self.at_least(PREFIX, b)}", SUM
            case ast.BinOp(op=ast.Mult(), left=a, right=b):
                return self.product(a, b)
            case ast.BinOp(op=ast.Div(), left=a, right=b) if self.latex:
                return rf"\frac{{{self.told(a)[0]}}}{{{self.told(b)[0]}}}", ATOM
            case ast.BinOp(op=ast.Div(), left=a, right=b):
                return f"{self.at_least(POWER, a)}/{self.at_least(POWER, b)}", PRODUCT
            case ast.BinOp(op=ast.Pow(), left=a, right=b):
                power = ast.literal_eval(b)
                script = RAISED.get(power, f"^{{{power}}}") if not self.latex else f"^{{{power}}}"
                return f"{self.at_least(ATOM, a)}{script}", POWER
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, args)
        raise LookupError(ast.dump(node))

    def product(self, a, b):
        signs = [r" \cdot ", r"\,", " "] if self.latex else [" · ", " * ", " "]
        last, tight = self.told(b)
        if tight not in (PREFIX, ATOM, POWER):
            last, tight = self.bracketed(last), ATOM
        first = self.at_least(PRODUCT, a)
        if "/" in first and not self.latex:
            first = self.bracketed(first)
        return f"{first}{self.any(signs)}{last}", min(tight, PRODUCT)

    def call(self, name, args):
        slash = "\\" if self.latex else ""
        match name, args:
            case (("log" | "ln"), [a]):
                if self.any([True, False]) and self.told(a)[1] == ATOM:
                    return f"{slash}log {self.told(a)[0]}", PREFIX
                return f"{slash}{name}{self.bracketed(self.told(a)[0])}", ATOM
            case "exp", [a]:
                return f"e^{{{self.told(a)[0]}}}", POWER
            case "sqrt", [a]:
                return (rf"\sqrt{{{self.told(a)[0]}}}" if self.latex else f"√({self.told(a)[0]})"), ATOM
            case "softmax", [a]:
                style = self.any([r"\mathrm{softmax}", r"\operatorname{softmax}"]) if self.latex else name
                return f"{style}({self.told(a)[0]})", ATOM
            case "delta", [ast.Name(id=a), ast.Name(id=b)]:
                return self.any([f"{slash}delta_{{{a}{b}}}" if self.latex else f"δ_{a}{b}", f"1[{a} = {b}]"]), ATOM
            case "sum", [a]:
                return f"sum({self.told(a)[0]})", ATOM
            case "sum", [a, ast.Name(id=letter)]:
                latex = [rf"\sum_{letter}", rf"\sum_{{{letter}=1}}^{{K}}"]
                head = self.any(latex if self.latex else [f"Σ_{letter}", f"sum_{letter}"])
                return f"{head} {self.at_least(PREFIX, a)}", PREFIX
            case "sum", [a, ast.Compare(ast.Name(id=letter), _, [ast.Name(id=without)])]:
                head = rf"\sum_{{{letter} \ne {without}}}" if self.latex else f"Σ_{{{letter}≠{without}}}"
                return f"{head} {self.at_least(PREFIX, a)}", PREFIX
            case "D", [a, by]:
                return self.derivative(a, self.told(by)[0])
        raise LookupError(name)

    def derivative(self, a, by):
        body, tight = self.told(a)
        d = self.any([r"\partial ", r"\mathrm{d} "]) if self.latex else "∂"
        if self.latex:
            if tight == ATOM and self.any([True, False]):
                return rf"\frac{{{d}{body}}}{{{d}{by}}}", ATOM
            return rf"\frac{{{d}}}{{{d}{by}}} {body if tight in (ATOM, PREFIX) else self.bracketed(body)}", PREFIX
        if isinstance(a, ast.Name | ast.Subscript):
            return f"{d}{body}/{d}{by}", POWER
        return f"{d}/{d}{by} {body if tight in (ATOM, PREFIX) else self.bracketed(body)}", PREFIX
