import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from fadernets.decoding.generate import MAX_LENGTH, generate
from fadernets.decoding.grammar import Grammar
from fadernets.decoding.incremental_decoder import IncrementalDecoder
from fadernets.models.layers import EventDecoder
from fadernets.music import events
from fadernets.music.key import KEYS
from fadernets.music.notes import BEATS, cut
from tests.fadernets.music.generated import notes

CODES = 6
CPU = torch.device("cpu")
SHORTEST, MAX_CHORD = 4, 10  # ticks that a note lasts, notes struck at once
KINDS = np.repeat(np.arange(6), [1, 1, 88, 88, 100, 64])  # of each token


def decoder(seed, gain=1.0, end=0.0):
    """An untrained decoder; `gain` sharpens its distribution, `end` favours the end token."""
    torch.manual_seed(seed)
    model = EventDecoder(hidden=16, codes=CODES, embedding=8)
    with torch.no_grad():
        model.output.weight *= gain
        model.output.bias[events.EOS] += end
        model.output.bias[events.NOTE_OFF : events.TIME_SHIFT] += end / 2
    return model.eval().requires_grad_(False)


def condition(rows, seed=0):
    return torch.randn(rows, CODES + KEYS, generator=torch.Generator().manual_seed(seed))


def ended(row):
    """Tokens of a row up to its end, that included; None where it found none."""
    row = row.tolist()
    return row[: row.index(events.EOS) + 1] if events.EOS in row else None


def assert_well_formed(tokens):
    """Rows that ended have the tokens that `encode` gives for their notes; their number."""
    complete = 0
    for row in tokens:
        ended_row = ended(row)
        if ended_row is None:
            assert events.PAD not in row.tolist()
            continue
        complete += 1
        assert row[len(ended_row) :].tolist() == [events.PAD] * (len(row) - len(ended_row))
        music = events.decode(ended_row)
        assert len(music) and music.onset.max() < BEATS and music.offset.max() <= BEATS
        assert events.encode(music).tolist() == ended_row
        on, off = (sum(KINDS[t] == kind for t in ended_row) for kind in (2, 3))
        assert on == off == len(music)
    return complete


def wander(rows, seed, steps=600):
    """Random walks through the grammar, each with preferred kinds of token; (rows, steps)."""
    generator = torch.Generator().manual_seed(seed)
    grammar = Grammar(rows, CPU)
    fondness = 4 * torch.randn(rows, 6, generator=generator)
    chosen = []
    for _ in range(steps):
        allowed = grammar.allowed()
        assert allowed.any(1).all()  # there is always an allowed token
        assert (allowed[:, events.PAD] == grammar.ended[:, 0]).all()
        assert (allowed.sum(1)[grammar.ended[:, 0]] == 1).all()
        drawn = torch.rand(rows, events.VOCABULARY, generator=generator)
        scores = -(-drawn.clamp(1e-9, 1 - 1e-7).log()).log() + fondness[:, KINDS]
        token = scores.masked_fill(~allowed, -1e9).argmax(1)
        grammar.take(token)
        chosen.append(token)
        if grammar.ended.all():
            break
    return torch.stack(chosen, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_grammar_lets_pass_is_well_formed(seed):
    tokens = wander(200, seed)
    assert_well_formed(tokens)
    short = wander(200, seed, steps=40)
    assert_well_formed(short)
    complete = [ended(row) for row in tokens]
    assert sum(row is not None for row in complete) > 100
    assert {KINDS[token] for row in tokens.tolist() for token in row} == set(range(6))


def test_time_runs_out_but_the_notes_still_end():
    """Rows that prefer shifts to all other tokens, or hold their notes to the last tick."""
    grammar = Grammar(2, CPU)
    likes = torch.zeros(2, events.VOCABULARY)
    likes[0, KINDS == 4] = 1  # shift
    likes[1, KINDS == 2] = 2  # every pitch, then wait to the end
    likes[1, KINDS == 4] = 1
    likes += torch.linspace(0, 0.1, events.VOCABULARY)  # the highest first
    chosen = []
    while not grammar.ended.all():
        allowed = grammar.allowed()
        assert allowed.any(1).all() and len(chosen) < 1_000
        token = likes.masked_fill(~allowed, -1).argmax(1)
        grammar.take(token)
        chosen.append(token)
    tokens = torch.stack(chosen, 1)
    assert assert_well_formed(tokens) == 2
    for row in tokens:
        assert events.decode(row.numpy()).offset.max() == pytest.approx(
            events.SEGMENT_TICKS / events.TICKS_PER_BEAT
        )


def playable(music):
    """The music without what the grammar does not play: clicks, and more than ten fingers."""
    rows = np.rint(np.stack([music.onset, music.offset]) * events.TICKS_PER_BEAT)
    long_enough = music[
        (rows[1] - rows[0] >= SHORTEST + 1) & (rows[0] <= events.SEGMENT_TICKS - SHORTEST)
    ]
    return long_enough[:MAX_CHORD]


@given(notes(BEATS).map(lambda music: cut(music, 0)).map(playable).filter(len))
def test_the_grammar_lets_every_playable_segment_pass(music):
    tokens = events.encode(music)
    decoded = events.decode(tokens)
    assume((decoded.offset - decoded.onset).min() * events.TICKS_PER_BEAT > SHORTEST - 0.5)
    grammar = Grammar(1, CPU)
    for token in tokens:
        assert grammar.allowed()[0, token], f"token {token}"
        grammar.take(torch.tensor([token]))
    assert grammar.ended.all()
    assert grammar.allowed()[0].nonzero().flatten().tolist() == [events.PAD]


def after(*tokens):
    """Kinds and tokens that may follow, as sets."""
    grammar = Grammar(1, CPU)
    for token in tokens:
        assert grammar.allowed()[0, token]
        grammar.take(torch.tensor([token]))
    following = grammar.allowed()[0].nonzero().flatten().tolist()
    return {int(KINDS[token]) for token in following}, set(following)


def on(pitch):
    return events.NOTE_ON + pitch - 21


def off(pitch):
    return events.NOTE_OFF + pitch - 21


def wait(ticks):
    return events.TIME_SHIFT + ticks - 1


LOUD = events.VELOCITY + 30


def test_the_grammar_by_hand():
    shift, velocity = 4, 5
    assert after()[0] == {shift, velocity}  # no note without a velocity, no empty segment
    assert after(LOUD)[1] == {on(pitch) for pitch in range(21, 109)}
    kinds, following = after(LOUD, on(60))
    assert kinds == {2, shift, velocity}  # not the end: it sounds; not its end: it lasts a tick
    assert {token for token in following if KINDS[token] == 2} == {
        on(pitch) for pitch in range(61, 109)
    }
    assert LOUD not in following
    kinds, following = after(LOUD, on(60), on(64), wait(7))
    assert shift not in kinds and {off(60), off(64), on(61)} <= following
    assert on(60) not in following and off(61) not in following
    _, following = after(LOUD, on(60), on(64), wait(7), off(64))
    assert off(60) not in following and on(64) in following
    kinds, _ = after(LOUD, on(60), on(64), wait(7), off(60), off(64))
    assert kinds == {1, 2, shift, velocity}
    kinds, _ = after(LOUD, on(60), wait(7), on(50))
    assert 3 not in kinds  # note-offs come first


def test_long_shifts_and_the_end_of_time():
    _, following = after(wait(100), wait(100))
    assert {t for t in following if KINDS[t] == 4} == {wait(1)}  # then 40 ms are left for a note
    assert 4 not in after(wait(100), wait(100), wait(1))[0]
    assert after(wait(99))[0] == {5}  # a shorter shift is not followed by another
    kinds, following = after(LOUD, on(60), on(64), wait(100), wait(100), wait(5))
    assert following == {off(60)}
    start = (LOUD, on(60), on(64), wait(100), wait(100), wait(5), off(60))
    assert after(*start)[1] == {off(64)}
    assert after(*start, off(64))[1] == {events.EOS}
    assert after(*start, off(64), events.EOS)[1] == {events.PAD}


@pytest.mark.slow
@pytest.mark.parametrize("gain", [1, 5, 50])
@pytest.mark.parametrize("sampled", [False, True])
def test_an_untrained_decoder_plays_valid_segments(gain, sampled):
    complete = 0
    for seed in range(3):
        seeds = list(range(24)) if sampled else None
        tokens = generate(decoder(seed, gain, end=5.0), condition(24, seed), seeds=seeds)
        assert tokens.dtype == torch.int64 and tokens.shape[0] == 24
        assert tokens.shape[1] <= MAX_LENGTH
        complete += assert_well_formed(tokens)
    assert complete > 36


def test_without_seeds_the_same_is_played_again():
    model, conditions = decoder(1, gain=5), condition(4)
    assert torch.equal(generate(model, conditions), generate(model, conditions))


def test_a_wish_for_more_time_than_is_left_is_a_wish_for_the_end():
    def best(*tokens, wish):
        grammar = Grammar(1, CPU)
        for token in tokens:
            grammar.take(torch.tensor([token]))
        scores = torch.zeros(1, events.VOCABULARY)
        scores[0, wish] = 5
        scores[0, on(70)] = 3  # the result if the token were only blocked
        return int(grammar.masked(scores).argmax())

    start = (LOUD, on(60), wait(100), wait(80))
    assert best(*start, off(60), LOUD, on(62), wish=wait(50)) == wait(25)
    assert best(*start, off(60), wish=wait(50)) == events.EOS
    assert best(*start, off(60), wish=wait(10)) == wait(10)


@pytest.mark.parametrize("gain", [1, 50])
def test_no_note_is_a_click(gain):
    tokens = generate(decoder(4, gain, end=3.0), condition(24, 4), seeds=range(24))
    for row in tokens:
        music = events.decode(row.numpy())
        if events.EOS in row:
            lasts = (music.offset - music.onset) * events.TICKS_PER_BEAT
            assert lasts.min() > SHORTEST - 1e-6  # 40 ms


def test_the_likeliest_token_is_taken():
    model, conditions = decoder(2, gain=5), condition(5)
    tokens = generate(model, conditions, max_length=30)
    grammar, state = Grammar(5, CPU), model.start(conditions)
    previous = torch.zeros(5, 1, dtype=torch.long)
    for step in range(tokens.shape[1]):
        logits, state = model(previous, conditions, state)
        best = grammar.masked(logits[:, 0]).argmax(1)
        assert torch.equal(tokens[:, step], best)
        grammar.take(best)
        previous = best[:, None]


def test_a_seed_plays_the_same_whatever_it_is_decoded_beside():
    model, conditions = decoder(3, end=3.0), condition(6)
    batch_tokens = generate(model, conditions, seeds=[5, 6, 7, 8, 9, 5])
    repeated = generate(model, conditions, seeds=[5, 6, 7, 8, 9, 5])
    assert torch.equal(batch_tokens, repeated)
    for row, seed in enumerate([5, 6, 7, 8, 9, 5]):
        alone = generate(model, conditions[row : row + 1], seeds=[seed])[0]
        length = len(alone)
        assert batch_tokens[row, :length].tolist() == alone.tolist()
        assert (batch_tokens[row, length:] == events.PAD).all()
    twins = generate(model, conditions[:1].expand(3, -1), seeds=[4, 4, 11])
    assert torch.equal(twins[0], twins[1]) and not torch.equal(twins[0], twins[2])


def test_sampling_leaves_the_global_generator_alone():
    model, conditions = decoder(4), condition(2)
    torch.manual_seed(8)
    expected = torch.rand(3)
    torch.manual_seed(8)
    generate(model, conditions, seeds=[1, 2], max_length=10)
    assert torch.equal(torch.rand(3), expected)


def test_a_cold_sample_is_the_greedy_one():
    model, conditions = decoder(5, gain=5), condition(3)
    greedy = generate(model, conditions, max_length=40)
    cold = generate(model, conditions, seeds=[1, 2, 3], temperature=1e-6, max_length=40)
    hot = generate(model, conditions, seeds=[1, 2, 3], temperature=2.0, max_length=40)
    assert torch.equal(cold, greedy) and not torch.equal(hot, greedy)


@given(st.integers(1, 12))
def test_no_more_tokens_than_asked(length):
    tokens = generate(decoder(6), condition(2), max_length=length)
    assert tokens.shape == (2, length)
    assert torch.equal(tokens, generate(decoder(6), condition(2), max_length=12)[:, :length])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature must be above 0, not 0"),
        ({"temperature": -1.0}, "temperature must be above 0, not -1.0"),
        ({"temperature": float("nan")}, "temperature must be above 0, not nan"),
        ({"max_length": 0}, "max_length 0 is outside 1 to 200"),
        ({"max_length": 201}, "max_length 201 is outside 1 to 200"),
        ({"precision": "half"}, "precision 'half' is not one of float32, bfloat16"),
        ({"seeds": [1]}, "1 seeds for 2 rows"),
        ({"seeds": [1, 2, 3]}, "3 seeds for 2 rows"),
    ],
)
def test_impossible_requests(options, message):
    with pytest.raises(ValueError, match=message):
        generate(decoder(0), condition(2), **options)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_first_tokens_are_drawn_as_often_as_they_are_likely(temperature):
    model, draws, rounds = decoder(0, gain=6.0), 300, 5
    likes = condition(1).expand(draws, -1)
    start = IncrementalDecoder(model, likes[:1]).step(torch.tensor([events.PAD]))[0]
    allowed = Grammar(1, CPU).allowed()[0]
    expected = (start / temperature).masked_fill(~allowed, -np.inf).double().softmax(0).numpy()
    counts = np.zeros(events.VOCABULARY)
    for first in range(0, rounds * draws, draws):
        seeds = range(first, first + draws)
        tokens = generate(model, likes, seeds=seeds, temperature=temperature, max_length=1)
        counts += np.bincount(tokens[:, 0], minlength=events.VOCABULARY)
    assert counts[~allowed.numpy()].sum() == 0
    expected = expected * rounds * draws
    often = expected >= 10
    assert often.sum() >= 5
    observed = np.append(counts[often], counts[~often].sum())
    expected_counts = np.append(expected[often], expected[~often].sum())
    assert stats.chisquare(observed, expected_counts).pvalue > 0.001
