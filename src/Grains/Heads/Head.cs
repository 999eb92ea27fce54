using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Observation;

namespace CoKe.Grains.Heads;

/// <summary>
/// One constrained k-means problem of a run, as the sequencer drives it (Algorithm 1, steps 1 to 3): every place scores its own clusters,
/// the best of each place are reduced to labels, and every place applies them. It is a chain of its own, which may run ahead of the other
/// heads. It lives for one incarnation, on the sequencer's scheduler.
/// </summary>
sealed class Head
{
    readonly HeadPlan _plan;
    readonly HeadPlace[] _places;
    readonly EpochMeter _meter;
    readonly RunMeter _run;
    readonly int _incarnation;
    Task<int[]>? _last;
    long _version;

    /// <param name="plan">The head's constants.</param>
    /// <param name="places">Where its clusters are: every cluster at one of them.</param>
    /// <param name="incarnation">The incarnation.</param>
    /// <param name="version">The step to which everything was restored.</param>
    /// <param name="run">Told how long each step takes.</param>
    public Head(HeadPlan plan, HeadPlace[] places, int incarnation, long version, RunMeter run)
    {
        (_plan, _places, _incarnation, _version, _run) = (plan, places, incarnation, version, run);
        _meter = new EpochMeter(plan);
    }

    /// <summary>Sum of x . c over the rows of the open epoch.</summary>
    public double SimilaritySum => _meter.SimilaritySum;

    /// <summary>Goes on in an epoch.</summary>
    /// <param name="startDuals">For each place in order: the duals of its clusters when the epoch began.</param>
    /// <param name="rows">Rows of the epoch so far.</param>
    /// <param name="similaritySum">Sum of x . c over them.</param>
    public void Open(IEnumerable<DoubleValues> startDuals, long rows, double similaritySum)
    {
        var duals = new double[_plan.ClusterCount];
        foreach (var (place, ofPlace) in _places.Zip(startDuals))
            Spread<double>(place, ofPlace.Span, duals);
        _meter.Open(duals, rows, similaritySum);
    }

    /// <summary>Takes one global mini-batch behind the ones before.</summary>
    /// <param name="step">s.</param>
    /// <param name="epoch">t.</param>
    /// <param name="rowClock">Rows of the run before this step.</param>
    /// <param name="loaded">Completes when every place has the embeddings.</param>
    /// <returns>The labels, when every place has applied them.</returns>
    public Task<int[]> AssignAsync(long step, int epoch, long rowClock, Task loaded) =>
        _last = AssignAsync(_last, step, epoch, rowClock, loaded);

    /// <summary>The epoch in numbers, from what every place told when it was closed.</summary>
    /// <param name="epoch">t.</param>
    /// <param name="step">The step of the boundary.</param>
    /// <param name="closings">For each place in order.</param>
    public HeadClosing Close(int epoch, long step, IEnumerable<ShareClosing> closings)
    {
        var (sizes, duals) = (new long[_plan.ClusterCount], new double[_plan.ClusterCount]);
        foreach (var (place, closing) in _places.Zip(closings))
        {
            Spread<long>(place, closing.Sizes, sizes);
            Spread<double>(place, closing.Duals, duals);
        }

        var report = _meter.Close(epoch, sizes, duals);
        _meter.Open(duals);
        _version = step;
        return new HeadClosing(report, new HeadSizes(new DoubleValues([.. sizes.Select(size => (double)size)]), new DoubleValues(duals)));
    }

    async Task<int[]> AssignAsync(Task? previous, long step, int epoch, long rowClock, Task loaded)
    {
        if (previous is not null)
            await previous;
        await loaded;
        var fence = new CallFence(_incarnation, step, _version);
        var scored = await ScoreAsync(new ScoreCall(fence, _plan.Head, rowClock));
        var replies = Array.ConvertAll(scored, one => one.Answer);
        var (labels, similarities) = Reduce(replies);
        double? threshold = _plan.NeedsGlobalDuals ? Threshold(replies, rowClock, labels) : null; // eqn 11
        var apply = new ApplyCall(fence, _plan.Head, epoch, rowClock, new IntValues(labels), threshold);
        var applied = await ApplyAsync(apply);
        _meter.Add(similarities);
        _version = step;
        Note(Array.ConvertAll(scored, one => one.Taken), Array.ConvertAll(applied, one => one.Taken));
        return labels;
    }

    async Task<(ScoreReply Answer, TimeSpan Taken)[]> ScoreAsync(ScoreCall call)
    {
        using var part = Traces.Part("coke.step.score")?.SetTag("coke.head", _plan.Head);
        return await Task.WhenAll(_places.Select(place => place.ScoreAsync(call)));
    }

    async Task<(long Answer, TimeSpan Taken)[]> ApplyAsync(ApplyCall call)
    {
        using var part = Traces.Part("coke.step.apply")?.SetTag("coke.head", _plan.Head);
        return await Task.WhenAll(_places.Select(place => place.ApplyAsync(call)));
    }

    void Note(TimeSpan[] score, TimeSpan[] apply)
    {
        var (scoreWait, applyWait) = (PlaceTimes.Wait(score, out var slowestScore), PlaceTimes.Wait(apply, out var slowestApply));
        _run.Took(Phase.Score, score[slowestScore]);
        _run.Took(Phase.Apply, apply[slowestApply]);
        for (var p = 0; p < _places.Length; p++)
        {
            var waitedFor = (p == slowestScore ? scoreWait : TimeSpan.Zero) + (p == slowestApply ? applyWait : TimeSpan.Zero);
            _places[p].Times.Add(score[p], apply[p], waitedFor);
        }
    }

    // Eqn 10: the best of all clusters is the best of the best of each place.
    static (int[] Labels, float[] Similarities) Reduce(ScoreReply[] replies)
    {
        var (scores, labels, similarities) = (
            replies[0].Scores.Span.ToArray(),
            replies[0].Clusters.Span.ToArray(),
            replies[0].Similarities.Span.ToArray()
        );
        foreach (var other in replies.AsSpan(1))
            ScoreReduction.Take(scores, labels, similarities, other.Scores.Span, other.Clusters.Span, other.Similarities.Span);
        return (labels, similarities);
    }

    double Threshold(ScoreReply[] replies, long rowClock, int[] labels)
    {
        var duals = new Dual[_plan.ClusterCount];
        foreach (var (place, reply) in _places.Zip(replies))
            Spread<Dual>(place, reply.Duals, duals);
        return DualProjection.Threshold(_plan, duals, rowClock, labels);
    }

    static void Spread<T>(HeadPlace place, ReadOnlySpan<T> ofPlace, T[] all)
    {
        for (var i = 0; i < ofPlace.Length; i++)
            all[place.Clusters[i]] = ofPlace[i];
    }
}

/// <summary>A head that has closed an epoch.</summary>
/// <param name="Report">The epoch in numbers.</param>
/// <param name="Sizes">Every cluster.</param>
sealed record HeadClosing(HeadReport Report, HeadSizes Sizes);
