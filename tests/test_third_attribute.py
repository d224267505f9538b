"""A third attribute is one entry of the table: trained with it, a model brings it everywhere.

The attribute is "register": how high the notes lie that sound, step by step. This file alone
defines it; nothing else in the house has heard of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch

import fadernets
from demo import app, programs
from demo.editing import saving, service
from demo.editing.figures import SCALE_POINTS
from demo.editing.opening import open_file
from demo.editing.requests import EditRequest
from demo.workbench import workbench
from fadernets import __main__ as cli
from fadernets import checkpoint
from fadernets.expression.articulation import Articulation
from fadernets.expression.registry import EXPRESSIONS
from fadernets.faders import Fader
from fadernets.models import MODELS, build
from fadernets.models.softdensity import soft_densities
from fadernets.music import events, midi
from fadernets.music.attributes import ATTRIBUTES, PAPER, Attribute, Words, measure
from fadernets.music.notes import LOWEST_PITCH, STEPS, STEPS_PER_BEAT, Notes
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from tests.fadernets.music.generated import rows
from tests.fadernets.tiny import TINY, bars, batch, piece
from train import prepare, transfers
from train.data import corpora, packed
from train.data.dataset import Segments
from train.evaluate import reconstruction, response
from train.export import export
from train.run.config import TrainConfig
from train.run.loop import Trainer

KEYS = 8  # of the piano, in a class
NAMES = (*PAPER, "register")
TOY = replace(TINY, attributes=NAMES, width=16, layers=1, heads=2)
RUN = TrainConfig(steps=2, batch=16, precision="float32", validate_every=2, validation_segments=8)
PERFORMANCES, SEGMENTS = 10, 6


def label(notes: Notes) -> np.ndarray:
    """Class of the mean pitch that sounds in the middle of each step; 0 where nothing does."""
    middle = (np.arange(STEPS) + 0.5) / STEPS_PER_BEAT
    sounds = (notes.onset[:, None] <= middle) & (middle < notes.offset[:, None])
    count = sounds.sum(0)
    mean = (sounds * (notes.pitch[:, None] - LOWEST_PITCH)).sum(0) / np.maximum(count, 1)
    return np.where(count > 0, 1 + mean.astype(np.int64) // KEYS, 0)


def density(labels: np.ndarray) -> np.ndarray:
    """Mean class of the steps in which something sounds."""
    labels = np.asarray(labels)
    return labels.sum(-1) / np.maximum((labels > 0).sum(-1), 1)


def soft_density(soft):
    """Mean class of the sounding keys, by expected steps."""
    classes = 1 + np.arange(events.PITCHES) // KEYS
    heights = soft.probability.new_tensor(classes.tolist())
    struck = soft.probability[..., events.NOTE_ON : events.NOTE_OFF] @ heights * soft.is_token
    released = soft.probability[..., events.NOTE_OFF : events.TIME_SHIFT] @ heights * soft.is_token
    high = struck * (STEPS - soft.first) - released * (STEPS - soft.after)
    return high.sum(1) / soft.sounding.sum(1).clamp(min=1)


REGISTER = Attribute(
    "register",
    classes=1 + -(-events.PITCHES // KEYS),
    highest=float(-(-events.PITCHES // KEYS)),
    label=label,
    density=density,
    soft_density=soft_density,
    words=Words(title="Register", ends=("deep", "high"), hint="How high <the notes> lie"),
)


@pytest.fixture(scope="module", autouse=True)
def register() -> Iterator[None]:
    """The table with one more entry."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ATTRIBUTES, "register", REGISTER)
        yield


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads wait for each other on a busy machine, and toys need none."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def old_file(tmp_path_factory) -> Path:
    """A file that was prepared before there was a third attribute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(ATTRIBUTES, "register")
        return prepared(tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def new_file(tmp_path_factory) -> Path:
    """The same performances prepared with it."""
    return prepared(tmp_path_factory.mktemp("new"))


def prepared(folder: Path) -> Path:
    (folder / "piano").mkdir()
    for number in range(PERFORMANCES):
        midi.write(piece(bars(SEGMENTS, seed=number)), folder / "piano" / f"{number}.mid")
    files = [prepare.prepare_file(s) for s in corpora.performances(folder / "piano")]
    prepare.save(prepare.join(files, seed=0), folder / "segments.npz")
    return folder / "segments.npz"


@pytest.fixture(scope="module")
def data(new_file) -> Segments:
    return Segments.load(new_file)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Path:
    """A toy with three faders, trained and exported as any model."""
    folder = tmp_path_factory.mktemp("trained")
    run = Trainer(replace(TOY, model="gmvae"), RUN, data, folder)
    assert run.fit()
    export(run.model, data, folder)
    return folder


def played(model: str) -> list:
    net = fadernets.load(model)
    positions = dict.fromkeys(net.faders, 0.8)
    return [rows(notes) for notes in net.slide(bars(2, seed=3), positions)]


@pytest.mark.slow
@pytest.mark.parametrize("model", checkpoint.available())
def test_the_shipped_models_load_and_slide_as_before(model, monkeypatch):
    monkeypatch.delitem(ATTRIBUTES, "register")
    before = played(model)
    monkeypatch.setitem(ATTRIBUTES, "register", REGISTER)
    assert played(model) == before
    with pytest.raises(ValueError, match="no fader 'register'; there are: rhythm, note"):
        fadernets.load(model).slide(bars(1), {"register": 0.5})


def test_it_is_measured():
    low, high = (Notes.of([0.0], [4.0], [pitch], [64]) for pitch in (21, 108))
    assert (measure(low)["register"], measure(high)["register"]) == (1.0, 11.0)


def test_a_prepared_file_holds_its_labels(new_file, data):
    with np.load(new_file) as stored:
        assert stored["register"].shape == (len(stored["length"]), STEPS)
    assert tuple(data.labels) == NAMES
    notes = events.decode(data.tokens[0].numpy())
    assert data.densities["register"][0].item() == pytest.approx(measure(notes)["register"])


def test_what_a_prepared_file_holds_is_told(new_file):
    with np.load(new_file) as stored:
        summary = prepare.summary([], dict(stored), 1.0)
    assert summary.densities["register"].mean > 1


def test_a_packed_folder_holds_its_labels(new_file, data, tmp_path):
    packed.pack([new_file], tmp_path / "packed")
    packed_segments = Segments.load(tmp_path / "packed")
    assert packed_segments.labels["register"].equal(data.labels["register"])


def test_files_with_and_without_it_are_not_packed_together(old_file, new_file, tmp_path):
    with pytest.raises(
        ValueError, match="has labels of rhythm, note, register, .* of rhythm, note, "
    ):
        packed.pack([old_file, new_file], tmp_path / "packed")


@pytest.mark.training
def test_an_older_file_trains_the_older_models(old_file, tmp_path):
    older = Segments.load(old_file)
    assert tuple(older.labels) == PAPER
    assert Trainer(replace(TOY, attributes=PAPER), RUN, older, tmp_path / "older").fit()
    with pytest.raises(ValueError, match="no labels of register: prepare it again"):
        Trainer(TOY, RUN, older, tmp_path / "newer")


@pytest.mark.training
@pytest.mark.parametrize("model", MODELS)
def test_every_model_trains_with_it(model, data, trained, tmp_path):
    run = Trainer(replace(TOY, model=model, codes=str(trained)), RUN, data, tmp_path)
    assert run.fit() and run.step == RUN.steps
    handles = getattr(run.model, "handles", {})
    if not handles:  # the reviser and the model without low-level features have no faders
        return
    scales = {name: Fader(name, (0.2, 1.0), (-4.0, 4.0)) for name in handles}
    checkpoint.save(run.model.eval(), scales, tmp_path / "saved")
    net = fadernets.load(tmp_path / "saved")
    assert net.faders == NAMES
    code, dimension = net.model.handles["register"]
    moved = net.moved(net.encode(bars(2)), {"register": 0.75})
    assert moved.values[code][:, dimension].tolist() == pytest.approx([2.0, 2.0])


def test_glsr_needs_a_density_with_a_slope(monkeypatch):
    monkeypatch.setitem(ATTRIBUTES, "register", replace(REGISTER, soft_density=None))
    with pytest.raises(ValueError, match="GLSR cannot have attribute 'register'"):
        build(replace(TOY, model="glsr"))


@pytest.mark.slow
def test_a_model_with_an_attribute_that_is_not_in_the_table_is_refused(trained, monkeypatch):
    monkeypatch.delitem(ATTRIBUTES, "register")
    with pytest.raises(checkpoint.CheckpointError, match="unknown attribute 'register'"):
        fadernets.load(trained)


@pytest.mark.training
def test_the_arranger_plans_the_others_and_says_so(data, trained, tmp_path):
    run = Trainer(replace(TOY, model="reviser", codes=str(trained)), RUN, data, tmp_path)
    assert run.fit()
    export(run.model, data, tmp_path)
    net = fadernets.load(tmp_path)
    assert net.faders == PAPER  # of the three that the codes have
    source = bars(2)
    assert [measure(notes)["rhythm"] for notes in net.slide(source, {"rhythm": 0.0})] == [
        pytest.approx(net.density("rhythm", 0.0), abs=1 / 32)
    ] * 2
    coder = fadernets.load(trained)
    bold = FaderNet(coder.model, coder.scales, "bold", Arranger(run.model))
    with pytest.raises(ValueError, match="'bold' arranges notes by rhythm and note and leaves re"):
        bold.slide(source, {"register": 0.5})


@pytest.mark.slow
def test_it_is_evaluated(trained):
    net, source = fadernets.load(trained), bars(2)
    assert set(reconstruction(net, source).density_error) == set(NAMES)
    assert set(response(net, source, "register").others_mean) == set(PAPER)


@pytest.mark.slow
def test_it_has_an_example(trained):
    assert "register fader at 0.9" in [
        case.move for case in transfers.cases(fadernets.load(trained))
    ]


def test_the_command_line_has_its_option(trained, tmp_path, capsys):
    midi.write(piece(bars(3)), tmp_path / "in.mid")
    files = [str(tmp_path / "in.mid"), str(tmp_path / "out.mid")]
    arguments = ["slide", *files, "--register", "0.9"]
    assert cli.main([*arguments, "--model", str(trained)]) == 0
    assert (tmp_path / "out.mid").exists()
    for options, is_listed in ((["--model", str(trained)], True), ([], False)):
        with pytest.raises(SystemExit):
            cli.main(["slide", *options, "--help"])
        assert ("--register" in capsys.readouterr().out) == is_listed
    with pytest.raises(SystemExit):
        cli.main(arguments)  # the shipped model has none
    assert "--register" in capsys.readouterr().err
    assert cli.main(["describe", files[0], "--json"]) == 0
    assert "register" in json.loads(capsys.readouterr().out)["segments"][0]


def test_the_page_asks_for_it(trained, tmp_path):
    net = fadernets.load(trained)
    midi.write(piece(bars(3)), tmp_path / "in.mid")
    session = open_file(tmp_path / "in.mid")
    values = {"first": 0, "last": 1, "number": 1, "rhythm": None, "register": 0.25}
    edit = EditRequest.of(values, 3, net.faders)
    assert edit.faders == {"register": 0.25}
    assert saving.file_name(session, edit, is_whole=True).endswith("_register-up-0.25")
    figures = service.answer(net, session, values)["figures"]
    assert len(figures["register"]["tables"]["offsets"]) == SCALE_POINTS
    with pytest.raises(ValueError, match="register 7 is outside -1 to 1"):
        EditRequest.of(values | {"register": 7}, 3, net.faders)
    with pytest.raises(ValueError, match="the model has no fader for register"):
        EditRequest.of(values, 3, PAPER)


def test_the_page_shows_it(trained):
    names = app._faders(str(trained))
    assert names == NAMES
    html = workbench(names)
    assert [html.count(f'data-fader="{name}"') for name in NAMES] == [1, 1, 1]
    assert '<label for="fn-register">Register</label>' in html
    assert 'aria-label="Register as played"' in html
    assert "<span>deep</span><span>high</span>" in html
    assert 'title="How high &lt;the notes&gt; lie"' in html
    assert "register" not in workbench(PAPER)


def test_a_further_expression_has_a_fader_on_the_page(monkeypatch):
    class Swing(Articulation):
        name = "swing"
        words = Words("Swing", "Swing", ("even", "swung"), "How long <odd> notes are")

    monkeypatch.setitem(EXPRESSIONS, "swing", Swing())
    html = workbench(PAPER)
    fader = html[html.index('data-fader="swing"') : html.index('data-fader="arousal"')]
    assert html.index('data-fader="articulation"') < html.index('data-fader="swing"')
    assert '<label for="fn-swing">Swing</label>' in fader
    assert 'aria-label="Swing: swung">swung</button>' in fader
    assert 'title="How long &lt;odd&gt; notes are"' in fader


@pytest.mark.slow
def test_programs_ask_for_it_by_name():
    values_asked = {}
    names = [*NAMES, "seed", "first", "last", "tracks", "absolute", "lock", "strict", "curves"]

    async def change(path, values):
        values_asked.update(values)

    async def ask() -> list[dict]:
        with gr.Blocks(analytics_enabled=False) as blocks:
            programs.add_endpoints(SimpleNamespace(change=change), NAMES)
        (slide,) = (f.fn for f in blocks.fns.values() if f.api_name == "slide")
        await slide("in.mid", None, 0.5, 0.25, 3, 0, 1, "2", False, "bass", True, False)
        return blocks.get_api_info()["named_endpoints"]["/slide"]["parameters"]

    parameters = asyncio.run(ask())  # Gradio leaves a loop open where none runs
    assert [p["parameter_name"] for p in parameters] == ["midi", *names]
    assert all(p["parameter_has_default"] for p in parameters[1:])
    values = (None, 0.5, 0.25, 3, 0, 1, "2", False, "bass", True, False)
    assert values_asked == dict(zip(names, values, strict=True))


def test_a_name_that_means_something_else_is_refused():
    for name in ("arousal", "tokens", "Two words"):
        with pytest.raises(ValueError, match=name):
            replace(REGISTER, name=name)


def test_tokens_that_are_certain_have_its_density_softly():
    segments = [Notes.of([0.0], [4.0], [pitch], [64]) for pitch in (21, 60, 108)]
    tokens = batch(segments).tokens
    logits = 40.0 * torch.nn.functional.one_hot(tokens, events.VOCABULARY).float()
    densities = soft_densities(logits, tokens)["register"].tolist()
    assert densities == pytest.approx([measure(notes)["register"] for notes in segments], abs=1e-3)


@pytest.mark.slow
def test_tests_that_read_the_table_pass_with_it(root):
    """Loaded as a plugin, this file gives its `register` to the tests of other files."""
    names = """
        arranger/test_arrange.py arranger/test_preferences.py models/test_softdensity.py
        music/test_attributes.py command_line/test_changes.py
        command_line/test_describe.py command_line/test_refusals.py
    """
    files = [f"tests/fadernets/{name}" for name in names.split()]
    plugins = ["-p", "tests.test_third_attribute", "-p", "no:cacheprovider"]
    # Slow ones start a process of their own, which has no third attribute.
    which = ["-m", "not slow", "--hypothesis-profile=quick"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, *which, *files]
    tests = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert tests.returncode == 0, tests.stdout + tests.stderr
