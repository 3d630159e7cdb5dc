"""Readers of values: text and Python mean the same, results read as themselves, and refusals say why."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinxext_layered import values
from sphinxext_layered.calling import SETTINGS
from sphinxext_layered.options import DECLARED
from sphinxext_layered.values import Reader

RED, TEAL, BLACK = (255, 0, 0, 255), (0, 128, 128, 255), (0, 0, 0, 255)

PLAIN, ONLY_HIDDEN = (False, False, False), (True, False, False)


class Local:
    """A class of a user's."""


@pytest.mark.parametrize("name", DECLARED)
def test_examples_are_read_and_what_is_refused_is_refused(name: str) -> None:
    reader = DECLARED[name].reader
    assert reader.refused
    for example in reader.examples:
        assert reader(reader(example)) == reader(example)
    for refused in reader.refused:
        with pytest.raises(ValueError, match=re.escape(f"expected {reader.accepts}; got {refused!r}")):
            reader(refused)


READ: list[tuple[values.Reader, object, object]] = [
    (values.whole_number(), "12", 12),
    (values.whole_number(), " 12 ", 12),
    (values.whole_number(), np.int64(12), 12),
    (values.whole_number(), 12.0, 12),
    (values.whole_number(none="no limit"), "None", None),
    (values.number(), "1e2", 100),
    (values.number(), ".5", 0.5),
    (values.number(), np.float32(0.5), 0.5),
    (values.yes_no(), "On", True),
    (values.yes_no(), 0, False),
    (values.yes_no(), np.True_, True),
    (values.choice("x", "two_words"), "Two words", "two_words"),
    (values.choice("x", "two_words"), "TWO-WORDS", "two_words"),
    (values.colour(), "Teal", TEAL),
    (values.colour(), "#008080", TEAL),
    (values.colour(), "#f00", RED),
    (values.colour(), "#ff000080", (255, 0, 0, 128)),
    (values.colour(), "rgb(255, 0, 0)", RED),
    (values.colour(), "(255, 0, 0)", RED),
    (values.colour(), [255, 0, 0], RED),
    (values.colour(), np.array([255, 0, 0], dtype="uint8"), RED),
    (values.colour(), "transparent", (0, 0, 0, 0)),
    (values.names(), "Dropout, Flatten, Dropout", ("Dropout", "Flatten")),
    (values.names(), "Dropout\nkeras.layers.Flatten", ("Dropout", "keras.layers.Flatten")),
    (values.names(), Local, (f"{__name__}.Local",)),
    (values.names(), ["Dropout", Local], ("Dropout", f"{__name__}.Local")),
    (values.names(), "", ()),
    (values.names(), "none", ()),
    (values.indices(), "5-8, 0", (0, 5, 6, 7, 8)),
    (values.indices(), [3, "5-6", np.int64(1)], (1, 3, 5, 6)),
    (values.indices(), range(3), (0, 1, 2)),
    (values.indices(), np.array([2, 1]), (1, 2)),
    (values.indices(), 4, (4,)),
    (values.colour_map(), "Conv2D=red; Dense=teal/black", (("Conv2D", RED, None), ("Dense", TEAL, BLACK))),
    (values.colour_map(), "Dense=/black", (("Dense", None, BLACK),)),
    (values.colour_map(), "Dense=(255, 0, 0)/teal", (("Dense", RED, TEAL),)),
    (values.colour_map(), {Local: {"fill": "red"}}, ((f"{__name__}.Local", RED, None),)),
    (values.colour_map(), {"a/b": {"outline": (0, 0, 0)}, "c": "red"}, (("a/b", None, BLACK), ("c", RED, None))),
    (values.colour_map(), {"a": (255, 0, 0)}, (("a", RED, None),)),
    (values.colour_map(), {"a": ("red", "black")}, (("a", RED, BLACK),)),
    (values.colour_map(), ["a=red", "b=teal"], (("a", RED, None), ("b", TEAL, None))),
    (values.colour_map(), [["a", [255, 0, 0, 255], None]], (("a", RED, None),)),
    (values.styles(), "a=hidden; b=red", (("a", None, None, *ONLY_HIDDEN), ("b", RED, None, *PLAIN))),
    (values.styles(), {"a": {"hidden": "no", "fill": "red"}}, (("a", RED, None, *PLAIN),)),
    (values.styles(), "frozen = /black Paler  hatched", (("frozen", None, BLACK, False, True, True),)),
    (values.styles(), {"frozen": "hatched"}, (("frozen", None, None, False, True, False),)),
    (values.styles(), {"a": {"paler": True}}, (("a", None, None, False, False, True),)),
    (values.styles(), [("a", RED, None, True)], (("a", RED, None, *ONLY_HIDDEN),)),
    (values.input_shape(), "224, 224, 3", ((224, 224, 3),)),
    (values.input_shape(), "(28, 28); (10,)", ((28, 28), (10,))),
    (values.input_shape(), "(28, 28), (10,)", ((28, 28), (10,))),
    (values.input_shape(), "((28, 28), (10,))", ((28, 28), (10,))),
    (values.input_shape(), "none, 20", ((None, 20),)),
    (values.input_shape(), (None, 20), ((None, 20),)),
    (values.input_shape(), [(28, 28), [10]], ((28, 28), (10,))),
    (values.input_shape(), "none", None),
    (values.input_shape(), "(32,):int32", (((32,), "int32"),)),
    (values.input_shape(), "none, 32: INT32", (((None, 32), "int32"),)),
    (values.input_shape(), "(128, 128, 3), (16,):int32", ((128, 128, 3), ((16,), "int32"))),
    (values.input_shape(), "((128, 128, 3):uint8, (16,):int32)", (((128, 128, 3), "uint8"), ((16,), "int32"))),
    (values.input_shape(), "(16,):int32; (4,)", (((16,), "int32"), (4,))),
    (values.input_shape(), ((32,), "int32"), (((32,), "int32"),)),
    (values.input_shape(), [[[16], "int32"], [128, 3]], (((16,), "int32"), (128, 3))),
    (values.input_shape(), ["(16,):int32", (4,)], (((16,), "int32"), (4,))),
    (values.text_source(["name_and_shape"]), "Name-and-shape", "name_and_shape"),
    (values.text_source([]), "a.b:c", "a.b:c"),
    (values.limits(), "(80, 200, 200)", (80, 200, 200)),
    (values.python_font(), {"font_size": "12"}, {"font_size": 12}),
    (values.filename(), "", None),
    (values.filename(), " v.png", " v.png"),
]


@pytest.mark.parametrize(("reader", "value", "expected"), READ)
def test_values_are_read(reader: values.Reader, value: Any, expected: object) -> None:
    result = reader(value)
    assert result == expected
    assert type(result) is type(expected) or isinstance(result, float)
    assert reader(result) == expected


REFUSED: list[tuple[values.Reader, object, str]] = [
    (values.whole_number(), True, "got True"),
    (values.whole_number(), np.True_, "got"),
    (values.whole_number(), 10**400, "got 1000"),
    (values.whole_number(), b"12", "got b'12'"),
    (values.number(), float("nan"), "got nan"),
    (values.number(), "1e999", "got"),
    (values.yes_no(), 2, "got 2"),
    (values.choice("bottom", "top"), "botom", "did you mean 'bottom'"),
    (values.colour(), "tael", "did you mean 'teal'"),
    (values.colour(), (0.5, 0.2, 1.0), "0 to 255, not 0 to 1"),
    (values.colour(), "rgb(300, 0, 0)", "got"),
    (values.colour(), {255, 0}, "got"),
    (values.colour(), b"abc", "got"),
    (values.names(), "Dropout Flatten", "comma-separated"),
    (values.names(), [object()], "got"),
    (values.indices(), "0:5", "such as 0, 5-8"),
    (values.indices(), [True], "got"),
    (values.indices(), -1, "from 0"),
    (values.colour_map(), {"Dense": {"colour": "red"}}, "'colour' is not one of fill, outline"),
    (values.colour_map(), {"Dense": {"fill": "tael"}}, "did you mean 'teal'"),
    (values.colour_map(), {"Dense": ("red", "black", True)}, "got"),
    (values.colour_map(), [()], "got"),
    (values.styles(), {"Dense": {"hidden": "perhaps"}}, "got"),
    (values.input_shape(), "", "got ''"),
    (values.input_shape(), (), "got"),
    (values.input_shape(), (0, 3), "got"),
    (values.input_shape(), "(32,):int", "did you mean 'int8'?"),
    (values.input_shape(), ((32,), "words"), "('words': known:"),
    (values.input_shape(), "(32,):", "got"),
    (values.input_shape(), [(32,), "int32", (3,)], "got"),
    (values.text_source(["default"]), "defualt", "did you mean 'default'"),
    (values.python_font(), {"size": 3}, "'size'"),
    (values.python_font(), {"font_size": "big"}, "font_size: expected a number"),
]


@pytest.mark.parametrize(("reader", "value", "said"), REFUSED)
def test_what_would_be_misread_is_refused(reader: values.Reader, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        reader(value)


def test_a_value_that_cannot_even_be_shown_is_refused() -> None:
    class Odd:
        def __float__(self) -> float:
            raise RuntimeError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no")

    with pytest.raises(ValueError, match="an object of type Odd"):
        values.number()(Odd())


READERS = {**{name: option.reader for name, option in DECLARED.items()}, **SETTINGS}
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789,-;=/()[]#.: \nabeDnoRx", max_size=30),
    st.sampled_from(
        [text for reader in READERS.values() for text in (*reader.examples, *reader.refused)]
        + ["none", "rgb(1,2,3)", "hsl(0)"]
    ),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=4) | st.just(Local),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXTS | st.integers() | st.sampled_from(["fill", "hidden", "font_size"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@settings(deadline=None, max_examples=50)
@given(value=PLAIN)
def test_any_value_is_read_or_refused_with_a_reason_and_what_is_read_reads_as_itself(
    reader: Reader, value: Any
) -> None:
    try:
        result = reader(value)
    except ValueError as error:
        said = str(error)
    else:
        assert repr(reader(result)) == repr(result)
        return
    assert said.startswith(f"expected {reader.accepts}; got ")


@given(word=st.text(), known=st.lists(st.text(min_size=1), min_size=1))
def test_a_suggestion_is_one_of_those_known(word: str, known: list[str]) -> None:
    said = values.did_you_mean(word, known)
    assert said.startswith(("did you mean", "known: "))
