using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Grains.Sequencing;

namespace CoKe.Benchmarks;

/// <summary>
/// The CPU of checkpoints on SQLite at the paper's rate with 12,000 clusters. A silo that checkpoints eight times as often as by default
/// is set against one that does it half as often: the difference of many checkpoints can be seen beside the noise of the run. Then some
/// checkpoints are timed alone, from the step that is processed to the news that it is durable.
/// </summary>
static class CheckpointBenchmark
{
    const int Often = 8,
        Rarely = 120,
        Measured = 120,
        Alone = 12;

    /// <summary>Half of an epoch: what a checkpoint writes grows with the labels that changed in the epoch, from nothing to all of
    /// them.</summary>
    const int Before = Load.N / Load.B / 2;

    public static async Task<BudgetTable> RunAsync(int rounds)
    {
        var (shares, cost, without, times) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        await MeasureAsync(Rarely); // until the file cache and the clock of the machine have settled
        for (var round = 0; round < rounds; round++)
        {
            var (rare, often) = (await MeasureAsync(Rarely), await MeasureAsync(Often, times));
            var one = (often - rare) / ((Measured / Often) - (Measured / Rarely));
            var plain = rare - (one * Measured / Rarely);
            var run = plain / Measured * new SequencerOptions().CheckpointInterval;
            cost.Add(one * 1_000);
            without.Add(plain / Measured * 1_000);
            shares.Add(one / (one + run));
        }

        return new BudgetTable(
            "checkpoint",
            $"b {Load.B}, d {Load.D}, heads 3000,4000,5000, N {Load.N}; silo in its own process on SQLite, "
                + $"{Measured} steps at {Load.ImagesPerSecond:N0} img/s in mid-epoch",
            [
                new BudgetRow("CPU of a step without checkpoints", "ms", [.. without], [], [], null),
                new BudgetRow("CPU of a checkpoint", "ms", [.. cost], [], [], null),
                new BudgetRow("a checkpoint alone, processed to durable", "ms", [.. times], [], [.. times.Select(ms => ms / 1_000)], 0.2),
                new BudgetRow(
                    $"checkpoints, one in {new SequencerOptions().CheckpointInterval} steps",
                    "share of the run's CPU",
                    [.. shares],
                    [],
                    [.. shares],
                    0.05
                ),
            ]
        );
    }

    /// <summary>CPU seconds of the measured steps.</summary>
    static async Task<double> MeasureAsync(int interval, List<double>? times = null)
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.StartAsync(folder.Database, interval);
        await using var coke = new CokeClient(silo.Client);
        var status = await coke.CreateRunAsync(new RunSpecification("checkpoint", Load.Options(3000, 4000, 5000)));
        await using var session = await coke.OpenSessionAsync(
            "checkpoint",
            0,
            new SessionOptions { Window = ISequencerGrain.ReorderCapacity }
        );
        var batches = Load.Batches(16, 2);
        var step = 0;
        while (step < Before)
            await PushAsync();
        while (status.Step < step)
            status = await coke.WaitForChangeAsync(status);

        var (cpu, started) = (silo.CpuTime, Stopwatch.GetTimestamp());
        for (var i = 1; i <= Measured; i++)
        {
            await PushAsync();
            await Load.PaceAsync(started, i);
        }

        var used = (silo.CpuTime - cpu).TotalSeconds;
        for (var i = 0; i < Alone && times is not null; i++)
        {
            do
                await PushAsync();
            while (step % interval != 0);
            while (status.Step < step)
                status = await coke.WaitForChangeAsync(status);
            started = Stopwatch.GetTimestamp();
            while (status.DurableStep < step)
                status = await coke.WaitForChangeAsync(status);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return used;

        async Task PushAsync() => await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
    }
}
