using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Simulation.Runs;

/// <summary>
/// Flips a byte of a version that the manifest names, and plays the operator: a run that stops for it by name is taken back to its last
/// boundary (rule 5).
/// </summary>
sealed class Damage(World world, RunPlan plan, Invariants invariants, Func<bool> isOver)
{
    static readonly TimeSpan Again = TimeSpan.FromSeconds(0.3);
    static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    readonly SeededRandom _random = world.RandomOf(320);

    public void Plan()
    {
        world.Schedule(TimeSpan.FromSeconds(5 + (30 * _random.NextUniform())), Strike);
        world
            .AddClient("keeper")
            .Run(KeepAsync)
            .ContinueWith(
                task => world.Break(task.Exception!.InnerException!),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
    }

    void Strike()
    {
        // A boundary's own version is beyond repair; what was stored since is not.
        var named = invariants.Stored is { } manifest
            ? Named(manifest).Where(n => n.Snapshots.Current != n.Snapshots.Boundary).ToArray()
            : [];
        if (named.Length == 0)
        {
            if (!isOver())
                world.Schedule(Again, Strike);
            return;
        }

        var (owner, snapshots) = named[_random.NextInt32(named.Length)];
        var kind = SnapshotSlots.KindOf(snapshots.Current!.Value.Slot);
        var row = (SealedRow)world.Storage.Find(kind, owner)!.State!;
        byte[] payload = [.. row.Payload];
        payload[_random.NextInt32(payload.Length)] ^= (byte)(1 << _random.NextInt32(8));
        var damaged = new SealedRow
        {
            Incarnation = row.Incarnation,
            Step = row.Step,
            Checksum = row.Checksum,
            Payload = payload,
        };
        invariants.Damage(damaged);
        world.Storage.Replace(kind, owner, damaged);
        world.Trace.Add($"damage: a byte of {kind} of {owner}");
        world.Directory.Find<ISequencerGrain>(invariants.RunId!)?.Evict(Eviction.Abrupt); // nobody reads it before the next recovery
    }

    IEnumerable<(GrainId Owner, NamedSnapshots Snapshots)> Named(Manifest manifest)
    {
        for (var h = 0; h < plan.Specification.Clustering.Heads.Count; h++)
            for (var b = 0; b < manifest.Blocks[h].Length; b++)
                yield return (Rows.Block(Keys.Block(invariants.RunId!, h, b)), manifest.Blocks[h][b]);
        for (var s = 0; s < manifest.Shards.Length; s++)
            yield return (Rows.Shard(Keys.Shard(invariants.RunId!, s)), manifest.Shards[s]);
    }

    async Task KeepAsync()
    {
        var run = world.GrainFactory.GetGrain<IRunGrain>("run");
        while (!isOver())
        {
            await Task.Delay(Look, world.Time);
            try
            {
                if ((await run.GetStatusAsync()).State == RunState.Faulted)
                    await run.RestoreAsync();
            }
            catch (Exception e) when (RunScenario.IsPassing(e) || e is CokeException)
            {
                world.Trace.Add($"keeper: {e.Message}"); // perhaps done, perhaps not: the next look tells
            }
        }
    }
}
