using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation.Runs;

/// <summary>What a simulated run clusters, drawn from a seed: small, so that thousands fit into a minute, and odd, so that edges are
/// met.</summary>
sealed class RunPlan
{
    readonly int _seed;

    public RunPlan(int seed)
    {
        _seed = seed;
        var random = new SeededRandom(seed, 100);
        Silos = 1 + random.NextInt32(3);
        Trainers = 1 + random.NextInt32(2);
        Epochs = 2 + random.NextInt32(3);
        Layout = new RunLayout(1 + random.NextInt32(3), 5 + random.NextInt32(12));
        CheckpointInterval = 1 + random.NextInt32(4);
        Lead = 1 + random.NextInt32(3);
        RowsPerPart = 2 + random.NextInt32(3);
        var images = 16 + random.NextInt32(25);
        var stageTwo = random.NextInt32(5) == 0;
        Specification = new RunSpecification(
            "run",
            new ClusteringOptions
            {
                ImageCount = images,
                Dimension = 3,
                BatchSize = RowsPerPart * Trainers,
                Seed = seed,
                StageTwoAfterEpoch = stageTwo ? 1 : null,
                Heads = [.. Enumerable.Range(0, 1 + random.NextInt32(2)).Select(_ => Head(random))],
            },
            Trainers
        );
        var misdeeds = new SeededRandom(seed, 104);
        (HasEarlierLife, HasForger, IsCareless) = (misdeeds.NextInt32(5) == 0, misdeeds.NextInt32(8) == 0, misdeeds.NextInt32(6) == 0);
        (IsDamaged, IsTardy) = (misdeeds.NextInt32(8) == 0, misdeeds.NextInt32(5) == 0);
        (HasEchoes, IsSluggish, HasBreaks) = (misdeeds.NextInt32(5) == 0, misdeeds.NextInt32(5) == 0, misdeeds.NextInt32(5) == 0);
        (BreaksTakeReplies, IsForgetful) = (misdeeds.NextInt32(2) == 0, misdeeds.NextInt32(5) == 0);
        if (random.NextInt32(4) == 0)
            Specification = Specification with { InitialCenters = [.. Specification.Clustering.Heads.Select((_, h) => Centers(h))] };
    }

    public int Silos { get; }

    public int Trainers { get; }

    public int Epochs { get; }

    public RunLayout Layout { get; }

    public int CheckpointInterval { get; }

    public int Lead { get; }

    public int RowsPerPart { get; }

    public RunSpecification Specification { get; }

    /// <summary>A run of this name was fed and deleted before.</summary>
    public bool HasEarlierLife { get; }

    /// <summary>Messages come again with their identity and other content.</summary>
    public bool HasForger { get; }

    /// <summary>Trainers push images that another rank has pushed already.</summary>
    public bool IsCareless { get; }

    /// <summary>A stored row is damaged.</summary>
    public bool IsDamaged { get; }

    /// <summary>Much is doubled and much comes late, but not so late that nobody is there any more whom it could confuse.</summary>
    public bool IsTardy { get; }

    /// <summary>Messages come again when the run has recovered: their queue was handed over, and its new owner delivers what it
    /// finds.</summary>
    public bool HasEchoes { get; }

    /// <summary>Connections break: requests are turned away at once, or come again when only their reply was lost.</summary>
    public bool HasBreaks { get; }

    /// <summary>Where connections break, what breaks takes the replies too that tell of it, and little else goes wrong.</summary>
    public bool BreaksTakeReplies { get; }

    /// <summary>The directory forgets clusters that live on before they are restored, and messages reach both them and their
    /// successors.</summary>
    public bool IsForgetful { get; }

    /// <summary>Turns of clusters are late at times, as where a process has fewer threads than work.</summary>
    public bool IsSluggish { get; }

    public int Dimension => Specification.Clustering.Dimension;

    /// <summary>The mini-batches of one rank: image ids. Some images are left out of an epoch, and ranks differ in length.</summary>
    public int[][] Parts(int epoch, int rank)
    {
        var random = new SeededRandom(_seed, 101, epoch);
        var order = random.Permutation(Specification.Clustering.ImageCount)[random.NextInt32(4)..];
        var cut = Trainers == 1 ? order.Length : 1 + random.NextInt32(order.Length - 1);
        return [.. (rank == 0 ? order[..cut] : order[cut..]).Chunk(RowsPerPart)];
    }

    /// <summary>What a careless rank pushes as its part s: with an image that rank 0 pushes in part s or before, so that it is this part
    /// that must be refused.</summary>
    public int[] Careless(int epoch, int rank, int s)
    {
        var (mine, theirs) = (Parts(epoch, rank)[s], Parts(epoch, 0));
        return rank == 0 || s >= theirs.Length ? mine : [.. mine[..^1], theirs[s][0]];
    }

    /// <summary>The embeddings of images: a trainer that comes back, or begins an epoch anew, does not compute the same bits.</summary>
    public float[] Embeddings(int[] images, int epoch, int generation, int attempt)
    {
        var rows = new float[images.Length * Dimension];
        for (var i = 0; i < images.Length; i++)
            Unit(new SeededRandom(_seed, 102, epoch, generation, attempt, images[i]), rows.AsSpan(i * Dimension, Dimension));
        return rows;
    }

    static HeadOptions Head(SeededRandom random) =>
        new()
        {
            ClusterCount = 1 + random.NextInt32(7),
            MinimumSizeRatio = random.NextInt32(3) == 0 ? 1 : 0.6,
            DualLearningRate = 0.3,
            CenterRule = random.NextInt32(4) == 0 ? CenterRule.Rescaled : CenterRule.Exact,
            CenterSchedule = random.NextInt32(4) == 0 ? CenterSchedule.Epoch : CenterSchedule.Batch,
            DualNormLimit = random.NextInt32(5) == 0 ? 0.2 : null,
        };

    FloatValues Centers(int head)
    {
        var centers = new float[Specification.Clustering.Heads[head].ClusterCount * Dimension];
        for (var k = 0; k < centers.Length; k += Dimension)
            Unit(new SeededRandom(_seed, 103, head, k), centers.AsSpan(k, Dimension));
        return new FloatValues(centers);
    }

    static void Unit(SeededRandom random, Span<float> row)
    {
        var norm = 0.0;
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = (float)random.NextNormal();
            norm += (double)row[i] * row[i];
        }

        for (var i = 0; i < row.Length; i++)
            row[i] = (float)(row[i] / Math.Sqrt(norm));
    }
}
