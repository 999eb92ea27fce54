using System.Collections.Concurrent;
using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The table of cluster sizes beside a run: never in its way, never a mix, and whole in the end, whatever dies.</summary>
public sealed class SizeTableTests
{
    const int N = 60,
        D = 8,
        B = 10,
        K = 10;
    const string Run = "run";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly float[] Images = RealImages.Embeddings(N, D, seed: 6);

    readonly Table _table = new();
    readonly OnlineConstrainedKMeans _oracle = new(Specification.Clustering);
    readonly Dictionary<int, string> _expected = [];

    static RunSpecification Specification =>
        new(
            Run,
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                Heads = [new HeadOptions { ClusterCount = K }, new HeadOptions { ClusterCount = 4, DualNormLimit = 0.5 }],
            }
        );

    [Fact]
    public async Task Table_FailsForSeveralEpochs_TheRunGoesOnAndItCatchesUp()
    {
        await using var cluster = await StartAsync();
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        _table.Before = _ => throw new StorageFailedException("there", "The table is locked: unlock it.");
        for (var epoch = 0; epoch < 3; epoch++)
            await EpochAsync(session);
        var status = await cluster.Coke.GetStatusAsync(Run);
        while (!status.Warnings.Contains("The table of cluster sizes lags behind and is tried again: The table is locked: unlock it."))
            status = await cluster.Coke.WaitForChangeAsync(status).WaitAsync(Patience);
        Assert.Null(status.Hindrance);
        Assert.Equal(3, status.Epoch);
        Assert.Empty(_table.Epochs);

        _table.Before = _ => Task.CompletedTask;
        await _table.WhenAsync(epochs => epochs.Count == 3);
        Assert.Equal(_expected, _table.Of(session.RunId));
    }

    [Fact]
    public async Task Table_AnswersAreLost_IsWrittenAgainWithTheSame()
    {
        await using var cluster = await StartAsync();
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        var lost = 0;
        _table.After = _ => Interlocked.Increment(ref lost) == 1 ? throw new TimeoutException() : Task.CompletedTask;
        for (var epoch = 0; epoch < 2; epoch++)
            await EpochAsync(session);
        await _table.WhenAsync(epochs => epochs.Count == 2 && lost >= 3);
        Assert.Equal(_expected, _table.Of(session.RunId));
    }

    [Fact]
    public async Task Silo_DiesBetweenCommitAndTable_TheNextFillsTheGap()
    {
        await using var cluster = await StartAsync(silos: 2);
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        await EpochAsync(session);
        await _table.WhenAsync(epochs => epochs.Count == 1);
        _table.Before = _ => new TaskCompletionSource().Task; // it will not come back from there
        await EpochAsync(session);
        await EpochAsync(session); // committed, as its reader knows

        // Whichever silo has the sequencer: first one dies, then, in another life, the other.
        _table.Before = _ => Task.CompletedTask;
        await cluster.StartSiloAsync();
        await cluster.KillAsync(cluster.Silos[0]);
        await cluster.KillAsync(cluster.Silos[0]);
        await _table.WhenAsync(epochs => epochs.Count == 3); // without another epoch
        Assert.Equal(_expected, _table.Of(session.RunId));
    }

    [Fact]
    public async Task Sizes_OfAnEpochThatWasNotCommitted_AreNotPublished()
    {
        await using var cluster = await StartAsync();
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        var failures = 2; // sizes are stored, the manifest of the boundary is not
        var boundary = false;
        cluster.Storage.BeforeWrite = kind =>
        {
            boundary |= kind == Rows.Sizes;
            if (kind != Rows.Manifest || !boundary || Interlocked.Decrement(ref failures) < 0)
                return null;
            Assert.Empty(_table.Epochs);
            return new IOException("no manifest");
        };
        await EpochAsync(session);
        await _table.WhenAsync(epochs => epochs.Count == 1);
        Assert.True(failures < 0);
        Assert.Equal(_expected, _table.Of(session.RunId));
    }

    [Fact]
    public async Task Delete_RemovesItsLines_AlsoWhenTheTableFailsAtFirst()
    {
        await using var cluster = await StartAsync();
        await using (var session = await cluster.Coke.OpenSessionAsync(Run))
            await EpochAsync(session);
        await _table.WhenAsync(epochs => epochs.Count == 1);
        await _table.UpsertAsync("another~1", 0, []);
        _table.BeforeDelete = () => throw new StorageFailedException("there", "The table is locked: unlock it.");
        Assert.Contains("The table is locked", (await Assert.ThrowsAnyAsync<Exception>(() => cluster.Coke.DeleteRunAsync(Run))).Message);
        _table.BeforeDelete = () => { };
        await cluster.Coke.DeleteRunAsync(Run);
        Assert.Equal(("another~1", 0), Assert.Single(_table.Epochs).Key);
        Assert.Empty(await cluster.Coke.ListRunsAsync());
    }

    async Task<TestCluster> StartAsync(int silos = 1)
    {
        var cluster = await TestCluster.StartAsync(silos, silo => silo.Services.AddSingleton<IClusterSizeTable>(_table));
        await cluster.Coke.CreateRunAsync(Specification);
        return cluster;
    }

    async Task EpochAsync(TrainerSession session)
    {
        var (epoch, steps) = (session.Epoch, new SeededRandom(3, session.Epoch).Permutation(N).Chunk(B).ToArray());
        foreach (var ids in steps)
            _oracle.Step(Vectors(ids), ids);
        _oracle.EndEpoch();
        foreach (var ids in steps)
            await session.PushAsync(ids, Vectors(ids)).AsTask().WaitAsync(Patience);
        await session.EndEpochAsync().WaitAsync(Patience);
        _expected[epoch] = Table.Text([
            .. _oracle.Heads.Select(head => new HeadSizes(
                new([.. Enumerable.Range(0, head.Plan.ClusterCount).Select(k => (double)head.Cluster(k).LastCount)]),
                new([.. Enumerable.Range(0, head.Plan.ClusterCount).Select(head.Dual)])
            )),
        ]);

        static float[] Vectors(int[] ids) => [.. ids.SelectMany(id => Images[(id * D)..((id + 1) * D)])];
    }

    /// <summary>A table that can fail on either side of a write, and refuses to change what an epoch has.</summary>
    sealed class Table : IClusterSizeTable
    {
        readonly SemaphoreSlim _changed = new(0);

        public ConcurrentDictionary<(string RunId, int Epoch), string> Epochs { get; } = new();

        public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

        public Func<int, Task> After { get; set; } = _ => Task.CompletedTask;

        public Action BeforeDelete { get; set; } = () => { };

        public static string Text(IReadOnlyList<HeadSizes> heads) =>
            string.Join(
                " | ",
                heads.Select(head =>
                    string.Join(' ', head.Sizes.Span.ToArray())
                    + ", "
                    + string.Join(' ', head.Duals.Span.ToArray().Select(dual => dual.ToString("R")))
                )
            );

        public async Task UpsertAsync(string runId, int epoch, IReadOnlyList<HeadSizes> heads)
        {
            await Before(epoch);
            var text = Text(heads);
            Assert.Equal(text, Epochs.GetOrAdd((runId, epoch), text));
            try
            {
                await After(epoch);
            }
            finally
            {
                _changed.Release();
            }
        }

        public Task DeleteAsync(string runId)
        {
            BeforeDelete();
            foreach (var key in Epochs.Keys.Where(key => key.RunId == runId))
                Epochs.TryRemove(key, out _);
            return Task.CompletedTask;
        }

        public Dictionary<int, string> Of(string runId) =>
            Epochs.Where(line => line.Key.RunId == runId).ToDictionary(line => line.Key.Epoch, line => line.Value);

        public async Task WhenAsync(Predicate<ConcurrentDictionary<(string RunId, int Epoch), string>> reached)
        {
            while (!reached(Epochs))
                Assert.True(await _changed.WaitAsync(Patience), $"the table has {Epochs.Count} epochs");
        }
    }
}
