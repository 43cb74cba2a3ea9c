"""What kind of token a text is: what the gate sees of a context, and which names stand for any."""

from enum import IntEnum


class Kind(IntEnum):
    """`NAME` and `TYPE_NAME` are the identifiers whose spelling says nothing outside their file."""

    OTHER = 0
    BLANK_LINE = 1
    INDENT = 2
    SAME_INDENT = 3
    DEDENT = 4
    SPACE = 5
    DOT = 6
    ROUND = 7
    SQUARE = 8
    CURLY = 9
    CLOSE = 10
    COMMA = 11
    COLON = 12
    EQUALS = 13
    OPERATOR = 14
    QUOTE = 15
    COMMENT = 16
    NUMBER = 17
    WORD_OF_PROSE = 18
    RECEIVER = 19
    CONSTANT = 20
    BUILTIN = 21
    TYPE_NAME = 22
    NAME = 23
    DEF = 24
    CLASS = 25
    RETURN = 26
    IMPORT = 27
    FROM = 28
    IF = 29
    FOR = 30
    IN = 31
    NOT = 32
    IS = 33
    RAISE = 34
    ELSE = 35
    WITH = 36
    AS = 37
    EXCEPT = 38
    KEYWORD = 39


_MARKS = {
    ".": Kind.DOT, "(": Kind.ROUND, "[": Kind.SQUARE, "{": Kind.CURLY,
    ")": Kind.CLOSE, "]": Kind.CLOSE, "}": Kind.CLOSE, ",": Kind.COMMA, ";": Kind.COMMA,
    ":": Kind.COLON, "=": Kind.EQUALS,
    '"': Kind.QUOTE, "'": Kind.QUOTE, "`": Kind.QUOTE, '"""': Kind.QUOTE, "'''": Kind.QUOTE,
    "self": Kind.RECEIVER, "cls": Kind.RECEIVER, "this": Kind.RECEIVER,
    "None": Kind.CONSTANT, "True": Kind.CONSTANT, "False": Kind.CONSTANT,
    "null": Kind.CONSTANT, "undefined": Kind.CONSTANT,
    "true": Kind.CONSTANT, "false": Kind.CONSTANT,
    "def": Kind.DEF, "function": Kind.DEF, "class": Kind.CLASS, "return": Kind.RETURN,
    "import": Kind.IMPORT, "from": Kind.FROM, "if": Kind.IF, "elif": Kind.IF, "while": Kind.IF,
    "for": Kind.FOR, "in": Kind.IN, "not": Kind.NOT, "is": Kind.IS,
    "raise": Kind.RAISE, "throw": Kind.RAISE, "else": Kind.ELSE, "with": Kind.WITH,
    "as": Kind.AS, "except": Kind.EXCEPT, "catch": Kind.EXCEPT,
}  # fmt: skip

_KEYWORDS = frozenset({
    "and", "assert", "async", "await", "break", "case", "const", "continue", "del", "export",
    "extends", "finally", "global", "instanceof", "lambda", "let", "new", "nonlocal", "or",
    "try", "typeof", "var", "yield", "pass",
})  # fmt: skip

_BUILTINS = frozenset({
    "super", "len", "str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple",
    "frozenset", "object", "type", "range", "enumerate", "zip", "map", "filter", "sorted",
    "reversed", "any", "all", "sum", "min", "max", "abs", "round", "print", "open", "repr",
    "format", "iter", "next", "isinstance", "issubclass", "hasattr", "getattr", "setattr",
    "delattr", "callable", "property", "staticmethod", "classmethod", "id", "hash", "vars",
    "dir", "ord", "chr", "hex", "input", "exec", "eval", "compile", "Exception",
    "BaseException", "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError",
    "RuntimeError", "NotImplementedError", "NotImplemented", "ImportError", "OSError",
    "StopIteration", "AssertionError", "Warning", "DeprecationWarning", "console", "Math",
    "JSON", "Object", "Array", "Promise", "String", "Number", "Boolean", "Error", "Map", "Set",
    "Symbol", "RegExp", "Date",
})  # fmt: skip

FREE = frozenset({Kind.NAME, Kind.TYPE_NAME})
"""Kinds that stand for any name where only the shape of a context counts."""

NAMES = FREE | {Kind.RECEIVER, Kind.CONSTANT, Kind.BUILTIN}
"""Kinds that are identifiers without spaces around them: what a scope can hold."""


def kind_of(text: str) -> Kind:
    """The kind of a token as the lexer makes them (not empty)."""
    if text[0] == "\n":
        if len(text) == 1:
            return Kind.BLANK_LINE
        change = int(text[1:])
        return Kind.SAME_INDENT if not change else Kind.INDENT if change > 0 else Kind.DEDENT
    word = text.strip(" ")
    known = _MARKS.get(word)
    if known is not None:
        return Kind.WORD_OF_PROSE if known in NAMES and word != text else known
    if word.isidentifier():
        return _kind_of_word(word, text)
    return _kind_of_mark(word)


def _kind_of_word(word: str, text: str) -> Kind:
    if word in _KEYWORDS:
        return Kind.KEYWORD
    if word != text:
        return Kind.WORD_OF_PROSE
    if word in _BUILTINS:
        return Kind.BUILTIN
    return Kind.TYPE_NAME if word[0].isupper() else Kind.NAME


def _kind_of_mark(word: str) -> Kind:
    if not word:
        return Kind.SPACE
    if word[0].isdigit():
        return Kind.NUMBER
    if word[0] == "#":
        return Kind.COMMENT
    return Kind.OPERATOR if word[0] in "-=:&|?<>!+*/%^@" else Kind.OTHER
