using CoKe.Abstractions;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// What is known of each rank's trainer beside its mini-batches: when it was heard last, what it told of itself, whether it is done. Kept
/// for one activation of the sequencer, over its recoveries; only that a trainer is done is stored, by the run.
/// </summary>
/// <param name="time">The clock of silence.</param>
/// <param name="silentAfter">So long a living trainer is never silent.</param>
sealed class TrainerWatch(TimeProvider time, TimeSpan silentAfter)
{
    readonly Dictionary<int, Sighting> _ranks = [];
    readonly Dictionary<int, int> _finished = [];
    long _began = time.GetTimestamp();

    /// <summary>From now on trainers can be heard: nobody was silent before.</summary>
    public void Begin() => _began = time.GetTimestamp();

    /// <summary>A trainer that has its rank was heard.</summary>
    public void See(int rank, int generation) => _ranks[rank] = new Sighting(generation, time.GetTimestamp(), ReportOf(rank, generation));

    /// <summary>A trainer that has its rank told of itself.</summary>
    public void Hear(int rank, int generation, TrainerReport report) =>
        _ranks[rank] = new Sighting(generation, time.GetTimestamp(), report);

    /// <summary>Trainers that are done, per rank; what was heard before of a later generation stays.</summary>
    public void HearOfFinished(IReadOnlyList<int> finished)
    {
        for (var rank = 0; rank < finished.Count; rank++)
            _finished[rank] = Math.Max(finished[rank], _finished.GetValueOrDefault(rank));
    }

    /// <summary>How long a rank's trainer could have been heard, and was not.</summary>
    public TimeSpan SilenceOf(int rank, int generation) =>
        time.GetElapsedTime(SeenOf(rank, generation) is { } seen ? Math.Max(seen.At, _began) : _began);

    /// <summary>A rank with what is known of its trainer.</summary>
    /// <param name="status">What its mini-batches say.</param>
    /// <param name="isLive">The run hears trainers.</param>
    public TrainerStatus Complete(TrainerStatus status, bool isLive)
    {
        var (rank, generation) = (status.Rank, status.Generation);
        var isFinished = generation > 0 && _finished.GetValueOrDefault(rank) == generation;
        return status with
        {
            SeenSecondsAgo = SeenOf(rank, generation) is { } seen ? time.GetElapsedTime(seen.At).TotalSeconds : null,
            IsSilent = isLive && generation > 0 && !isFinished && SilenceOf(rank, generation) > silentAfter,
            IsFinished = isFinished,
            Report = ReportOf(rank, generation),
        };
    }

    TrainerReport? ReportOf(int rank, int generation) => SeenOf(rank, generation)?.Report;

    Sighting? SeenOf(int rank, int generation) => _ranks.TryGetValue(rank, out var seen) && seen.Generation == generation ? seen : null;

    /// <param name="Generation">Of the trainer.</param>
    /// <param name="At">When it was heard last, a timestamp.</param>
    /// <param name="Report">What it told of itself last; null: nothing.</param>
    sealed record Sighting(int Generation, long At, TrainerReport? Report);
}
