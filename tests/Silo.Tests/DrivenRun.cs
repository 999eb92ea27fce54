using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Silo.Tests;

/// <summary>One trainer that pushes epoch after epoch through one session, and what its run must come to: Algorithm 1 in one
/// process.</summary>
sealed class DrivenRun : IAsyncDisposable
{
    public const int N = 600,
        D = 16,
        B = 30,
        StepsPerEpoch = N / B;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly CokeClient _coke;
    readonly string _name;
    readonly int _seed;
    readonly float[] _images;
    readonly OnlineConstrainedKMeans _oracle;

    DrivenRun(CokeClient coke, string name, int seed, ClusteringOptions options, TrainerSession session)
    {
        (_coke, _name, _seed, Session) = (coke, name, seed, session);
        _images = UnitRows.Random(seed, N, D);
        _oracle = new OnlineConstrainedKMeans(options);
    }

    public TrainerSession Session { get; }

    /// <summary>The trainer got on by one mini-batch or boundary.</summary>
    public Action Progressed { get; init; } = () => { };

    internal static ClusteringOptions Options(int seed, int clusters) =>
        new()
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Seed = seed,
            Heads =
            [
                new HeadOptions { ClusterCount = clusters, MinimumSizeRatio = 0.8 },
                new HeadOptions { ClusterCount = 6, DualNormLimit = 0.5 },
            ],
        };

    /// <param name="coke">Reaches the silo.</param>
    /// <param name="name">The run's name.</param>
    /// <param name="seed">Of images, order and initial centers.</param>
    /// <param name="progressed">See <see cref="Progressed"/>.</param>
    /// <param name="clusters">K of the first head: with many, what it stores takes many pages.</param>
    public static async Task<DrivenRun> BeginAsync(CokeClient coke, string name, int seed = 1, Action? progressed = null, int clusters = 9)
    {
        var options = Options(seed, clusters);
        await coke.CreateRunAsync(new RunSpecification(name, options));
        return new DrivenRun(coke, name, seed, options, await coke.OpenSessionAsync(name)) { Progressed = progressed ?? (() => { }) };
    }

    /// <summary>Pushes one epoch, from its start again when the run is rolled back to it, and compares what was committed with the
    /// oracle.</summary>
    /// <param name="before">Runs before a step is pushed.</param>
    public async Task EpochAsync(Func<int, Task>? before = null)
    {
        var steps = Steps();
        foreach (var ids in steps)
            _oracle.Step(Rows(ids), ids);
        _oracle.EndEpoch();
        while (true)
        {
            try
            {
                for (var s = 0; s < steps.Length; s++)
                {
                    if (before is not null)
                        await before(s);
                    await PushAsync(steps[s]);
                }

                Assert.Equal(N, (await Session.EndEpochAsync().WaitAsync(Patience)).Rows);
                Progressed();
                break;
            }
            catch (RolledBackException)
            {
                Session.RestartEpoch();
                before = null; // what it did need not be done twice
            }
        }

        await AssertReadableAsync();
    }

    /// <summary>Pushes the first mini-batches of an epoch.</summary>
    public async Task PushAsync(int steps)
    {
        foreach (var ids in Steps()[..steps])
            await PushAsync(ids);
    }

    /// <summary>Labels and frozen centers of the epoch that was committed last.</summary>
    public async Task AssertReadableAsync()
    {
        var labels = await Session.GetLabelsAsync(Enumerable.Range(0, N).ToArray()).WaitAsync(Patience);
        var centers = await Session.GetCentersAsync().WaitAsync(Patience);
        for (var h = 0; h < _oracle.Heads.Count; h++)
        {
            Assert.Equal(_oracle.Heads[h].Labels.ToArray(), labels.Labels[h]);
            for (var k = 0; k < _oracle.Heads[h].Plan.ClusterCount; k++)
                Assert.Equal(_oracle.Heads[h].Frozen(k).ToArray(), centers[h].AsSpan(k * D, D).ToArray());
        }
    }

    /// <summary>Every cluster, asked of its own grain, between two epochs: dual, count, centers.</summary>
    public async Task AssertClustersAsync()
    {
        for (var h = 0; h < _oracle.Heads.Count; h++)
        {
            for (var k = 0; k < _oracle.Heads[h].Plan.ClusterCount; k++)
            {
                var cluster = await _coke.GetClusterAsync(_name, h, k).WaitAsync(Patience);
                Assert.Equal(_oracle.Heads[h].Dual(k), cluster.Dual);
                Assert.Equal(_oracle.Heads[h].Cluster(k).LastCount, cluster.LastCount);
                Assert.Equal(_oracle.Heads[h].Center(k).ToArray(), cluster.Center.Span.ToArray());
                Assert.Equal(_oracle.Heads[h].Frozen(k).ToArray(), cluster.Frozen.Span.ToArray());
                Assert.Equal(Session.Epoch, cluster.History.Count);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        _oracle.Dispose();
    }

    async Task PushAsync(int[] ids)
    {
        await Session.PushAsync(ids, Rows(ids)).AsTask().WaitAsync(Patience);
        Progressed();
    }

    int[][] Steps() => [.. new SeededRandom(_seed, Session.Epoch, 1).Permutation(N).Chunk(B)];

    float[] Rows(int[] ids) => UnitRows.Of(_images, ids, D);
}
