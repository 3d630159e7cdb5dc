"""What `layered_view` does for a Python caller: each parameter, each refusal, and what it leaves alone."""

from __future__ import annotations

import copy
import inspect
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from factories import graph, layer, model
from PIL import Image, ImageFont

from sphinxext_layered import layered_view
from sphinxext_layered.calling import SETTINGS
from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing.fonts import SHIPPED
from sphinxext_layered.errors import ModelError, OptionError, PaintError
from sphinxext_layered.options import DECLARED, DEFAULTS

HERE = Path(__file__).parent
ROOT = HERE.parent
REFERENCE = (
    "model, to_file=None, min_z=20, min_xy=20, max_z=400, max_xy=2000, scale_z=0.1, scale_xy=4, type_ignore=None, "
    "index_ignore=None, color_map=None, one_dim_orientation='z', index_2d=None, background_fill='white', "
    "draw_volume=True, draw_reversed=False, padding=10, text_callable=None, text_vspacing=4, spacing=10, "
    "draw_funnel=True, shade_step=10, legend=False, legend_text_spacing_offset=15, font=None, font_color='black', "
    "show_dimension=False, backend=None, show_os_viewer=False, save_fig=True, save_fig_filename='', overwrite=True, "
    "add_timestamp=False, verbose=False"
)


class Layer:
    """A layer as users' own frameworks may have one: a name and a shape."""

    def __init__(self, name: str, output_shape: tuple[int | None, ...]) -> None:
        self.name, self.output_shape = name, output_shape


class Conv2D(Layer):
    pass


class Dropout(Layer):
    pass


class Dense(Layer):
    pass


class Net:
    def __init__(self, *layers: Layer) -> None:
        self.name, self.layers = "net", list(layers)


def net() -> Net:
    """A model of layers of every rank that sizes know, with two classes that share a base."""
    return Net(
        Conv2D("first", (None, 32, 32, 400)),
        Dropout("drop", (None, 32, 32, 400)),
        Conv2D("second", (None, 16, 24, 3000)),
        Dense("dense", (None, 120)),
        Dense("last", (None, 10)),
    )


def drawn(**given: Any) -> Image.Image:
    return layered_view(given.pop("model", None) or net(), save_fig=False, **given)


def test_the_parameters_are_the_references_in_its_order_with_its_defaults() -> None:
    shown = [
        one
        for one in inspect.signature(layered_view).parameters.values()
        if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    spelt = [one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in shown]
    assert ", ".join(spelt) == REFERENCE


def declared_parameter(name: str) -> str:
    """The parameter as the declaration of its option has it."""
    default = repr(DEFAULTS[name]) if not isinstance(DEFAULTS[name], str) else f'"{DEFAULTS[name]}"'
    return f"{name}: {DECLARED[name].reader.python} = {default}"


def written_parameter(one: inspect.Parameter) -> str:
    default = repr(one.default) if not isinstance(one.default, str) else f'"{one.default}"'
    return f"{one.name}: {one.annotation} = {default}".replace("'", '"')


def declared_documentation(name: str) -> list[str]:
    """The parameter's lines of the docstring; a type that only this package knows is explained."""
    option = DECLARED[name]
    kind, doc = option.reader.python, option.doc
    if option.unit:
        doc = f"{doc.removesuffix('.')}, in {option.unit}."
    if kind.startswith("Literal["):
        kind = "{" + kind.removeprefix("Literal[").removesuffix("]") + "}"
    elif "Like" in kind:
        kind, doc = kind.removesuffix(" | None"), f"{doc} Takes {option.reader.accepts}."
    lines = textwrap.wrap(doc, 112, initial_indent="    ", subsequent_indent="    ")
    return [f"{name} : {kind}, default {DEFAULTS[name]!r}", *lines]


def indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def test_what_is_added_to_the_reference_is_keyword_only_in_the_declarations_order() -> None:
    parameters = inspect.signature(layered_view).parameters.values()
    keywords = [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    written = [written_parameter(one) for one in keywords if one.name not in SETTINGS]
    declared = [declared_parameter(name) for name, one in DECLARED.items() if one.added]
    right = indented([f"{line}," for line in declared])
    assert written == declared, f"write in api.py as the parameters of layered_view after the star:\n{right}"


@pytest.mark.parametrize("name", DECLARED)
def test_a_parameter_is_what_its_option_declares(name: str) -> None:
    found = inspect.signature(layered_view).parameters.get(name)
    declared = declared_parameter(name)
    where = f"in api.py, in the place that {name} has in options.py"
    assert found is not None, f"add the parameter {where}, after the star where it is `added`:\n    {declared},"
    assert written_parameter(found) == declared, f"write {where}:\n    {declared},"


@pytest.mark.parametrize("name", DECLARED)
def test_a_parameter_is_documented_as_its_option_is(name: str) -> None:
    documented = inspect.cleandoc(layered_view.__doc__ or "").splitlines()
    lines = declared_documentation(name)
    head = next((index for index, line in enumerate(documented) if line.startswith(f"{name} : ")), None)
    where = f"in the docstring in api.py, in the place that {name} has among the parameters"
    assert head is not None, f"add {where}:\n{indented(lines)}"
    assert documented[head : head + len(lines)] == lines, f"write {where}:\n{indented(lines)}"


def test_what_is_written_stays_on_the_dark_theme_also_where_it_is_the_light_ones_default() -> None:
    assert drawn(theme="dark").getpixel((0, 0)) == (20, 23, 26, 255)
    assert drawn(theme="dark", background_fill="white").getpixel((0, 0)) == (255, 255, 255, 255)


def test_positions_bind_as_in_the_reference() -> None:
    by_position = layered_view(net(), None, 40, 30, 90, 70, 0.2, 3, save_fig=False)
    by_name = drawn(min_z=40, min_xy=30, max_z=90, max_xy=70, scale_z=0.2, scale_xy=3)
    assert by_position == by_name


def skips(blocks: int = 4) -> ModelDescription:
    """A model of equal blocks with skip connections."""
    rows: list[tuple[Any, ...]] = [("input", layer("InputLayer", 8, 8, 4)), ("stem", layer("Conv2D", 8, 8, 4), "input")]
    for number in range(blocks):
        before = rows[-1][0]
        rows.append((f"conv{number}", layer("Conv2D", 8, 8, 4), before))
        rows.append((f"norm{number}", layer("BatchNormalization", 8, 8, 4), f"conv{number}"))
        rows.append((f"add{number}", "Add", (8, 8, 4), before, f"norm{number}"))
    return graph(*rows)


SKIPS = skips()

# For each drawing parameter two calls that differ in it alone, beside what lets its effect be seen.
EFFECTS: dict[str, tuple[object, dict[str, Any]]] = {
    "min_z": (60, {}),
    "min_xy": (60, {}),
    "max_z": (100, {}),
    "max_xy": (50, {}),
    "scale_z": (0.05, {}),
    "scale_xy": (2, {}),
    "type_ignore": ([Dropout], {}),
    "index_ignore": ([2], {}),
    "color_map": ({Conv2D: {"fill": "teal", "outline": "gold"}}, {}),
    "one_dim_orientation": ("y", {}),
    "index_2d": ([0], {}),
    "background_fill": ("lavender", {}),
    "draw_volume": (False, {}),
    "draw_reversed": (True, {}),
    "padding": (25, {}),
    "text_callable": ("default", {}),
    "text_vspacing": (30, {"text_callable": lambda index, layer: ("two\nlines", False)}),
    "spacing": (40, {}),
    "draw_funnel": (False, {}),
    "shade_step": (60, {}),
    "legend": (True, {}),
    "legend_text_spacing_offset": (60, {"legend": True}),
    "font": (ImageFont.truetype(SHIPPED, 30), {"legend": True}),
    "font_color": ("crimson", {"legend": True}),
    "show_dimension": (True, {"legend": True}),
    "font_path": (str(Path(ImageFont.__file__).parent), {}),
    "font_size": (30, {"legend": True}),
    "sizing_mode": ("logarithmic", {}),
    "capped_limits": ((30, 60, 60), {"sizing_mode": "capped"}),
    "max_width": (300, {}),
    "max_height": (150, {}),
    "connections": ("none", {"model": SKIPS}),
    "skip_connections": ("below", {"model": SKIPS}),
    "show_operations": ("none", {"model": SKIPS}),
    "stubs": ("yes", {"model": SKIPS}),
    "fold": ("yes", {"model": SKIPS}),
    "collapse": ("yes", {"model": SKIPS}),
    "groups": ({"Begin": ("first", "second")}, {}),
    "palette": ("classic", {}),
    "theme": ("dark", {}),
    "styles": ({"second": {"hidden": True}}, {}),
    "connector_color": ("red", {}),
    "connector_width": (5, {}),
    "legend_position": ("top", {"legend": True}),
    "pixel_ratio": (2, {}),
}


@pytest.mark.parametrize("name", sorted(EFFECTS.keys() - {"font_path"}))
def test_each_drawing_parameter_changes_the_pixels(name: str) -> None:
    value, beside = EFFECTS[name]
    plain, changed = drawn(**beside), drawn(**beside, **{name: value})
    assert plain.size != changed.size or plain.tobytes() != changed.tobytes()


def test_every_drawing_parameter_has_its_effect_tested() -> None:
    assert EFFECTS.keys() | {"input_shape", "expand_nested"} == DECLARED.keys()


def test_font_path_is_the_font_that_is_drawn() -> None:
    with pytest.raises(OptionError, match="font_path"):
        drawn(font_path="no/such.ttf", legend=True)
    assert drawn(font_path=SHIPPED, legend=True) == drawn(legend=True)
    import reportlab

    other = Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf"
    by_path = drawn(font_path=str(other), font_size=20, legend=True)
    assert by_path == drawn(font=ImageFont.truetype(str(other), 20), legend=True)
    assert by_path != drawn(font_size=20, legend=True)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name != "font_path"])
def test_a_default_given_is_a_default_left_out(name: str) -> None:
    assert drawn(**{name: DEFAULTS[name]}) == drawn()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"index_2d": "0, 2-3"}, {"index_2d": [0, 2, 3]}),
        ({"type_ignore": "Dropout, Dense"}, {"type_ignore": (Dropout, Dense)}),
        ({"color_map": "Conv2D=teal/black"}, {"color_map": {"Conv2D": {"fill": (0, 128, 128), "outline": "#000"}}}),
        ({"legend": "yes", "scale_xy": "2.5"}, {"legend": np.bool_(True), "scale_xy": np.float64(2.5)}),
        ({"background_fill": "#ff000080"}, {"background_fill": np.array([255, 0, 0, 128])}),
        ({"padding": "30"}, {"padding": np.int64(30)}),
    ],
)
def test_text_and_python_values_draw_the_same(written: dict[str, Any], meant: dict[str, Any]) -> None:
    assert drawn(**written) == drawn(**meant)


@pytest.mark.parametrize("key", [Conv2D, "Conv2D", f"{__name__}.Conv2D", Layer, "Layer"])
def test_color_map_takes_a_class_its_names_and_its_bases(key: object) -> None:
    colours = drawn(color_map={key: {"fill": (1, 254, 3)}}).getcolors(10**6) or []
    assert (1, 254, 3, 255) in [colour for _, colour in colours]


def test_color_map_takes_a_layers_own_name() -> None:
    colours = drawn(color_map={"second": {"fill": (1, 254, 3)}}).getcolors(10**6) or []
    assert (1, 254, 3, 255) in [colour for _, colour in colours]


def test_text_callable_is_given_the_index_in_model_layers_and_the_layer_itself() -> None:
    seen = []

    def text(index: int, layer: object) -> tuple[str, bool]:
        seen.append((index, layer))
        return "here", True

    subject = net()
    drawn(model=subject, text_callable=text, index_ignore=[0])
    assert {(index, id(layer)) for index, layer in seen} <= {(i, id(one)) for i, one in enumerate(subject.layers)}
    assert (2, subject.layers[2]) in seen


def test_text_callable_by_reference_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labels_of_a_user.py").write_text("def upper(index, layer):\n    return layer.name.upper(), False\n")
    monkeypatch.syspath_prepend(tmp_path)
    by_reference = drawn(text_callable="labels_of_a_user:upper")
    assert by_reference == drawn(text_callable=lambda index, layer: (layer.name.upper(), False))
    with pytest.raises(OptionError, match="text_callable: 'labels_of_a_user:lower' cannot be imported"):
        drawn(text_callable="labels_of_a_user:lower")


@pytest.mark.parametrize("result", ["text", ("text",), (3, True), 7])
def test_a_text_callable_that_gives_something_else_is_told_so(result: object) -> None:
    with pytest.raises((ModelError, OptionError), match="text_callable"):
        drawn(text_callable=lambda index, layer: result)


def test_a_description_is_drawn_as_the_model_it_describes() -> None:
    from sphinxext_layered.reading import describe

    subject = net()
    assert drawn(model=describe(subject)) == drawn(model=subject)


def test_a_template_needs_no_live_model() -> None:
    from sphinxext_layered.reading import describe

    subject = net()
    labelled = drawn(model=describe(subject), text_callable="{name}\n{kernel}")
    assert labelled == drawn(model=subject, text_callable=r"{name}\n{kernel}")
    assert labelled != drawn(model=subject)


def test_the_style_of_frozen_layers_is_no_typo_where_there_are_none() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawn(styles="frozen=hatched") == drawn()


@pytest.mark.parametrize(
    "given", [{"text_callable": lambda index, layer: ("", True)}, {"text_callable": "a:b"}, {"input_shape": (2, 3)}]
)
def test_what_needs_the_live_model_is_refused_for_a_description(given: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(given))):
        drawn(model=model(layer("Dense", 10)), **given)


@pytest.mark.parametrize("subject", [None, 3, "VGG16", object(), SimpleNamespace(layers=[])])
def test_what_is_not_a_model_is_a_model_error(subject: object) -> None:
    with pytest.raises(ModelError, match=r"\w"):
        layered_view(subject, save_fig=False)


def test_a_typo_in_a_name_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"layered_view\(\).*'scale_yx'"):
        layered_view(net(), scale_yx=3)  # type: ignore[call-arg]


def test_a_missing_model_and_too_many_arguments_are_type_errors() -> None:
    with pytest.raises(TypeError, match="model"):
        layered_view()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional arguments"):
        layered_view(*range(40))  # type: ignore[call-arg]


# For each parameter a value that it does not take; `backend` takes any.
WRONG: dict[str, Any] = {
    **{name: one.reader.refused[-1] for name, one in DECLARED.items()},
    "to_file": 3,
    "show_os_viewer": "maybe",
    "save_fig": 7,
    "show_fig": "never",
    "save_fig_filename": 5,
    "overwrite": "perhaps",
    "add_timestamp": [],
    "verbose": "loud",
}


@pytest.mark.parametrize("name", [*DECLARED, *SETTINGS])
def test_a_wrong_value_names_the_parameter_the_value_and_what_is_accepted(name: str) -> None:
    accepted = (DECLARED[name].reader if name in DECLARED else SETTINGS[name]).accepts
    with pytest.raises(ValueError, match="expected") as caught:
        drawn_with_files(**{name: WRONG[name]})
    assert isinstance(caught.value, OptionError)
    assert caught.value.name == name
    assert str(caught.value).startswith(f"{name}: expected {accepted}; got {WRONG[name]!r}")


def drawn_with_files(**given: Any) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return layered_view(net(), **{"save_fig": False, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type_ignore": ["Dropuot"]}, "type_ignore: 'Dropuot' is neither a layer .* did you mean 'Dropout'"),
        ({"color_map": {"Conv3D": "red"}}, "color_map: 'Conv3D' is neither a layer"),
        ({"styles": {"lats": {"hidden": True}}}, "styles: 'lats' .* did you mean 'last'"),
        ({"index_ignore": [5]}, "index_ignore: this model has no layer 5; its layers have the indices 0 to 4"),
    ],
)
def test_names_and_indices_that_the_model_lacks_are_warned_of_where_it_is_called(
    given: dict[str, Any], said: str
) -> None:
    with pytest.warns(UserWarning, match=said) as caught:
        layered_view(net(), save_fig=False, **given)
    assert caught[0].filename == __file__


def test_a_model_whose_layers_raise_is_a_model_error() -> None:
    class Raising:
        @property
        def layers(self) -> None:
            raise RuntimeError("no layers today")

    with pytest.raises(ModelError, match="no layers today"):
        drawn(model=Raising())


def test_theme_both_is_refused_with_its_reason() -> None:
    with pytest.raises(OptionError, match=r"theme: 'both' means two pictures.*'light' or 'dark'"):
        drawn(theme="both")


def test_the_callers_objects_are_not_changed() -> None:
    given: dict[str, Any] = {
        "color_map": {Conv2D: {"fill": "red"}},
        "type_ignore": ["Dropout"],
        "index_2d": [3, 1, 1],
        "font": {"font_size": 11},
        "styles": {"last": {"fill": "blue"}},
    }
    before, subject = copy.deepcopy(given), net()
    attributes = [dict(vars(one)) for one in subject.layers]
    drawn(model=subject, **given)
    assert given == before
    assert [dict(vars(one)) for one in subject.layers] == attributes


def test_a_default_call_prints_and_warns_nothing_and_writes_one_file(tmp_path: Path) -> None:
    code = (
        "from test_api import net; from sphinxext_layered import layered_view; import os, sys;"
        "os.chdir(sys.argv[1]); layered_view(net())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        env={
            **os.environ,
            "MPLCONFIGDIR": str(tmp_path / "mpl"),
            "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT)]),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.glob("*.*")] == ["layered_view.png"]


def test_it_returns_a_picture_of_pillow_whatever_it_saves(tmp_path: Path) -> None:
    plain = drawn()
    assert type(plain) is Image.Image
    for name in ("v.svg", "v.pdf", "v.png", "v.jpg"):
        assert layered_view(net(), save_fig_filename=tmp_path / name) == plain


def test_jupyter_shows_the_picture() -> None:
    assert drawn()._repr_png_().startswith(b"\x89PNG")  # type: ignore[operator]


def test_there_is_no_limit_of_width_unless_given() -> None:
    wide = model(*(layer("Conv2D", 8, 8, 4000) for _ in range(20)))
    assert drawn(model=wide).width > 5000
    assert drawn(model=wide, max_width=700).width <= 700


def test_a_picture_beyond_the_limit_of_pixels_is_a_paint_error() -> None:
    huge = model(*(layer("Conv2D", 224, 224, 4000) for _ in range(10)))
    with pytest.raises(PaintError, match="max_width"):
        drawn(model=huge, max_xy=10**6, scale_xy=10**4)


def test_verbose_says_what_was_read_drawn_and_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "v.png"
    layered_view(net(), save_fig_filename=path, backend="pil", verbose=True)
    said = capsys.readouterr().out
    assert "5 layers" in said
    assert f"Pillow saved {path} (PNG, " in said
    layered_view(net(), save_fig_filename=path, backend="pil")
    assert capsys.readouterr().out == ""


def test_show_os_viewer_shows_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Image.Image] = []
    monkeypatch.setattr(Image.Image, "show", lambda self, **_: shown.append(self))
    drawn()
    assert shown == []
    assert shown.append(drawn(show_os_viewer=True)) is None  # type: ignore[func-returns-value]
    assert shown[0] is shown[1]


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("v.png", "v.svg", "v.pdf", "v.jpg"):
        first, second = tmp_path / "first" / name, tmp_path / "second" / name
        layered_view(net(), save_fig_filename=first, legend=True)
        layered_view(net(), save_fig_filename=second, legend=True)
        assert first.read_bytes() == second.read_bytes()


def test_every_parameter_is_documented_in_numpydoc() -> None:
    from numpydoc.docscrape import NumpyDocString

    documentation = NumpyDocString(layered_view.__doc__ or "")
    documented = {one.name: one for one in documentation["Parameters"]}
    assert [name.lstrip("*") for name in documented] == list(inspect.signature(layered_view).parameters)
    assert all(" ".join(one.desc) for one in documented.values())
    for section in ("Returns", "Raises", "Notes", "Examples"):
        assert documentation[section]


USER = """\
from PIL import Image

from sphinxext_layered import layered_view


class Conv2D: ...


def text(index: int, layer: object) -> tuple[str, bool]:
    return "a", True


styles = {Conv2D: {"fill": "teal"}, "last": {"fill": "red"}}
picture: Image.Image = layered_view(
    object(), None, 20, color_map=styles, type_ignore=["Dropout", Conv2D], index_2d=range(3), text_callable=text,
    background_fill=(255, 255, 255), one_dim_orientation="x", legend=True, max_width=None, input_shape=(None, 20),
)
layered_view(object(), scale_yx=3)
layered_view(object(), legend=[])
layered_view(object(), one_dim_orientation="sideways")
"""


def test_type_checkers_know_the_parameters(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", "user.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    lines = [line.split(": error: ")[0] for line in done.stdout.splitlines() if ": error: " in line]
    assert lines == ["user.py:18", "user.py:19", "user.py:20"], done.stdout + done.stderr


@pytest.fixture(scope="module")
def cnn() -> Any:
    import keras

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(10, name="out"),
        ],
        name="cnn",
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("given", "beside"),
    [
        ({"type_ignore": ["Dropout"]}, {}),
        ({"color_map": {"conv": {"fill": "red"}}}, {}),
        ({"text_callable": lambda index, layer: (layer.name, index % 2 == 0)}, {}),
        ({"legend": True}, {}),
        ({"show_dimension": True}, {"legend": True}),
    ],
)
def test_a_keras_model_is_drawn(cnn: Any, given: dict[str, Any], beside: dict[str, Any]) -> None:
    weights = [weight.copy() for weight in cnn.get_weights()]
    plain, changed = drawn(model=cnn, **beside), drawn(model=cnn, **beside, **given)
    assert plain.size != changed.size or plain.tobytes() != changed.tobytes()
    assert all((one == other).all() for one, other in zip(weights, cnn.get_weights(), strict=True))


@pytest.mark.tensorflow
def test_keras_classes_name_layers(cnn: Any) -> None:
    import keras

    by_class = drawn(model=cnn, type_ignore=[keras.layers.Dropout], color_map={keras.layers.Dense: {"fill": "red"}})
    assert by_class == drawn(model=cnn, type_ignore="Dropout", color_map="Dense=red")


@pytest.mark.tensorflow
def test_a_model_that_does_not_know_its_input_takes_input_shape() -> None:
    import keras

    def subject() -> Any:
        return keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(3)])

    wide, high = (drawn(model=subject(), input_shape=shape) for shape in ((12, 30, 3), (30, 12, 3)))
    assert wide.size != high.size


def test_a_description_file_draws_without_keras(tmp_path: Path) -> None:
    text = model(layer("Conv2D", 8, 8, 3), layer("Dense", 10)).to_json()
    code = (
        "import sys; from sphinxext_layered import layered_view\n"
        "from sphinxext_layered.description import ModelDescription\n"
        "layered_view(ModelDescription.from_json(sys.stdin.read()), save_fig=False)\n"
        "assert not {'keras', 'tensorflow', 'sphinx', 'docutils'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], input=text, text=True, check=True, cwd=ROOT)
