"""Maps of codes: where segments that a model never saw lie among its codes (paper 5.1).

``python -m train.latent --checkpoint NAME_OR_DIR --data FILE --out latent.json`` writes t-SNE
coordinates of codes for figures 3 and 4, and how well the codes separate low from high rated
arousal. ``--checkpoint LABEL=NAME_OR_DIR`` gives a model another name in the figures.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_score
from tqdm import tqdm

from fadernets import checkpoint
from fadernets.codes import Codes
from fadernets.models.batch import UNLABELLED
from fadernets.net import FaderNet
from train.data import corpora
from train.data.dataset import SPLITS, TEST, Segments
from train.evaluate import chosen, commit, notes_of, weights_sha256
from train.evaluation.crossvalidation import aucs
from train.reporting.results.latent import LabelledMap, Latent, Map, Mixed
from train.reporting.writing import text_of, write

POINTS = 600  # of a map at most
PERPLEXITY = 30.0  # scikit-learn's default; less for very few points


def rated(data: Segments, count: int, seed: int) -> np.ndarray:
    """Rows of randomly chosen test segments with an arousal label, `count` at most."""
    labels = data.arousal.cpu().numpy()
    rows = np.flatnonzero((data.split == TEST) & (labels != UNLABELLED))
    return np.sort(np.random.default_rng(seed).permutation(rows)[:count])


def embedded(values: torch.Tensor, seed: int) -> np.ndarray:
    """t-SNE coordinates of codes, (n, width): float32, (n, 2), in 0 to 1.

    Raises
    ------
    ValueError
        If there are fewer than four codes.
    """
    if len(values) < 4:
        raise ValueError(f"{len(values)} segments are too few for a map")
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=1)
    places = tsne.fit_transform(values.double().cpu().numpy())
    low = places.min(0)
    return (places - low) / (places.max(0) - low)


def encoders(net: FaderNet, codes: Codes) -> dict[str, torch.Tensor]:
    """The codes that encoders made, without the other conditions: name -> (n, width)."""
    return {name: codes.values[name] for name in net.model.encoders}


def mixed(net: FaderNet, data: Segments, seed: int, progress: tqdm) -> Mixed:
    """A map of every code; half of its segments are rated (or fewer), the rest are performances."""
    rated_rows = rated(data, POINTS // 2, seed)
    rows = np.concatenate(
        [rated_rows, chosen(data, corpora.PERFORMANCES, POINTS - len(rated_rows), seed)]
    )
    rows = np.random.default_rng(seed).permutation(rows)  # so that neither corpus hides the other
    codes = net.encode(notes_of(data, rows))
    sides = net.model.component_logits(codes.values)
    maps = {}
    for name, values in encoders(net, codes).items():
        handles = {a: h.dimension for a, h in net.model.handles.items() if h.code == name}
        place = embedded(values, seed)
        maps[name] = Map(
            x=rounded(place[:, 0]),
            y=rounded(place[:, 1]),
            zd={a: rounded(values[:, dimension]) for a, dimension in handles.items()},
            high=rounded(sides[name].double().softmax(1)[:, 1]) if name in sides else None,
        )
        progress.update()
    pieces, piece = np.unique(data.piece[rows], return_inverse=True)
    return Mixed(
        segments=len(rows),
        pieces=len(pieces),
        piece=piece.tolist(),
        density={name: rounded(density[rows]) for name, density in data.densities.items()},
        arousal=data.arousal.cpu().numpy()[rows].tolist(),
        codes=maps,
    )


def labelled(net: FaderNet, data: Segments, seed: int) -> LabelledMap | None:
    """One map of the joined codes of rated segments, and how well the codes separate arousal.

    The silhouette of the two labels is computed on the codes, not on the map. The AUC is that of
    q(c|z), with a 95 % interval over pieces.
    """
    rows = rated(data, POINTS, seed)
    high = data.arousal.cpu().numpy()[rows] == 1
    if high.all() or not high.any():
        return None
    rows = np.random.default_rng(seed).permutation(rows)
    high = data.arousal.cpu().numpy()[rows] == 1
    codes = net.encode(notes_of(data, rows))
    values = torch.cat(list(encoders(net, codes).values()), 1)
    place = embedded(values, seed)
    separation = None
    if net.model.component_logits(codes.values):
        separation = aucs({"model": net.arousal(codes)}, high, data.piece[rows], seed)["model"]
    return LabelledMap(
        segments=len(rows),
        pieces=len(np.unique(data.piece[rows])),
        arousal=high.astype(int).tolist(),
        x=rounded(place[:, 0]),
        y=rounded(place[:, 1]),
        silhouette=round(float(silhouette_score(values.double().cpu().numpy(), high)), 4),
        auc=separation.auc if separation else None,
        auc_interval=separation.interval if separation else None,
    )


def rounded(values: np.ndarray | torch.Tensor) -> list[float]:
    """Values with three decimals, more than a figure shows."""
    return np.round(np.asarray(values, np.float64), 3).tolist()


def latent(name: str, place: str, data: Segments, seed: int) -> Latent:
    """All maps of one model, with the settings and checksums that are needed to make them again."""
    net = FaderNet.load(place, device=str(data.tokens.device))
    count = len(net.model.encoders) + 1
    with tqdm(total=count, desc=f"maps of {name}", disable=None) as progress:
        all_segments = mixed(net, data, seed, progress)
        rated_segments = labelled(net, data, seed)
        progress.update()
    return Latent(
        kind="latent",
        name=name,
        model=net.model.config.model,
        weights_sha256=weights_sha256(place),
        data_sha256=data.sha256,
        commit=commit(),
        seed=seed,
        perplexity=PERPLEXITY,
        mixed=all_segments,
        labelled=rated_segments,
    )


def folders_by_name(checkpoints: list[str]) -> dict[str, str]:
    """Name -> checkpoint of arguments ``NAME_OR_DIR`` or ``LABEL=NAME_OR_DIR``.

    Raises
    ------
    ValueError
        If two have one name.
    """
    pairs = []
    for argument in checkpoints:
        label, _, place = argument.rpartition("=")
        pairs.append((label or checkpoint.find(place).name, place))
    repeated, times = Counter(name for name, _ in pairs).most_common(1)[0]
    if times > 1:
        raise ValueError(f"{times} checkpoints are named {repeated!r}: tell them apart, LABEL=DIR")
    return dict(pairs)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.latent", description=__doc__)
    parser.add_argument("--checkpoint", action="append", required=True, help="name or folder")
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    try:
        places = folders_by_name(options.checkpoint)
        data = Segments.load(options.data, options.split, options.device)
        maps = [latent(name, place, data, options.seed) for name, place in places.items()]
        write(options.out, text_of(maps, compact=True))
    except (OSError, ValueError) as error:
        print(f"train.latent: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
