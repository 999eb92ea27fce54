using System.Collections.Concurrent;
using System.Diagnostics;

namespace CoKe.Simulation;

/// <summary>What is simulated: it builds a run in a fresh world, runs it and throws on a violation.</summary>
public sealed record Scenario(string Name, Action<World> Run);

/// <summary>A run that went wrong, with its trace.</summary>
public sealed record SeedFailure(string Scenario, int Seed, Exception Error, IReadOnlyCollection<string> Trace);

/// <summary>Runs a scenario for many seeds on a few threads; each world stays on one of them.</summary>
public static class SeedRunner
{
    /// <summary>Runs the seeds; failed ones run again with their trace on, and must fail again in the same way.</summary>
    public static IReadOnlyList<SeedFailure> Run(Scenario scenario, int from, int count, int threads = 0, Action<World>? after = null)
    {
        var failed = new ConcurrentBag<int>();
        var next = from - 1;
        var workers = Enumerable
            .Range(0, threads > 0 ? threads : Environment.ProcessorCount)
            .Select(_ => new Thread(() =>
            {
                for (var seed = Interlocked.Increment(ref next); seed < from + count; seed = Interlocked.Increment(ref next))
                {
                    var world = new World(seed);
                    if (Try(scenario, world) is not null)
                        failed.Add(seed);
                    if (after is not null)
                        lock (failed)
                            after(world);
                }
            }))
            .ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        return [.. failed.Order().Select(seed => Replay(scenario, seed))];
    }

    /// <summary>The lowest of the seeds that fails, and how; null when none does. Seeds above it are not all run.</summary>
    public static (int Seed, Exception Error)? FirstFailure(Scenario scenario, int from, int count, int threads = 0)
    {
        (int Seed, Exception Error)? first = null;
        var (gate, next) = (new Lock(), from - 1);
        var workers = Enumerable
            .Range(0, threads > 0 ? threads : Environment.ProcessorCount)
            .Select(_ => new Thread(() =>
            {
                for (var seed = Interlocked.Increment(ref next); seed < from + count; seed = Interlocked.Increment(ref next))
                {
                    lock (gate)
                        if (first is { } known && known.Seed < seed)
                            return;
                    if (Try(scenario, new World(seed)) is not { } error)
                        continue;
                    lock (gate)
                        if (first is null || seed < first.Value.Seed)
                            first = (seed, error);
                }
            }))
            .ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        return first;
    }

    /// <summary>Runs one seed with its trace on, whether it fails or not.</summary>
    public static (Exception? Error, IReadOnlyCollection<string> Trace) Trace(Scenario scenario, int seed)
    {
        var world = new World(seed, trace: true);
        return (Try(scenario, world), world.Trace.Lines);
    }

    /// <summary>Runs a seed that failed once more, with its trace on.</summary>
    public static SeedFailure Replay(Scenario scenario, int seed)
    {
        var (error, trace) = Trace(scenario, seed);
        error ??= new UnreachableException(
            $"Seed {seed} of {scenario.Name} failed without a trace and passes with one: it is not deterministic."
        );
        return new SeedFailure(scenario.Name, seed, error, trace);
    }

    static Exception? Try(Scenario scenario, World world)
    {
        try
        {
            scenario.Run(world);
            world.ThrowIfBroken();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
