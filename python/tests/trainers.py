"""Trainers of one model that are threads of a test."""

import threading

from coke.distributed import TrainerGroup

W = 2


class Exchange:
    """Their all-reduce."""

    def __init__(self):
        self.barrier = threading.Barrier(W, timeout=60)
        self.told = {}

    def largest(self, rank):
        def reduce(mine):
            self.told[rank] = mine
            self.barrier.wait()
            largest = [max(values) for values in zip(*self.told.values())]
            self.barrier.wait()
            return largest
        return reduce


def together(sessions, work, every=1):
    """Does ``work(group, rank)`` in a thread per trainer; what each returned or raised."""
    exchange = Exchange()
    ended = [None] * W

    def run(rank):
        group = TrainerGroup(sessions[rank], every=every)
        group._alone, group.session.keeps_attempt = False, True
        group._largest = exchange.largest(rank)
        try:
            ended[rank] = work(group, rank)
        except BaseException as e:
            ended[rank] = e
            if isinstance(e, threading.BrokenBarrierError):
                exchange.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(W)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return ended
