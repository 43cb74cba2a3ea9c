"""A variant takes the place of a module that tests have used."""

import types
from typing import Any

from lacuna_ls.worker.variants import apply, callable_of, difference


def loaded(text: str) -> types.ModuleType:
    module = types.ModuleType("varied")
    exec(compile(text, "varied.py", "exec"), module.__dict__)
    return module


def varied(original: str, variant: str) -> types.ModuleType:
    module = loaded(original)
    become(module, original, variant)
    return module


def become(module: types.ModuleType, original: str, variant: str) -> None:
    code = difference("varied.py", original.encode(), variant.encode())
    assert code is not None
    apply(module, code)


def call(module: types.ModuleType, name: str, *arguments: Any) -> Any:
    return callable_of(module, name)(*arguments)


def test_a_function_that_others_have_imported_is_the_variant() -> None:
    module = loaded("def f(x):\n    return x\n")
    imported = module.f
    become(module, "def f(x):\n    return x\n", "def f(x):\n    return x + 1\n")
    assert imported(1) == 2
    assert call(module, "f", 1) == 2


def test_what_does_not_differ_is_not_executed_again() -> None:
    text = "log = []\nlog.append(1)\ndef f():\n    return len(log)\n"
    module = varied(text, text.replace("len(log)", "len(log) + 1"))
    assert call(module, "f") == 2


def test_an_object_made_before_has_the_methods_of_the_variant() -> None:
    text = "class C:\n    def m(self):\n        return 1\n"
    module = loaded(text)
    made = module.C()
    become(module, text, text.replace("1", "2"))
    assert call(module, "C.m", made) == 2
    assert isinstance(made, module.C)


def test_super_works_in_the_methods_of_a_variant() -> None:
    text = "class C(dict):\n    def get(self, k):\n        return super().get(k, 0)\n"
    module = loaded(text)
    made = module.C()
    become(module, text, text.replace("0)", "7)"))
    assert call(module, "C.get", made, "a") == 7


def test_a_new_function_beside_it_is_there() -> None:
    text = "def f(x):\n    return x * 2\n"
    module = varied(text, "def double(x):\n    return x * 2\n\ndef f(x):\n    return double(x)\n")
    assert call(module, "f", 4) == 8


def test_a_static_and_a_class_method_and_a_property_are_found() -> None:
    text = (
        "class C:\n    @staticmethod\n    def s(x):\n        return x\n"
        "    @classmethod\n    def c(cls):\n        return cls\n"
        "    @property\n    def p(self):\n        return 1\n"
    )
    module = loaded(text)
    assert call(module, "C.s", 3) == 3
    assert call(module, "C.c", module.C) is module.C
    assert call(module, "C.p", module.C()) == 1


def test_a_function_that_is_not_there_is_none() -> None:
    assert callable_of(loaded("x = 1\n"), "f") is None
    assert callable_of(loaded("x = 1\n"), "x.f") is None
