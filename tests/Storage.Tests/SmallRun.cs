using System.Security.Cryptography;
using System.Text;
using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Hosting;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace CoKe.Storage.Tests;

/// <summary>A run of two heads on an embedded silo, and Algorithm 1 in one process beside it.</summary>
sealed class SmallRun : IAsyncDisposable
{
    public const int N = 300,
        D = 16,
        B = 20,
        Interval = 3,
        ClustersPerBlock = 4,
        ImagesPerShard = 100;
    public const string Name = "small";
    public static readonly int[] Heads = [9, 6];
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly EmbeddedSilo _silo;
    readonly IServiceProvider _services;
    readonly TrainerSession _session;
    readonly float[] _images = UnitRows.Random(5, N, D);

    SmallRun(EmbeddedSilo silo, IServiceProvider services, TrainerSession session, OnlineConstrainedKMeans oracle) =>
        (_silo, _services, _session, Oracle, Coke) = (silo, services, session, oracle, new CokeClient(silo.Client));

    public CokeClient Coke { get; }

    public OnlineConstrainedKMeans Oracle { get; }

    public string RunId => _session.RunId;

    static ClusteringOptions Options =>
        new()
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Seed = 5,
            Heads =
            [
                new HeadOptions { ClusterCount = Heads[0], MinimumSizeRatio = 0.8 },
                new HeadOptions { ClusterCount = Heads[1], DualNormLimit = 0.5 },
            ],
        };

    /// <summary>Starts a silo, and the run or what is stored of it.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="before">The run as it was before this silo; null: it begins.</param>
    /// <param name="configure">Further settings.</param>
    public static async Task<SmallRun> StartAsync(
        Action<ISiloBuilder> storage,
        SmallRun? before = null,
        Action<ISiloBuilder>? configure = null
    )
    {
        IServiceProvider? services = null;
        var silo = await EmbeddedSilo.StartAsync(builder =>
        {
            storage(builder);
            // No checkpoint depends on how fast the machine is.
            builder.Services.Configure<SequencerOptions>(options =>
                (options.CheckpointInterval, options.QuietTime) = (Interval, TimeSpan.FromHours(1))
            );
            builder.Services.Configure<BlockPlacementOptions>(options =>
                (options.ClustersPerBlock, options.ImagesPerShard) = (ClustersPerBlock, ImagesPerShard)
            );
            builder.Services.AddSingleton<IHostedService>(provider => new Window(provider, found => services = found));
            configure?.Invoke(builder);
        });
        var coke = new CokeClient(silo.Client);
        await coke.CreateRunAsync(new RunSpecification(Name, Options));
        return new SmallRun(silo, services!, await coke.OpenSessionAsync(Name), before?.Oracle ?? new OnlineConstrainedKMeans(Options));
    }

    /// <summary>Pushes an epoch and waits until it is committed.</summary>
    public async Task EpochAsync()
    {
        await PushAsync(N / B);
        Assert.Equal(N, (await _session.EndEpochAsync().WaitAsync(Patience)).Rows);
        Oracle.EndEpoch();
    }

    /// <summary>Pushes the first mini-batches of an epoch, and waits until they are durable.</summary>
    public async Task PushAsync(int steps)
    {
        foreach (var ids in new SeededRandom(5, _session.Epoch).Permutation(N).Chunk(B).Take(steps))
        {
            var rows = UnitRows.Of(_images, ids, D);
            await _session.PushAsync(ids, rows).AsTask().WaitAsync(Patience);
            Oracle.Step(rows, ids);
        }
    }

    public Task<RunStatus> WaitUntilDurableAsync(long step) => WaitAsync(status => status.DurableStep >= step);

    public async Task<RunStatus> WaitAsync(Predicate<RunStatus> reached)
    {
        var status = await Coke.GetStatusAsync(Name);
        while (!reached(status))
            status = await Coke.WaitForChangeAsync(status).WaitAsync(Patience);
        return status;
    }

    /// <summary>Labels, frozen centers, and every cluster as its grain tells it, down to the last bit.</summary>
    public async Task<string> HashOfResultAsync()
    {
        using var hash = new Digest();
        var labels = await Coke.ReadLabelsAsync(Name, Enumerable.Range(0, N).ToArray());
        foreach (var head in labels.Labels)
            foreach (var label in head)
                hash.Add(label);
        foreach (var head in (await Coke.ReadCentersAsync(Name)).Centers)
            foreach (var value in head)
                hash.Add(value);
        for (var h = 0; h < Heads.Length; h++)
        {
            for (var k = 0; k < Heads[h]; k++)
            {
                var cluster = await Coke.GetClusterAsync(Name, h, k);
                hash.Add(cluster.Count);
                hash.Add(cluster.LastCount);
                hash.Add(BitConverter.DoubleToInt64Bits(cluster.Dual));
                hash.Add(BitConverter.DoubleToInt64Bits(cluster.SumNorm));
                foreach (var value in cluster.Center.Span)
                    hash.Add(value);
                foreach (var size in cluster.History)
                    hash.Add(size);
            }
        }

        return hash.ToString();
    }

    /// <summary>The content of every row of blocks, shards and reports, slot by slot, and of the manifest but the names of its owner and
    /// its silo, and the times by the clock.</summary>
    public async Task<(string Hash, int Rows)> HashOfRowsAsync()
    {
        using var hash = new Digest();
        var (storage, rows) = (_services.GetRequiredKeyedService<IGrainStorage>(CokeStorage.Name), 0);
        var world = _services.GetRequiredService<ActorWorld>();
        var layout = new RunLayout(ClustersPerBlock, ImagesPerShard);
        var owners = Enumerable
            .Range(0, Heads.Length)
            .SelectMany(h => Enumerable.Range(0, layout.BlockCount(Heads[h])).Select(b => Rows.Block(Keys.Block(RunId, h, b))))
            .Concat(Enumerable.Range(0, layout.ShardCount(N)).Select(s => Rows.Shard(Keys.Shard(RunId, s))));
        foreach (var owner in owners)
            for (var slot = 0; slot < SnapshotSlots.Count; slot++)
                await AddAsync(SnapshotSlots.KindOf(slot), owner);
        for (var epoch = 0; epoch < Oracle.Epoch; epoch++)
            await AddAsync(Rows.Report, Rows.Epoch(RunId, epoch));
        var manifest = (await new ManifestRow(world, RunId).ReadAsync())!;
        var timeless = manifest with
        {
            Owner = "",
            Placement = manifest.Placement! with { Silos = [] },
            Current = manifest.Current with { Updated = null },
            Boundary = manifest.Boundary with { Updated = null },
        };
        hash.Add(world.Serializer.SerializeToArray(timeless));
        return (hash.ToString(), rows);

        async Task AddAsync(string kind, GrainId owner)
        {
            if (await new DurableRow(storage, kind, owner).ReadSoundAsync() is not { } row)
                return;
            rows++;
            hash.Add(Encoding.UTF8.GetBytes($"{kind} of {owner}".Replace(RunId, Name)));
            hash.Add(row.Incarnation);
            hash.Add(row.Step);
            hash.Add(row.Payload);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await Coke.DisposeAsync();
        await _silo.DisposeAsync();
    }

    sealed class Digest : IDisposable
    {
        readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Add(long value) => Add(BitConverter.GetBytes(value));

        public void Add(float value) => Add(BitConverter.GetBytes(value));

        public void Add(byte[] bytes) => _hash.AppendData(bytes);

        public override string ToString() => Convert.ToHexString(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }

    /// <summary>Shows a test the silo's services.</summary>
    sealed class Window(IServiceProvider services, Action<IServiceProvider> show) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            show(services);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
