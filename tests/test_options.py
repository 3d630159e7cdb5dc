"""The one declaration: presence decides, themes bring their defaults, and errors name the option."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinxext_layered.errors import LayeredViewError, OptionError
from sphinxext_layered.options import DECLARED, DEFAULTS, LayeredViewOptions, read_value

TEXTS = {name: st.sampled_from(option.reader.examples) for name, option in DECLARED.items() if not option.python_only}


def test_every_option_has_a_sentence_a_kind_and_a_default_that_its_reader_takes() -> None:
    for name, option in DECLARED.items():
        assert option.doc.endswith("."), name
        assert option.kind in ("size", "layers", "connections", "colour", "text", "picture", "model")
        option.reader(DEFAULTS[name])


def test_only_what_is_given_differs_from_the_defaults() -> None:
    options = LayeredViewOptions.of({"legend": "yes", "scale_xy": "2"})
    assert dataclasses.replace(options, legend=False, scale_xy=4) == LayeredViewOptions()


def test_a_dark_theme_brings_its_own_defaults_and_gives_way_to_what_is_given() -> None:
    dark = LayeredViewOptions.of({"theme": "dark", "font_color": "black"})
    assert dark.background_fill == read_value("background_fill", DECLARED["background_fill"].dark)
    assert dark.font_color == (0, 0, 0, 255)
    assert LayeredViewOptions.of({"theme": "light"}) == LayeredViewOptions()
    given_the_default = LayeredViewOptions.of({"theme": "dark", "background_fill": "white"})
    assert given_the_default.background_fill == (255, 255, 255, 255)


@pytest.mark.parametrize(
    ("given_options", "said"),
    [
        ({"scale_yx": 3}, "scale_yx: no such option; did you mean 'scale_xy'?"),
        ({5: 3}, "5: no such option"),
        ({"scale_xy": 0}, "scale_xy: expected a number greater than 0 and at most 1000000; got 0"),
        ({"theme": "drak"}, "theme: expected one of light, dark, both; got 'drak' (did you mean 'dark'?)"),
    ],
)
def test_errors_name_the_option_the_value_and_what_is_accepted(given_options: dict[Any, Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        LayeredViewOptions.of(given_options)
    assert str(caught.value).startswith(said)


def test_errors_are_ours_and_the_builtin_one_and_pass_between_processes() -> None:
    error = OptionError("padding", "expected a number; got 'x'")
    assert isinstance(error, LayeredViewError)
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.name, again.problem) == (str(error), error.name, error.problem)


@given(st.fixed_dictionaries({}, optional=TEXTS))
def test_a_key_says_all_that_text_can_give_and_reads_back_as_the_same_options(given_options: dict[str, str]) -> None:
    options = LayeredViewOptions.of(given_options)
    key = json.dumps(options.canonical(), sort_keys=True)
    assert LayeredViewOptions.of(json.loads(key)) == options
    assert options.canonical().keys() == {name for name, option in DECLARED.items() if not option.python_only}
    assert hash(options) == hash(LayeredViewOptions.of(json.loads(key)))


def test_options_with_a_font_as_a_dict_can_be_kept_in_a_set() -> None:
    assert len({LayeredViewOptions(font={"font_size": 3}), LayeredViewOptions(font={"font_size": 3})}) == 1


@given(st.dictionaries(st.sampled_from([*DECLARED]) | st.text(), st.text() | st.integers() | st.none(), max_size=4))
def test_any_options_are_read_or_an_option_error(given_options: dict[str, Any]) -> None:
    try:
        options = LayeredViewOptions.of(given_options)
    except OptionError as error:
        refused = error.name
    else:
        assert dataclasses.replace(options) == options
        return
    assert refused in given_options


def test_texts_by_a_function_are_told_from_ready_made_ones() -> None:
    assert LayeredViewOptions(text_callable="name_and_shape").text_reference is None
    assert LayeredViewOptions(text_callable="{name}:{shape}").text_reference is None
    assert LayeredViewOptions(text_callable="a.b:c").text_reference == "a.b:c"
    assert LayeredViewOptions(text_callable=print).text_reference is None
