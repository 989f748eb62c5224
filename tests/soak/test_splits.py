# SPDX-License-Identifier: Apache-2.0
"""What counts as a split, and for how long."""
import pytest

from soak.splits import GAP, Splits


def _noted(*answers):
    """(replica, shard, asked, heard) each."""
    splits = Splits()
    for replica, shard, asked, heard in answers:
        splits.note("r", replica, shard, asked, heard)
    return splits


def test_a_move_is_no_split():
    splits = _noted((0, "a", 0, 0.1), (1, "a", 0.2, 0.3), (0, "a", 1, 1.1), (1, "b", 1.2, 1.3),
                    (0, "b", 2, 2.1))
    assert splits.worst() == (None, 0.0)


@pytest.mark.parametrize("first, second", [(0, 1), (1, 0)])
def test_who_contradict_each_other_are_split_for_as_long_as_that_is_certain(first, second):
    splits = _noted((first, "a", 0, 0.1), (second, "b", 0.2, 0.4), (first, "a", 1, 1.1),
                    (second, "b", 2, 2.1), (second, "a", 3, 3.1))
    split, seconds = splits.worst()
    assert (split.room, set(split.shards)) == ("r", {"a", "b"})
    assert (split.since, split.until) == (0.4, 1) and seconds == pytest.approx(0.6)


def test_it_lasts_until_the_loser_gives_way():
    splits = _noted((0, "a", 0, 0.1), (1, "b", 0, 0.1), (1, "b", 1, 1.1), (0, "a", 2, 2.1),
                    (0, "b", 2.5, 2.6), (1, "b", 3, 3.1))
    assert splits.worst()[1] == pytest.approx(1.9)
    assert splits.rooms() == 1


def test_answers_under_way_together_say_nothing():
    splits = _noted((0, "a", 0, 0.1), (1, "b", 0.2, 0.3), (1, "b", 2, 2.1), (0, "b", 1, 1.1),
                    (0, "a", 0.05, 2.5))
    assert splits.worst() == (None, 0.0)


def test_answers_far_apart_make_no_run():
    late = 0.1 + GAP + 1
    splits = _noted((0, "a", 0, 0.1), (1, "b", 1, 1.1), (1, "b", 2, 2.1), (0, "a", late, late + 0.1))
    assert splits.worst() == (None, 0.0)


def test_time_without_gossip_is_excused():
    splits = _noted(*((replica, shard, second, second + 0.1) for second in range(11)
                      for replica, shard in ((0, "a"), (1, "b"))))
    assert splits.worst()[1] == pytest.approx(9.9)
    splits.excuses += [[5.1, 9.0], [1.0, 3.0]]
    assert splits.worst()[1] == pytest.approx(2.1)
    assert splits.worst_of_all() == pytest.approx(9.9)
    splits.excuses.append([0.0, 20.0])
    assert splits.worst()[1] == 0.0


def test_rooms_that_are_no_more_are_forgotten():
    splits = _noted((0, "a", 0, 0.1))
    splits.forget({"s"})
    assert not splits.runs
