"""The window by itself, with a clock that the test moves."""

import numpy as np

import coke
from coke._model import Progress, Refusal
from coke._window import OpenEpoch, Part, SendWindow


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def part(sequence, epoch=0, attempt=0, end=None):
    return Part(epoch, attempt, sequence, np.empty(0, np.int64), end_count=end)


def filled(count, capacity=4):
    clock = Clock()
    window = SendWindow(capacity, clock)
    for n in range(count):
        window.add(part(n))
    return window, clock


def test_parts_are_taken_in_order_and_once():
    window, _ = filled(3)
    assert [window.take().sequence for _ in range(3)] == [0, 1, 2]
    assert window.kept() == [0, 1, 2]
    window.resend_all()
    assert [window.take().sequence for _ in range(3)] == [0, 1, 2]


def test_what_was_not_taken_lets_others_go_first():
    window, clock = filled(2)
    first = window.take()
    window.again(first, 5)
    assert window.take().sequence == 1
    clock.now += 5
    assert window.take() is first


def test_the_watermark_forgets_and_makes_room():
    window, _ = filled(4)
    try:
        window.wait_for_room(0.001)
        raise AssertionError("there was room")
    except TimeoutError:
        pass
    window.follow(Progress(durable_watermark=3), "birds")
    window.wait_for_room(0.001)
    assert (window.kept(), window.forgotten, window.take().sequence) == ([3], 3, 3)
    window.again(part(0), 0)  # a late outcome of what is forgotten
    window.add(part(4))
    assert window.take().sequence == 4


def test_news_of_another_epoch_says_nothing():
    window, _ = filled(2)
    window.follow(Progress(epoch=1, attempt=3, durable_watermark=9), "birds")
    assert (window.kept(), window.failure) == ([0, 1], None)


def test_a_roll_back_is_told_only_of_what_has_begun():
    window, _ = filled(0)
    window.follow(Progress(attempt=1), "birds")
    assert window.failure is None
    window.add(part(0))
    window.follow(Progress(attempt=1), "birds")
    assert isinstance(window.failure, coke.RolledBackError)
    window.restart(0, 1)
    assert (window.failure, window.open, window.is_empty) == (None, OpenEpoch(0, 1), True)
    window.follow(Progress(attempt=1), "birds")
    assert window.failure is None


def test_the_first_failure_stays_unless_it_can_be_mended():
    window, _ = filled(1)
    faulted, gone = coke.RunFaultedError("a"), coke.RunGoneError("b")
    window.fail(faulted)
    window.fail(gone)
    window.fail(coke.FencedTrainerError("c"))
    window.mend()
    assert window.failure is gone
    assert window.take() is None  # it sends nothing any more
    window.close()
    assert window.take() is None


def test_a_replaced_refusal_is_not_told_again():
    window, _ = filled(2)
    old = Refusal(sequence=1, content_hash="8", message="Old.")
    window.refuse([old])
    assert window.refused(0) is None
    assert window.refused(1).sequence == 1
    new = part(1)
    window.replace(new)
    window.refuse([old])
    assert window.failure is None
    window.refuse([old, Refusal(sequence=1, content_hash="9", message="New.")])
    assert str(window.failure) == "Mini-batch 1 of trainer 0 was refused: New."
    assert window.refused(1) is new


def test_a_refusal_of_a_sender_counts_while_its_part_is_kept():
    window, _ = filled(1)
    refused = Refusal(sequence=0, message="NaN.")
    window.refuse([refused], part(0))  # another part of that sequence: replaced meanwhile
    assert window.failure is None
    window.refuse([refused], window.take())
    assert isinstance(window.failure, coke.RefusedBatchError)


def test_a_refusal_of_a_sender_is_told_of_each_bad_part_in_a_place():
    window, _ = filled(1)
    refused = Refusal(sequence=0, message="NaN.")
    for _ in range(2):
        window.refuse([refused], window.take())
        assert isinstance(window.failure, coke.RefusedBatchError)
        window.replace(part(0))
        assert window.failure is None
