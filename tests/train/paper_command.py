"""The command that trains the whole paper, at toy size."""

TOY = (
    *("--hidden", "16", "--latent", "8", "--embedding", "8", "--beta-free-steps", "10"),
    *("--beta-anneal-steps", "20", "--batch", "16", "--learning-rate", "0.01", "--log-every", "5"),
    *("--precision", "float32", "--validate-every", "20", "--validation-segments", "32"),
)
QUICK = "singlegmvae"  # has no fader to calibrate


def command(*options) -> list[str]:
    return [*map(str, options), "--device", "cpu", *TOY]
