from benchmarks.measuring.milliseconds import median_ms, milliseconds, waits


def test_a_time_is_rounded_as_asked():
    assert milliseconds(0.012345) == 12.3
    assert milliseconds(0.012345, 3) == 12.345


def test_the_median_is_of_each_thing_and_not_of_all_together():
    assert median_ms([9.0, 0.1, 0.3], 4) == 75.0
    assert median_ms([0.1, 0.3]) == 200.0


def test_of_waits_the_longest_and_the_95th_percentile_are_not_the_same():
    seconds = [number / 1000 for number in range(100, -1, -1)]
    assert waits(seconds) == {"n": 101, "median_ms": 50.0, "p95_ms": 95.0, "max_ms": 100.0}
