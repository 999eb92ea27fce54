using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>Which committed epoch a grain may serve (rule 8): only one whose commit it was told of, or restored from, named with the
/// incarnation of that commit.</summary>
struct CommittedEpoch(string grain)
{
    EpochName _committed = new(-1, 0);
    int _closed = -1;

    /// <summary>The last committed epoch; -1 before the first.</summary>
    public readonly int Epoch => _committed.Epoch;

    /// <summary>A restore begins: nothing is served until it is complete.</summary>
    public void Withdraw() => (_committed, _closed) = (new EpochName(-1, 0), -1);

    /// <summary>The state was restored from the commit of this epoch.</summary>
    public void Restore(EpochName committed) => (_committed, _closed) = (committed, committed.Epoch);

    /// <summary>The epoch is closed, so that its commit may come.</summary>
    public void Close(int epoch) => _closed = epoch;

    /// <summary>True when the commit is news; a repeated or older one has no effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed here.</exception>
    public bool Commit(CommitCall call)
    {
        if (call.Epoch <= _committed.Epoch)
            return false;
        if (call.Epoch != _closed)
            throw new StaleCallException(grain, "epoch", call.Epoch, _closed);
        _committed = new EpochName(call.Epoch, call.Incarnation);
        return true;
    }

    /// <summary>Refuses to have missed the commit of an epoch.</summary>
    /// <exception cref="EpochNotReadableException">Nobody told this grain of it.</exception>
    public readonly void CheckKnown(int epoch)
    {
        if (epoch > _committed.Epoch)
            throw new EpochNotReadableException(grain, epoch, _committed.Epoch);
    }

    /// <summary>Refuses every epoch but the last committed one.</summary>
    /// <exception cref="EpochNotReadableException">Another epoch, or another commit of it.</exception>
    public readonly void Check(EpochName name)
    {
        if (name != _committed || name.Epoch < 0)
            throw new EpochNotReadableException(grain, name.Epoch, _committed.Epoch);
    }
}
