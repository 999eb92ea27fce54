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
        var workers = Enumerable.Range(0, threads > 0 ? threads : Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next); seed < from + count; seed = Interlocked.Increment(ref next))
            {
                var world = new World(seed);
                if (Try(scenario, world) is not null) failed.Add(seed);
                if (after is not null) lock (failed) after(world);
            }
        })).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        return [.. failed.Order().Select(seed => Replay(scenario, seed))];
    }

    /// <summary>Runs one seed with its trace on.</summary>
    public static SeedFailure Replay(Scenario scenario, int seed)
    {
        var world = new World(seed, trace: true);
        var error = Try(scenario, world) ?? new UnreachableException($"Seed {seed} of {scenario.Name} failed without a trace and passes with one: it is not deterministic.");
        return new SeedFailure(scenario.Name, seed, error, world.Trace.Lines);
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
