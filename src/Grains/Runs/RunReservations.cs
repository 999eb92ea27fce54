using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Runs;

/// <summary>The memory of runs that are being created: until they hold it, one that is created at the same time must not count on
/// it.</summary>
/// <param name="free">Bytes that this silo may still take, beside what its runs hold.</param>
/// <param name="lead">Steps whose embeddings are brought ahead to every silo.</param>
sealed class RunReservations(Func<long> free, int lead)
{
    readonly Dictionary<string, double> _held = []; // by the run's name; changed under its lock

    /// <summary>Refuses a run that its silos cannot hold, or takes its part of this one's memory.</summary>
    /// <param name="run">The run's name; what was taken for it before is replaced.</param>
    /// <param name="options">Already validated.</param>
    /// <param name="trainers">W.</param>
    /// <param name="silos">How many share the run, 1 or more; each is taken to have as much as this one.</param>
    /// <exception cref="InvalidOptionsException">Names what takes the most of it.</exception>
    public void Take(string run, ClusteringOptions options, int trainers, int silos)
    {
        lock (_held)
        {
            _held.Remove(run);
            RunMemory.Check(options, trainers, lead, free() - _held.Values.Sum(), silos);
            _held[run] = RunMemory.Needed(options, trainers, lead, silos) / silos;
        }
    }

    /// <summary>The run holds its memory, or nobody creates it any more.</summary>
    public void GiveBack(string run)
    {
        lock (_held)
            _held.Remove(run);
    }
}
