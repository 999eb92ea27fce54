using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>A small run over some silos, without silos: its grains answer what the test says.</summary>
sealed class PreparedRun
{
    const int D = 2;
    static readonly RunLayout Layout = new(ClustersPerBlock: 2, ImagesPerShard: 16);

    readonly IGrainFactory _factory;

    public PreparedRun(params string[] silos)
    {
        (_factory, Grains) = FakeGrains.Create();
        var clustering = Description.Specification.Clustering;
        var placement = RunPlacement.Plan(null, silos, clustering, Layout);
        Manifest = Manifest.Initial(clustering, Layout, 1).TakenOver("owner", [0], toBoundary: false, placement);
    }

    public string RunId { get; } = "run~1";

    public FakeTimeProvider Time { get; } = new();

    public FakeGrains Grains { get; }

    public Silos Silos { get; init; } = new();

    public ActorWorld World => new(_factory, null!, null!, Time, new Failpoints(), Silos);

    public Manifest Manifest { get; }

    public RunDescription Description { get; } =
        new(
            new RunSpecification(
                "run",
                new ClusteringOptions
                {
                    ImageCount = 16,
                    Dimension = D,
                    BatchSize = 4,
                    Heads = [new HeadOptions { ClusterCount = 4 }],
                }
            ),
            HasInitialCenters: false,
            Layout,
            [0],
            Started: true
        );

    public Pipeline Pipeline() => new(World, RunId, Description, Manifest);

    /// <summary>What a scorer or a shard answers to a restore.</summary>
    public static object Restored(Type contract) =>
        contract == typeof(IScorerGrain)
            ? Task.FromResult<ScorerRestored?>(new ScorerRestored(IsHome: true, [new DoubleValues(new double[2])]))
            : Task.FromResult<ShardRestored?>(new ShardRestored(0, new byte[2], IsHome: true));

    public MiniBatch Batch(int rows) =>
        new(
            RunId,
            new BatchIdentity(0, 0, 0, 0),
            0,
            1,
            new IntValues([.. Enumerable.Range(0, rows)]),
            new FloatValues(new float[rows * D]),
            null
        );
}
