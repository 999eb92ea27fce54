using CoKe.Abstractions;

namespace CoKe.Grains.Heads;

/// <summary>Where some of a head's clusters are scored.</summary>
/// <param name="scorer">The scorer there.</param>
/// <param name="clusters">The clusters k there, ascending.</param>
/// <param name="times">How long the place takes.</param>
sealed class HeadPlace(IScorerGrain scorer, int[] clusters, PlaceTimes times)
{
    /// <summary>The clusters k there, ascending.</summary>
    public int[] Clusters => clusters;

    /// <summary>How long the place takes.</summary>
    public PlaceTimes Times => times;

    public Task<(ScoreReply Answer, TimeSpan Taken)> ScoreAsync(ScoreCall call) =>
        times.MeasureAsync(() => scorer.ScoreAsync(call).AsTask());

    public Task<(long Answer, TimeSpan Taken)> ApplyAsync(ApplyCall call) => times.MeasureAsync(() => scorer.ApplyAsync(call).AsTask());
}
