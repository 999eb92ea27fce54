using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Heads;
using CoKe.Grains.Observation;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Carries steps, checkpoints and boundaries of one incarnation through scorers and label shards, on the sequencer's scheduler. Embeddings
/// go to every place once, ahead of their turn; each head is its own chain and may run ahead of the others; labels are written in step
/// order. At most one mutating call is outstanding per grain and head, and each names the version it expects.
/// </summary>
sealed class Pipeline
{
    readonly ActorWorld _world;
    readonly RunDescription _run;
    readonly string _runId;
    readonly int _incarnation;
    readonly RunMeter _meter;
    readonly Place[] _places;
    readonly Head[] _heads;
    readonly Target[] _shards;
    Target[] _captured = [];
    Task _labelTail = Task.CompletedTask;
    long _step;

    public Pipeline(ActorWorld world, string runId, RunDescription run, Manifest manifest, RunMeter? meter = null)
    {
        _meter = meter ?? new RunMeter(world.Meter, Keys.RunName(runId));
        (_world, _run, _runId, _incarnation, _step) = (world, run, runId, manifest.Incarnation, manifest.Current.Step);
        _places = Place.Of(world, runId, run, manifest);
        Scorers = new ScorerWatch([.. _places.Select(place => new WatchedPlace(place.Number, place.Home, place.Times))]);
        _heads = [.. run.Specification.Clustering.Heads.Select((_, h) => HeadOf(h, run.Specification.Clustering, manifest))];
        _shards =
        [
            .. manifest.Shards.Select(
                (named, s) => new Target(world.Grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, s)), named.Version)
            ),
        ];
    }

    /// <summary>How long each place takes.</summary>
    public ScorerWatch Scorers { get; }

    /// <summary>Everything that was restored lives where the manifest says.</summary>
    public bool IsHome { get; private set; }

    /// <summary>Brings every scorer, block, cluster and shard to the manifest's version in this incarnation.</summary>
    /// <returns>Which images the open epoch has accepted.</returns>
    public async Task<SeenImages> RestoreAsync(Manifest manifest, IReadOnlyList<FloatValues>? initialCenters)
    {
        var options = _run.Specification.Clustering;
        var size = _run.Layout.ImagesPerShard;
        var scorers = _places.Select(place =>
            RestoreAsync(place.Home, (home, stay) => place.Scorer.RestoreAsync(place.Restore(manifest, _run, initialCenters, home, stay)))
        );
        var shards = _shards.Select(
            (shard, s) =>
                RestoreAsync(manifest.Placement?.Shard(s), (home, stay) =>
                    shard.Grain.RestoreAsync(
                        new ShardRestore(
                            _incarnation,
                            manifest.Shards[s],
                            options,
                            s * size,
                            Math.Min(size, options.ImageCount - (s * size)),
                            manifest.Committed,
                            home,
                            stay
                        )
                    )
                )
        );
        var (scoring, restored) = (Task.WhenAll(scorers), Task.WhenAll(shards));
        await Task.WhenAll(scoring, restored, RetireAsync(manifest));
        IsHome = scoring.Result.All(scorer => scorer!.IsHome) && restored.Result.All(shard => shard!.IsHome);
        for (var h = 0; h < _heads.Length; h++)
            _heads[h]
                .Open(
                    OfHead(h, scoring.Result, (scorer, share) => scorer!.StartDuals[share]),
                    manifest.Current.RowsInEpoch,
                    manifest.Current.SimilaritySums[h]
                );
        var seen = new SeenImages(options.ImageCount);
        for (var s = 0; s < _shards.Length; s++)
        {
            var reply = restored.Result[s]!;
            if (reply.Version != manifest.Shards[s].Version)
                throw new StaleCallException($"shard {s}", "version", manifest.Shards[s].Version, reply.Version);
            seen.Load(s * size, Math.Min(size, options.ImageCount - (s * size)), reply.Seen);
        }

        return seen;
    }

    /// <summary>Starts one step; the task completes when its labels are written.</summary>
    public Task Launch(int epoch, long rowClock, IReadOnlyList<MiniBatch> batches)
    {
        var step = ++_step;
        var embeddings = new StepEmbeddings(_incarnation, step, StepRows.Embeddings(batches), StepRows.ImageIds(batches));
        var loaded = LoadAsync(embeddings);
        return _labelTail = WriteLabels(
            _labelTail,
            Task.WhenAll(_heads.Select(head => head.AssignAsync(step, epoch, rowClock, loaded))),
            step,
            epoch,
            batches
        );
    }

    /// <summary>Closes the epoch everywhere; nothing of it is readable yet. Shards first: they tell where the members of the clusters come
    /// from.</summary>
    public async Task<IReadOnlyList<HeadClosing>> CloseEpochAsync(int epoch, long rowClock, long rowsInEpoch)
    {
        var before = _step;
        var step = ++_step;
        BoundaryCall For(long version) => new(new CallFence(_incarnation, step, version), epoch, rowClock, rowsInEpoch);
        var shards = await Task.WhenAll(_shards.Select(shard => shard.Grain.EndEpochAsync(For(shard.Version))));
        foreach (var shard in _shards)
            shard.Version = step;
        var K = _run.Specification.Clustering.Heads.Select(head => head.ClusterCount);
        HeadMoves[] moves = [.. K.Select((clusters, h) => HeadMoves.Of(clusters, shards.Select(shard => shard.Moves[h])))];
        var ofHeads = For(before); // every step changes every head
        var scorers = await Task.WhenAll(
            _places.Select(place =>
            {
                var ofPlace = place.Shares.Select(share => moves[share.Head].At(share.Range.Clusters));
                return place.Times.WatchAsync(() => place.Scorer.EndEpochAsync(new ScorerBoundary(ofHeads, [.. ofPlace])));
            })
        );
        return
        [
            .. _heads
                .Select((head, h) => head.Close(epoch, step, OfHead(h, scorers, (closings, share) => closings[share])))
                .Select(
                    (head, h) =>
                        head with
                        {
                            Report = head.Report with
                            {
                                ChangedLabels = epoch == 0 ? null : shards.Sum(s => s.Changed[h]),
                                Agreement = moves[h].Agreement,
                                AgreementImages = moves[h].Images,
                            },
                        }
                ),
        ];
    }

    /// <summary>Has everything that changed copy its state, between two steps (rule 5).</summary>
    public async Task<CheckpointNames> CaptureAsync(Manifest manifest, bool isBoundary)
    {
        CallFence For(long version) => new(_incarnation, _step, version);
        var scorers = Task.WhenAll(
            _places.Select(place =>
                place.Times.WatchAsync(() => place.Scorer.CaptureAsync(new ScorerCapture(For(_step), place.Named(manifest), isBoundary)))
            )
        );
        var names = manifest.Shards.Select(named => named.Current).ToArray();
        var captured = new List<Target>();
        var shards = new List<Task>();
        for (var s = 0; s < _shards.Length; s++)
        {
            var (shard, named) = (_shards[s], manifest.Shards[s]);
            if (!isBoundary && shard.Version == named.Version)
                continue; // a shard that did not change keeps its version
            names[s] = new SnapshotName(named.FreeSlot, _incarnation, _step, shard.Version);
            shards.Add(shard.Grain.CaptureAsync(new CaptureCall(For(shard.Version), named.FreeSlot, isBoundary)));
            captured.Add(shard);
        }

        await Task.WhenAll([scorers, .. shards]);
        _captured = [.. captured];
        return new CheckpointNames(_step, BlockNames(manifest, scorers.Result), names, [.. _heads.Select(head => head.SimilaritySum)]);
    }

    /// <summary>Has everything that was copied for a step written; steps go on meanwhile.</summary>
    public Task SaveAsync(long step)
    {
        var call = new SaveCall(_incarnation, step);
        return Task.WhenAll([
            .. _places.Select(place => place.Times.WatchAsync(() => place.Scorer.SaveAsync(call))),
            .. _captured.Select(shard => shard.Grain.SaveAsync(call)),
        ]);
    }

    /// <summary>Looks whether everything is there that was restored, and knows of the committed epoch.</summary>
    /// <exception cref="StaleCallException">Something was lost.</exception>
    /// <exception cref="EpochNotReadableException">Something was lost, and is back without that epoch.</exception>
    public Task VerifyAsync(int committed) =>
        Task.WhenAll([
            .. _places.Select(place => place.Scorer.VerifyAsync(_incarnation, committed)),
            .. _shards.Select(shard => shard.Grain.VerifyAsync(_incarnation, committed)),
        ]);

    /// <summary>Tells every block and shard that the epoch is committed.</summary>
    public Task CommitAsync(int epoch)
    {
        var call = new CommitCall(_incarnation, epoch);
        return Task.WhenAll([
            .. _places.Select(place => place.Times.WatchAsync(() => place.Scorer.CommitAsync(call))),
            .. _shards.Select(shard => shard.Grain.CommitAsync(call)),
        ]);
    }

    /// <summary>Scorers of places that an earlier incarnation had and this one has not leave memory. Those that lived on a silo that was
    /// killed may still be looked for there: a farewell may be repeated, and is no reason to recover once more.</summary>
    Task RetireAsync(Manifest manifest) =>
        Task.WhenAll(
            Enumerable
                .Range(0, manifest.MostPlaces)
                .Except(_places.Select(place => place.Number))
                .Select(number =>
                    AskAgainAsync(async () =>
                    {
                        await _world.Grains.GetGrain<IScorerGrain>(Keys.Scorer(_runId, number)).RetireAsync(_incarnation);
                        return number;
                    })
                )
        );

    Head HeadOf(int h, ClusteringOptions options, Manifest manifest)
    {
        HeadPlace[] places =
        [
            .. _places.SelectMany(place =>
                place.Shares.Where(share => share.Head == h).Select(share => new HeadPlace(place.Scorer, share.Range.Clusters, place.Times))
            ),
        ];
        return new Head(new HeadPlan(options, h), places, _incarnation, manifest.Current.Step, _meter);
    }

    /// <summary>Of what every place told, what is of one head, in order of places.</summary>
    IEnumerable<T> OfHead<TOfPlace, T>(int head, TOfPlace[] told, Func<TOfPlace, int, T> ofShare) =>
        _places.SelectMany(
            (place, p) => place.Shares.Index().Where(share => share.Item.Head == head).Select(share => ofShare(told[p], share.Index))
        );

    SnapshotName?[][] BlockNames(Manifest manifest, IReadOnlyList<SnapshotName?[]>[] told)
    {
        SnapshotName?[][] names = [.. manifest.Blocks.Select(blocks => new SnapshotName?[blocks.Length])];
        for (var p = 0; p < _places.Length; p++)
            foreach (var (i, share) in _places[p].Shares.Index())
                for (var b = 0; b < share.Blocks.Length; b++)
                    names[share.Head][share.Blocks[b]] = told[p][i][b];
        return names;
    }

    /// <summary>Restores one part where it should live. A restore may be repeated.</summary>
    Task<T> RestoreAsync<T>(string? home, Func<string?, bool, Task<T>> restore) =>
        AskAgainAsync(() => RestoreAtHome.CallAsync(home, restore));

    /// <summary>Who does not answer, or cannot be reached, is asked again.</summary>
    Task<T> AskAgainAsync<T>(Func<Task<T>> ask) =>
        GrainTimes.Restore.CallAsync(ask, e => e is TimeoutException or OrleansException, _world.Time);

    async Task LoadAsync(StepEmbeddings embeddings)
    {
        using var part = Traces.Part("coke.step.load");
        var began = _world.Time.GetTimestamp();
        await Task.WhenAll(_places.Select(place => place.Times.WatchAsync(() => place.Scorer.LoadAsync(embeddings).AsTask())));
        _meter.Took(Phase.Load, _world.Time.GetElapsedTime(began));
    }

    async Task WriteLabels(Task previous, Task<int[][]> labels, long step, int epoch, IReadOnlyList<MiniBatch> batches)
    {
        var perHead = await labels;
        await previous;
        using var part = Traces.Part("coke.step.labels");
        var began = _world.Time.GetTimestamp();
        var writes = ShardRouter
            .Split(batches, [.. perHead.Select(ofHead => new IntValues(ofHead))], _shards.Length, _run.Layout.ImagesPerShard)
            .Select(async part =>
            {
                var shard = _shards[part.Shard];
                shard.Version = await shard.Grain.WriteAsync(
                    new ShardWrite(new CallFence(_incarnation, step, shard.Version), epoch, part.ImageIds, part.Labels)
                );
            });
        await Task.WhenAll(writes);
        _meter.Took(Phase.Labels, _world.Time.GetElapsedTime(began));
    }

    /// <summary>A shard and the version its caller knows it to have.</summary>
    sealed class Target(IImageShardGrain grain, long version)
    {
        public IImageShardGrain Grain => grain;

        public long Version { get; set; } = version;
    }
}

/// <summary>What was copied for a checkpoint, to be named by the manifest once it is written.</summary>
/// <param name="Step">s.</param>
/// <param name="Blocks">Per head and block.</param>
/// <param name="Shards">Per shard.</param>
/// <param name="SimilaritySums">Per head.</param>
sealed record CheckpointNames(long Step, SnapshotName?[][] Blocks, SnapshotName?[] Shards, double[] SimilaritySums);
