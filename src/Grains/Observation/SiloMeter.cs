using System.Diagnostics.Metrics;
using CoKe.Abstractions;

namespace CoKe.Grains.Observation;

/// <summary>
/// The instruments of this silo, by the names of docs/metrics.md. What has the label of a run is read from its tally when somebody
/// collects, and so goes with the run; durations of everything on the silo are histograms without that label.
/// </summary>
sealed class SiloMeter
{
    /// <summary>What to listen to.</summary>
    public const string Name = "CoKe";

    /// <summary>Heads of a run that have a label; what is beyond shows in the run's status only.</summary>
    public const int MostHeads = 32;

    /// <summary>Ranks of a run that have a label.</summary>
    public const int MostRanks = 64;

    const string RunLabel = "run",
        RankLabel = "rank",
        HeadLabel = "head",
        PhaseLabel = "phase",
        KindLabel = "kind";

    // Seconds: from a head of a few clusters to a checkpoint on a slow disk.
    static readonly InstrumentAdvice<double> _s_seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    static readonly KeyValuePair<string, object?>[] _s_phases =
    [
        .. Enum.GetValues<Phase>().Select(phase => Label(PhaseLabel, Word(phase))),
    ];

    readonly TimeProvider _time;
    readonly Histogram<double>? _step;
    readonly Histogram<double>? _phase;
    readonly Histogram<double>? _checkpoint;
    readonly Histogram<double>? _boundary;
    readonly Histogram<double>? _recovery;

    /// <param name="meter">What its instruments belong to; null: nobody can listen.</param>
    /// <param name="time">The clock that ages are measured by.</param>
    public SiloMeter(Meter? meter, TimeProvider time)
    {
        _time = time;
        if (meter is null)
            return;
        _step = Seconds("coke.step.duration", "Time of one step, from its begin until its labels are written.");
        _phase = Seconds("coke.step.phase.duration", "Time of one phase of a step; score and apply are of one head each.");
        _checkpoint = Seconds("coke.checkpoint.duration", "Time of one checkpoint, from the copy until it is durable.");
        _boundary = Seconds("coke.boundary.duration", "Time of closing one epoch, until it is committed and everybody is told.");
        _recovery = Seconds("coke.recovery.duration", "Time of one recovery that succeeded, until the run is live.");

        Count("coke.run.batches", "{batch}", "Mini-batches taken into steps, of all ranks.", RunCount.Batches);
        Count("coke.run.rows", "{row}", "Rows of the mini-batches taken into steps.", RunCount.Rows);
        Count("coke.run.steps", "{step}", "Steps that are processed.", RunCount.Steps);
        Count("coke.run.dropped", "{message}", "Messages dropped: repeated, too late, or too early to keep.", RunCount.Dropped);
        Count("coke.run.recoveries", "{recovery}", "Times the run came to be live here, the first included.", RunCount.Recoveries);
        Count("coke.run.failures", "{failure}", "Live runs and recoveries that ended by a failure.", RunCount.Failures);
        Count("coke.run.replayed", "{step}", "Steps that a recovery took back, to be computed again.", RunCount.Replayed);
        Count("coke.run.checkpoints", "{checkpoint}", "Checkpoints that are durable.", RunCount.Checkpoints);
        Count("coke.run.epochs", "{epoch}", "Epochs that were committed.", RunCount.Boundaries);
        meter.CreateObservableCounter("coke.run.step.time", () => Of(OfSteps), "s", "Time of all steps; those under way at once add up.");
        meter.CreateObservableCounter(
            "coke.run.phase.time",
            () => Of(OfPhases),
            "s",
            "Time of all steps by phase; score and apply are summed over heads."
        );
        meter.CreateObservableCounter("coke.run.refusals", () => Of(OfRefusals), "{message}", "Messages refused, by reason.");

        Gauge("coke.run.epoch", null, "The open epoch.", state => state.Epoch);
        Gauge("coke.run.window", "{batch}", "Mini-batches taken and not durable yet: what sessions keep.", state => state.Window);
        Gauge("coke.run.reorder.size", "By", "Bytes of mini-batches that wait for their turn.", state => state.WaitingBytes);
        Gauge("coke.run.checkpoint.age", "s", "Time since the run's state was last durable: its checkpoint, boundary or recovery.", state =>
            _time.GetElapsedTime(state.DurableAt).TotalSeconds
        );
        OfHead("coke.head.clusters", "{cluster}", "K.", head => head.ClusterCount);
        OfHead("coke.head.smallest", "{image}", "Images of the smallest cluster of the last epoch.", head => head.SmallestSize);
        OfHead("coke.head.largest", "{image}", "Images of the largest cluster of the last epoch.", head => head.LargestSize);
        OfHead("coke.head.minimum", "{image}", "The minimum size that is asked for.", head => head.MinimumSize);
        OfHead("coke.head.violation", "{image}", "Images that the worst cluster of the last epoch lacks.", head => head.Violation);
        OfHead("coke.head.similarity", null, "Mean of x . c over the last epoch.", head => head.MeanSimilarity);
        OfHead("coke.head.empty", "{cluster}", "Clusters without an image in the last epoch.", head => head.EmptyClusters);
        OfTrainer("coke.trainer.loss", null, "Loss of the trainer's last step, as it tells.", trainer => trainer.Loss);
        OfTrainer("coke.trainer.images", "{image}/s", "Images per second that the trainer hands over, as it tells.", trainer =>
            trainer.ImagesPerSecond
        );
        meter.CreateObservableGauge(
            "coke.head.agreement",
            () => Of(Agreements),
            null,
            "Normalized mutual information of the last epoch's labels with those of the epoch before."
        );

        Histogram<double> Seconds(string name, string description) => meter.CreateHistogram(name, "s", description, advice: _s_seconds);

        void Count(string name, string unit, string description, RunCount what) =>
            meter.CreateObservableCounter(name, () => Of<long>((run, tally) => [new(tally.Of(what), run)]), unit, description);

        void Gauge(string name, string? unit, string description, Func<RunTally.RunState, double> value) =>
            meter.CreateObservableGauge(
                name,
                () => Of<double>((run, tally) => tally.State is { } state ? [new(value(state), run)] : []),
                unit,
                description
            );

        void OfTrainer(string name, string? unit, string description, Func<RunTally.TrainerFigures, double?> value) =>
            meter.CreateObservableGauge(name, () => Of((run, tally) => Trainers(run, tally, value)), unit, description);

        void OfHead(string name, string? unit, string description, Func<HeadReport, double> value) =>
            meter.CreateObservableGauge(name, () => Of((run, tally) => Heads(run, tally, (head, _) => value(head))), unit, description);
    }

    /// <summary>Of the program.</summary>
    public static string Version { get; } = typeof(SiloMeter).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The runs that are counted.</summary>
    public RunTallies Runs { get; } = new();

    /// <summary>A part of a step is over.</summary>
    public void Took(Phase phase, TimeSpan time) => _phase?.Record(time.TotalSeconds, _s_phases[(int)phase]);

    /// <summary>A step is over.</summary>
    public void TookStep(TimeSpan time) => _step?.Record(time.TotalSeconds);

    /// <summary>A checkpoint, boundary or recovery is over.</summary>
    public void Took(RunCount what, TimeSpan time) =>
        (
            what switch
            {
                RunCount.Checkpoints => _checkpoint,
                RunCount.Boundaries => _boundary,
                RunCount.Recoveries => _recovery,
                _ => null,
            }
        )?.Record(time.TotalSeconds);

    IEnumerable<Measurement<T>> Of<T>(Func<KeyValuePair<string, object?>, RunTally, IEnumerable<Measurement<T>>> ofRun)
        where T : struct => Runs.All.SelectMany(one => ofRun(Label(RunLabel, one.Run), one.Tally));

    static IEnumerable<Measurement<double>> OfSteps(KeyValuePair<string, object?> run, RunTally tally) =>
        [new(tally.StepTime.TotalSeconds, run)];

    static IEnumerable<Measurement<double>> OfPhases(KeyValuePair<string, object?> run, RunTally tally) =>
        Enum.GetValues<Phase>().Select(phase => new Measurement<double>(tally.Of(phase).TotalSeconds, run, _s_phases[(int)phase]));

    // From the first collection on with every reason, so that a rate is there when the first is refused.
    static IEnumerable<Measurement<long>> OfRefusals(KeyValuePair<string, object?> run, RunTally tally) =>
        Enum.GetValues<RefusalKind>().Select(kind => new Measurement<long>(tally.Of(kind), run, Label(KindLabel, Word(kind))));

    static IEnumerable<Measurement<double>> Agreements(KeyValuePair<string, object?> run, RunTally tally) =>
        Heads(run, tally, (head, _) => head.Agreement);

    static IEnumerable<Measurement<double>> Heads(
        KeyValuePair<string, object?> run,
        RunTally tally,
        Func<HeadReport, EpochReport, double?> value
    ) =>
        tally.State?.LastEpoch is not { } epoch
            ? []
            : epoch
                .Heads.Take(MostHeads)
                .Select((head, h) => (Value: value(head, epoch), Head: h))
                .Where(one => one.Value is { } number && double.IsFinite(number))
                .Select(one => new Measurement<double>(one.Value!.Value, run, Label(HeadLabel, $"{one.Head}")));

    static IEnumerable<Measurement<double>> Trainers(
        KeyValuePair<string, object?> run,
        RunTally tally,
        Func<RunTally.TrainerFigures, double?> value
    ) =>
        tally.State is null
            ? []
            : tally
                .Trainers.Select(one => (Rank: one.Key, Value: value(one.Value)))
                .Where(one => one.Value is { } number && double.IsFinite(number))
                .Select(one => new Measurement<double>(one.Value!.Value, run, Label(RankLabel, $"{one.Rank}")));

    static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    /// <summary>As labels are written: <c>invalid_embeddings</c>.</summary>
    internal static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat($"{value}".Select((sign, i) => i > 0 && char.IsUpper(sign) ? $"_{sign}" : $"{sign}")).ToLowerInvariant();
}
