using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>The constants of one head, derived once from the options. Immutable and shared by everything that works on the head.</summary>
public sealed class HeadPlan
{
    /// <summary>An empty cluster's dual shall rise by about this much in one epoch.</summary>
    const double DualRisePerEpoch = 3.4;

    /// <summary>Few large batches shall not overshoot: no dual moves by more than this per share of a batch.</summary>
    const double LargestDualStep = 0.02;

    readonly double[]? _shares;
    readonly double _share;
    readonly int _seed;
    readonly int? _stageTwoAfterEpoch;

    /// <summary>Derives the constants of head <paramref name="head"/>, counted from 0.</summary>
    /// <exception cref="InvalidOptionsException">The options make no sense.</exception>
    public HeadPlan(ClusteringOptions options, int head)
    {
        options.Validate();
        Options = options.Heads[head];
        Head = head;
        ClusterCount = Options.ClusterCount;
        Dimension = options.Dimension;
        ImageCount = options.ImageCount;
        _seed = options.Seed;
        _stageTwoAfterEpoch = options.StageTwoAfterEpoch;

        int N = ImageCount,
            K = ClusterCount;
        double B = options.BatchSize;
        if (Options.MinimumSizes is { } sizes)
            _shares = [.. sizes.Select(size => size / N)];
        else
            _share = Options.MinimumSizeRatio / K;

        var gammaPrime = (_shares is null ? Options.MinimumSizeRatio : _shares.Sum()) * (1 + Options.Margin);
        AutomaticDualLearningRate = K * Math.Min(DualRisePerEpoch * B / (gammaPrime * N), LargestDualStep);
        DualLearningRate = Options.DualLearningRate ?? AutomaticDualLearningRate;
        DualStepPerMember = DualLearningRate / B;
    }

    /// <summary>The head's options.</summary>
    public HeadOptions Options { get; }

    /// <summary>The head's number, from 0.</summary>
    public int Head { get; }

    /// <summary>K.</summary>
    public int ClusterCount { get; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>N.</summary>
    public int ImageCount { get; }

    /// <summary>eta, given or automatic.</summary>
    public double DualLearningRate { get; }

    /// <summary>K min(3.4 B / (gamma' N), 0.02): 20.4 for the paper's ImageNet setting, 0.097 for its CIFAR-10 setting.</summary>
    public double AutomaticDualLearningRate { get; }

    /// <summary>eta / B: how far one member lowers its cluster's dual.</summary>
    public double DualStepPerMember { get; }

    /// <summary>Whether tau was given: then a step changes every dual, by a threshold that needs them all (eqn 11).</summary>
    public bool NeedsGlobalDuals => Options.DualNormLimit is not null;

    /// <summary>Whether a dual stops at zero (eqn 18; the published code does not when gamma' is 1).</summary>
    public bool ClampsDuals => Options.DualClamp == DualClamp.Paper || Options.MinimumSizeRatio < 1;

    /// <summary>Whether a center depends on the center before it, which then is kept in double precision.</summary>
    public bool KeepsPreciseCenters => Options.CenterRule == CenterRule.Rescaled || _stageTwoAfterEpoch is not null;

    /// <summary>gamma_k as asked of the duals, in images: the required size and its margin.</summary>
    public double MinimumSize(int cluster) => Share(cluster) * ImageCount;

    /// <summary>gamma_k as the user requires it, in images, without the margin.</summary>
    public double RequiredSize(int cluster) => PlainShare(cluster) * ImageCount;

    /// <summary>(eta / B) gamma_k / N: how far every row of the run raises the dual.</summary>
    public double PushPerRow(int cluster) => DualStepPerMember * Share(cluster);

    /// <summary>Whether centers move after every mini-batch of this epoch (eqn 13) rather than at its end (eqn 12).</summary>
    public bool UpdatesCentersEachBatch(int epoch) =>
        !IsStageTwo(epoch) && Options.CenterSchedule == CenterSchedule.Batch && epoch < (Options.BatchScheduleEpochs ?? int.MaxValue);

    /// <summary>Whether this epoch assigns to frozen averaged centers and writes soft labels: t above T' (section 3.4).</summary>
    public bool IsStageTwo(int epoch) => epoch > _stageTwoAfterEpoch;

    /// <summary>f = 1 / (t - T'): the weight of stage-two epoch t in averaged centers and soft labels (section 3.4).</summary>
    public double StageTwoFraction(int epoch) =>
        1.0
        / (epoch - _stageTwoAfterEpoch ?? throw new InvalidOperationException("The run has no stage two: StageTwoAfterEpoch is not set."));

    /// <summary>K x d random unit rows, row-major, from the run's seed and the head's number.</summary>
    public float[] InitialCenters() => InitialCenters([.. Enumerable.Range(0, ClusterCount)]);

    /// <summary>Some of these rows, the same bit for bit, in the memory of some: every row before them is drawn, and not kept.</summary>
    /// <param name="clusters">n indices k, ascending.</param>
    /// <exception cref="ArgumentException">They are not ascending, or not of this head.</exception>
    public float[] InitialCenters(ReadOnlySpan<int> clusters)
    {
        var random = new SeededRandom(_seed, Head);
        var centers = new float[clusters.Length * Dimension];
        var direction = new double[Dimension];
        var row = 0;
        for (var k = 0; k < ClusterCount && row < clusters.Length; k++)
        {
            for (var i = 0; i < Dimension; i++)
                direction[i] = random.NextNormal();
            if (k != clusters[row])
                continue;
            UnitVector.Normalize(direction, direction);
            UnitVector.Round(direction, centers.AsSpan(row++ * Dimension, Dimension));
        }

        if (row < clusters.Length)
            throw new ArgumentException(
                $"Cluster {clusters[row]} does not follow those before it, or is not below {ClusterCount}.",
                nameof(clusters)
            );
        return centers;
    }

    // gamma_k / N, without and with the margin.
    double PlainShare(int cluster) => _shares is null ? _share : _shares[cluster];

    double Share(int cluster) => PlainShare(cluster) * (1 + Options.Margin);
}
