"""References: parsed, never evaluated, and spelt in one way."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinxext_layered.errors import TargetError
from sphinxext_layered.target import Target, literal_arguments, parse_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b:build", Target("a.b", "build")),
        ("a.b.build", Target("a.b", "build")),
        (" a:B.c ", Target("a", "B.c")),
        ("build", Target("", "build")),
        ("a:b()", Target("a", "b", "", called=True)),
        ("a:b( 1,'x' , y = [1,(2,)] )", Target("a", "b", "1, 'x', y=[1, (2,)]", called=True)),
        ("a:b(weights=None,\n classes=10)", Target("a", "b", "weights=None, classes=10", called=True)),
        ("a:b(-0x10, {'k': True})", Target("a", "b", "-16, {'k': True}", called=True)),
        ("modèle:bâtir", Target("modèle", "bâtir")),
        ("a:b(n=3).encoder", Target("a", "b", "n=3", True, (".encoder",))),
        ("a.b(n=3).encoder", Target("a", "b", "n=3", True, (".encoder",))),
        ("a:B( depth = 2 ) .make( (128,2) , 3 )", Target("a", "B", "depth=2", True, (".make", "((128, 2), 3)"))),
        ("a:b(1)(2).c.d()", Target("a", "b", "1", True, ("(2)", ".c", ".d", "()"))),
        ("B(1).make()", Target("", "B", "1", True, (".make", "()"))),
    ],
)
def test_references_are_parsed_and_spelt_in_one_way(text: str, expected: Target) -> None:
    assert parse_target(text) == expected
    assert parse_target(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "a b", "a:", ":b", "a:b:c", "a..b", "a:b(", "a:b)", "1a:b", "a:b(\0)", "a:b() or c()"),
        *("a:b(c)", "a:b(*[1])", "a:b(**{})", "a:b(x=1, x=2)", "a:b(f())", "a:b(1 + 1 * 2)", "a:b(x for x in y)"),
        *("a:b({1, 2})", "a:b(...)", "a:b(1e999)", "a:b(f'{c}')", "a:b(lambda: 1)", "a:b(__import__('os'))"),
        *("a:b(1).", "a:b(1)[0]", "a:b(1).c(d)", "a:b(1).c + 1", "a:b().c(**{})", "a:b().c, d", "a:b().1", "a:b()c"),
        *(f"a:b('{'x' * 5000}')", f"a:b({'(' * 300})", f"a:b(0x{'f' * 3900})"),
    ],
)
def test_what_is_no_reference_with_literals_is_a_target_error(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TargetError, match=r"write module:function|not all literals"):
            parse_target(text)


def test_odd_spellings_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert literal_arguments(parse_target(r"a:b('\d')").arguments) == (["\\d"], {})


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.lists(LITERALS, max_size=3), st.dictionaries(st.sampled_from("abc"), LITERALS))
def test_literals_come_back_as_they_were_given(args: list[object], kwargs: dict[str, object]) -> None:
    spelt = ", ".join([repr(one) for one in args] + [f"{name}={one!r}" for name, one in kwargs.items()])
    target = parse_target(f"m:f({spelt})")
    assert literal_arguments(target.arguments) == (args, kwargs)
    assert parse_target(str(target)) == target


@given(st.text() | st.text(alphabet="ab.:()[]{},='\"*1e \n_"))
def test_any_text_is_a_target_or_a_target_error(text: str) -> None:
    try:
        target = parse_target(text)
    except TargetError:
        return
    assert parse_target(str(target)) == target
