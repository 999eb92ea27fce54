using CoKe.Abstractions;
using CoKe.Grains.Observation;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>What a live run tells to whoever measures it; nothing is decided by it.</summary>
/// <param name="run">The run.</param>
/// <param name="inbox">What came.</param>
/// <param name="lastReport">Of the last committed epoch.</param>
sealed class LiveRecord(SequencedRun run, Inbox inbox, Func<EpochReport?> lastReport)
{
    readonly long[] _refused = new long[Enum.GetValues<RefusalKind>().Length];
    long _durableAt = run.World.Time.GetTimestamp();

    /// <summary>Something of the run that takes a while begins.</summary>
    public Undertaking Begin(string name) => new(name, run.Name, run.World.Time);

    /// <summary>A message was judged.</summary>
    public void Judged(Admission admission)
    {
        if (admission == Admission.Dropped)
            run.Meter.Add(RunCount.Dropped);
        else
            Tell();
    }

    /// <summary>Counts what was refused since it was last looked at.</summary>
    /// <returns>Whether anything was.</returns>
    public bool HasRefused()
    {
        if (inbox.Refused == _refused.Sum())
            return false;
        foreach (var kind in Enum.GetValues<RefusalKind>())
        {
            var all = inbox.RefusedFor(kind);
            run.Meter.Refuse(kind, all - _refused[(int)kind]);
            _refused[(int)kind] = all;
        }

        return true;
    }

    /// <summary>A step is processed.</summary>
    public void Finished(Undertaking step, int batches, int rows)
    {
        run.Meter.EndStep(batches, rows, step.Tag("coke.rows", rows).Taken);
        Tell();
    }

    /// <summary>A checkpoint or a boundary is durable.</summary>
    public void Stored(RunCount how, Undertaking stored)
    {
        _durableAt = run.World.Time.GetTimestamp();
        run.Meter.End(how, stored.Taken);
        Tell();
    }

    /// <summary>Tells how the run is.</summary>
    public void Tell() =>
        run.Meter.Tell(
            new RunTally.RunState(
                inbox.Epoch,
                inbox.Ranks.Sum(ofRank => ofRank.Next - ofRank.Watermark),
                inbox.WaitingBytes,
                _durableAt,
                lastReport()
            )
        );
}
