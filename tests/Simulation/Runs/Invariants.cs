using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Durability;
using CoKe.Grains.Labels;
using CoKe.Grains.Protocol;

namespace CoKe.Simulation.Runs;

/// <summary>A rule of the protocol was broken.</summary>
sealed class ViolationException(string what) : Exception(what);

/// <summary>What must hold whatever happens; knows nothing of the scenario. A violation ends the simulated run.</summary>
sealed class Invariants
{
    readonly World _world;
    readonly RunPlan _plan;
    readonly Reference _reference;
    readonly List<(int Rank, TrainerSession Session, Activation Process)> _sessions = [];
    readonly Dictionary<int, string> _owners = [];
    readonly List<(Cluster Cluster, long Version)> _closing = [];
    readonly HashSet<string> _superseded = [];
    readonly HashSet<SealedRow> _damaged = [];
    readonly List<EpochOrigin> _closed = [];
    readonly List<OnlineConstrainedKMeans> _committed = [];
    bool _begun;

    public Invariants(World world, RunPlan plan)
    {
        (_world, _plan, _reference) = (world, plan, new Reference(plan));
        world.Storage.OnWritten = (kind, owner, state) =>
        {
            try
            {
                if (kind == Rows.Manifest && IsOfThisRun(owner))
                    OnManifest(RunWorld.Read<Manifest>(((SealedRow)state).Payload), owner);
            }
            catch (ViolationException e)
            {
                _world.Break(e);
            }
        };
        world.AfterEachEvent = CheckWindows;
        world.Judge = new FenceInvariants(world, this).Judge;
    }

    /// <summary>The run that is watched, whatever its id; null: not yet.</summary>
    public string? RunId { get; private set; }

    /// <summary>From now on: the run that is created next. What is left of an earlier one of its name is of no interest.</summary>
    public void Begin() => _begun = true;

    /// <summary>A stored row was damaged: a manifest may go on naming it until somebody reads it, and nobody may use it.</summary>
    public void Damage(SealedRow row) => _damaged.Add(row);

    /// <summary>The manifest as it is stored.</summary>
    public Manifest? Stored { get; private set; }

    public object Watch(int rank, TrainerSession session, Activation process)
    {
        _sessions.Add((rank, session, process));
        return session;
    }

    /// <summary>Rule 4: a cluster that closed itself takes no turn any more.</summary>
    public void Close(Cluster cluster) => _closing.Add((cluster, cluster.Version));

    public void Forget(object handle) => _sessions.RemoveAll(watched => watched.Session == handle);

    /// <summary>Rule 5: a poll never tells a watermark that is not stored. Rule 6: nothing is refused but what is wrong.</summary>
    public void CheckProgress(string runId, int rank, Progress progress)
    {
        if (Stored is not { } stored || runId != RunId)
            return;
        foreach (var refusal in progress.Refusals)
            // A careless part that was replaced meets its replacement when a copy of it comes late.
            if (
                !(
                    refusal.Kind == RefusalKind.ConflictingContent
                        ? _plan.HasForger || _plan.IsCareless
                        : refusal.Kind == RefusalKind.InvalidImageId && _plan.IsCareless
                )
            )
                Violated(
                    $"A poll tells rank {rank} that its mini-batch {refusal.Identity.Sequence} was refused, which was as it should be: "
                        + $"{refusal.Message}"
                );
        if (progress.Epoch > stored.Epoch)
            Violated($"A poll tells epoch {progress.Epoch}, stored is {stored.Epoch}.");
        if (
            progress.Epoch == stored.Epoch
            && progress.Attempt == stored.Attempt
            && progress.DurableWatermark > stored.Current.Watermarks[rank]
        )
            Violated($"A poll tells rank {rank} watermark {progress.DurableWatermark}, stored is {stored.Current.Watermarks[rank]}.");
    }

    /// <summary>Rules 8 and 9: the report is of the whole epoch, and told to no trainer but the one whose epoch it was, or a later
    /// one.</summary>
    public void CheckReport(int epoch, EpochReport report, int rank, int generation)
    {
        if (_closed[epoch].Generations[rank] > generation)
            Violated(
                $"Trainer {generation} of rank {rank} ended epoch {epoch}, which was fed by trainer {_closed[epoch].Generations[rank]}."
            );
        var expected = Enumerable.Range(0, _plan.Trainers).Sum(rank => _plan.Parts(epoch, rank).Sum(part => part.Length));
        if (report.Epoch != epoch || report.Rows != expected)
            Violated($"The report of epoch {epoch} is of epoch {report.Epoch} with {report.Rows} rows, not {expected}.");
        Remembered.Check(report, epoch == 0 ? null : _committed[epoch - 1], _committed[epoch]);
    }

    /// <summary>Rule 8: what is read is what was committed.</summary>
    public void CheckLabels(EpochLabels labels)
    {
        for (var h = 0; h < labels.Labels.Length; h++)
            if (!labels.Labels[h].AsSpan().SequenceEqual(LabelsAtBoundary(labels.Epoch, h)))
                Violated($"Labels of epoch {labels.Epoch}, head {h}, are not those that were committed.");
    }

    public void CheckCenters(int epoch, IReadOnlyList<float[]> centers)
    {
        for (var h = 0; h < centers.Count; h++)
        {
            for (var k = 0; k * _plan.Dimension < centers[h].Length; k++)
                if (!centers[h].AsSpan(k * _plan.Dimension, _plan.Dimension).SequenceEqual(_committed[epoch].Heads[h].Frozen(k)))
                    Violated($"Center {k} of epoch {epoch}, head {h}, is not the one that was committed.");
        }
    }

    /// <summary>The last word: the clusters themselves, live.</summary>
    public void CheckCluster(ClusterStatistics cluster)
    {
        var expected = _committed[^1].Heads[cluster.Head];
        var k = cluster.Cluster;
        if (
            cluster.LastCount != expected.Cluster(k).LastCount
            || cluster.Count != 0
            || !cluster.Center.Span.SequenceEqual(expected.Center(k))
            || cluster.Dual != expected.Dual(k)
        )
            Violated($"Cluster {k} of head {cluster.Head} is not what the replay gives.");
        if (cluster.History.Count != _plan.Epochs)
            Violated($"Cluster {k} of head {cluster.Head} remembers {cluster.History.Count} epochs of {_plan.Epochs}.");
        Remembered.Check(cluster, expected, _plan.Epochs);
    }

    /// <summary>Rule 7: a session keeps what is not stored.</summary>
    void CheckWindows()
    {
        if (Stored is not { } stored)
            return;
        foreach (var (rank, session, process) in _sessions)
        {
            if (
                process.IsDead
                || session.Epoch != stored.Epoch
                || session.Attempt != stored.Attempt
                || session.Generation != stored.Generations[rank]
            )
                continue;
            if (session.Forgotten > stored.Current.Watermarks[rank])
                Violated($"Rank {rank} has forgotten up to {session.Forgotten}; stored is {stored.Current.Watermarks[rank]}.");
        }
    }

    bool IsOfThisRun(GrainId owner)
    {
        if (_begun)
            RunId ??= owner.Key.ToString();
        return owner.Key.ToString() == RunId;
    }

    void OnManifest(Manifest next, GrainId owner)
    {
        if (_owners.TryGetValue(next.Incarnation, out var other) && other != next.Owner)
            Violated($"Incarnation {next.Incarnation} is of two activations, {other} and {next.Owner}.");
        _owners[next.Incarnation] = next.Owner;
        if (_superseded.Contains(next.Owner))
            Violated($"Activation {next.Owner} rules again, after another took over from it.");
        if (Stored is { } previous && previous.Owner != next.Owner)
            _superseded.Add(previous.Owner);
        if (Stored is { } before)
            CheckTransition(before, next);
        if (Stored is { } last && next.Epoch == last.Epoch + 1)
        {
            _closed.Add(new EpochOrigin(next.Attempt, next.Generations));
            _committed.Add(_reference.After(_closed, new EpochOrigin(0, next.Generations), 0));
        }

        Stored = next;
        foreach (var (cluster, version) in _closing)
            if (cluster.Version != version)
                Violated($"Cluster {cluster.Key} closed itself at version {version} and is at version {cluster.Version}.");
        CheckCounters(next);
        CheckRows(next, owner.Key.ToString()!);
    }

    void CheckTransition(Manifest before, Manifest next)
    {
        if (next.Incarnation < before.Incarnation)
            Violated($"The incarnation went from {before.Incarnation} to {next.Incarnation}.");
        if (next.Incarnation == before.Incarnation && next.Owner != before.Owner)
            Violated("The owner changed within an incarnation.");
        if (next.Attempt < before.Attempt)
            Violated($"The attempt went from {before.Attempt} to {next.Attempt}.");
        if (next.Epoch != before.Epoch && next.Epoch != before.Epoch + 1)
            Violated($"The epoch went from {before.Epoch} to {next.Epoch}.");
        if (next.Epoch == before.Epoch && next.Committed != before.Committed)
            Violated($"The commit of epoch {before.Committed.Epoch} changed.");
        if (next.Epoch == before.Epoch && next.Attempt == before.Attempt && next.Current.Step < before.Current.Step)
            Violated($"The step went from {before.Current.Step} to {next.Current.Step} without a new attempt.");
        if (next.Generations.Zip(before.Generations).Any(pair => pair.First < pair.Second))
            Violated("A generation went back.");
        var newer = next.Generations.Zip(before.Generations).Any(pair => pair.First > pair.Second);
        if (newer && !next.IsAtBoundary)
            Violated("A newer trainer was let in in the middle of an epoch.");
    }

    /// <summary>The counters and watermarks are those of a whole number of steps.</summary>
    void CheckCounters(Manifest manifest)
    {
        var (mark, epoch) = (manifest.Current, manifest.Epoch);
        long rows = 0;
        for (var rank = 0; rank < _plan.Trainers; rank++)
        {
            var expected = _reference.Watermark(epoch, rank, mark.StepsInEpoch);
            if (mark.Watermarks[rank] != expected)
                Violated(
                    $"After {mark.StepsInEpoch} steps of epoch {epoch} the watermark of rank {rank} is {mark.Watermarks[rank]}, "
                        + $"not {expected}."
                );
            rows += _plan.Parts(epoch, rank).Take((int)expected).Sum(part => part.Length);
        }

        if (mark.RowsInEpoch != rows)
            Violated($"After {mark.StepsInEpoch} steps of epoch {epoch} {mark.RowsInEpoch} rows are counted, not {rows}.");
    }

    /// <summary>Rule 5: the rows that a manifest names are there, whole, and all of the same step.</summary>
    void CheckRows(Manifest manifest, string runId)
    {
        using var expected = _reference.After(
            _closed,
            new EpochOrigin(manifest.Attempt, manifest.Generations),
            (int)manifest.Current.StepsInEpoch
        );
        var options = _plan.Specification.Clustering;
        for (var h = 0; h < manifest.Blocks.Length; h++)
        {
            var plan = new HeadPlan(options, h);
            var initial = _plan.Specification.InitialCenters?[h].Span.ToArray() ?? plan.InitialCenters();
            for (var b = 0; b < manifest.Blocks[h].Length; b++)
            {
                var (first, owner) = (b * _plan.Layout.ClustersPerBlock, Rows.Block(Keys.Block(runId, h, b)));
                var n = Math.Min(_plan.Layout.ClustersPerBlock, plan.ClusterCount - first);
                if (IsDamaged(manifest.Blocks[h][b], owner))
                    continue;
                var (boundary, open) = Payloads(manifest.Blocks[h][b], owner);
                var copies = BlockPayload.Decode(plan, first, initial.AsSpan(first * _plan.Dimension, n * _plan.Dimension), boundary, open);
                for (var i = 0; i < n; i++)
                {
                    CheckCopy(copies[i], expected.Heads[h].Cluster(first + i), h, first + i);
                    Remembered.Check(copies[i], expected.Heads[h], first + i);
                }
            }
        }

        var size = _plan.Layout.ImagesPerShard;
        for (var s = 0; s < manifest.Shards.Length; s++)
        {
            var count = Math.Min(size, options.ImageCount - (s * size));
            var shard = Rows.Shard(Keys.Shard(runId, s));
            if (IsDamaged(manifest.Shards[s], shard))
                continue;
            var (boundary, open) = Payloads(manifest.Shards[s], shard);
            var labels = ShardLabels.Restore(options, s * size, count, boundary, open);
            labels.EndEpoch(0);
            labels.Commit();
            var read = labels.Read(0, [.. Enumerable.Range(s * size, count)]);
            for (var h = 0; h < options.Heads.Count; h++)
                if (!read.Labels.Span.Slice(h * count, count).SequenceEqual(expected.Heads[h].Labels.Slice(s * size, count)))
                    Violated(
                        $"The stored labels of shard {s}, head {h}, are not those after {manifest.Current.StepsInEpoch} steps of epoch "
                            + $"{manifest.Epoch}."
                    );
        }
    }

    static void CheckCopy(ClusterCopy copy, ClusterState expected, int head, int k)
    {
        var same =
            copy.Figures.Count == expected.Count
            && copy.Figures.LastCount == expected.LastCount
            && copy.Figures.Dual.Base == expected.Dual.Base
            && copy.Figures.Dual.Since == expected.Dual.Since
            && copy.Center.Span.SequenceEqual(expected.Center)
            && copy.Frozen.Span.SequenceEqual(expected.Frozen)
            && copy.Sum.Span.SequenceEqual(expected.Sum);
        if (!same)
            Violated(
                $"The stored cluster {k} of head {head} (version {copy.Version}, count {copy.Figures.Count}) is not what the replay gives "
                    + $"(count {expected.Count})."
            );
    }

    bool IsDamaged(NamedSnapshots named, GrainId owner) =>
        named.Current is { } current
        && _world.Storage.Find(SnapshotSlots.KindOf(current.Slot), owner)?.State is SealedRow row
        && _damaged.Contains(row);

    (byte[]? Boundary, byte[]? Open) Payloads(NamedSnapshots named, GrainId owner)
    {
        var boundary = Payload(named.Boundary, owner);
        return (boundary, named.Current == named.Boundary ? null : Payload(named.Current, owner));
    }

    byte[]? Payload(SnapshotName? name, GrainId owner)
    {
        if (name is not { } named)
            return null;
        var kind = SnapshotSlots.KindOf(named.Slot);
        if (_world.Storage.Find(kind, owner)?.State is not SealedRow row)
            throw new ViolationException($"The manifest names {kind} of {owner}, which is not stored.");
        if ((row.Incarnation, row.Step) != (named.Incarnation, named.Step) || !row.IsSound($"{owner}/{kind}"))
            Violated($"The manifest names {named} of {owner}; stored is incarnation {row.Incarnation}, step {row.Step}.");
        return row.Payload;
    }

    ReadOnlySpan<int> LabelsAtBoundary(int epoch, int head) => _committed[epoch].Heads[head].Labels;

    static void Violated(string what) => throw new ViolationException(what);
}
