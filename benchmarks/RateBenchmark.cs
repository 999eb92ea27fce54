using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Benchmarks;

/// <summary>Budget 5: the CPU that a silo of its own takes at the rate of the paper's eight GPUs, 12,000 clusters; the load's own cost is
/// left out.</summary>
static class RateBenchmark
{
    public static async Task<BudgetTable> RunAsync(int rounds, int seconds)
    {
        var shares = new List<double>();
        var reached = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            await using var silo = await SiloProcess.StartAsync();
            await using var coke = new CokeClient(silo.Client);
            await coke.CreateRunAsync(new RunSpecification("rate", Load.Options(3000, 4000, 5000)));
            await using var session = await coke.OpenSessionAsync("rate");
            var batches = Load.Batches(16, 2);
            var step = 0;
            await Paced(TimeSpan.FromSeconds(5));
            var (cpu, started, first) = (silo.CpuTime, Stopwatch.GetTimestamp(), step);
            await Paced(TimeSpan.FromSeconds(seconds));
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            shares.Add((silo.CpuTime - cpu).TotalSeconds / (2 * elapsed));
            reached.Add((step - first) * Load.B / elapsed);

            async Task Paced(TimeSpan time)
            {
                var (begin, from) = (Stopwatch.GetTimestamp(), step);
                while (Stopwatch.GetElapsedTime(begin) < time)
                {
                    await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
                    await Load.PaceAsync(begin, step - from);
                }
            }
        }

        return new BudgetTable(
            "rate",
            $"b {Load.B}, d {Load.D}, heads 3000,4000,5000; silo in its own process, {seconds} s a round",
            [
                new BudgetRow("silo CPU at 2,540 img/s", "share of 2 cores", [.. shares], [], [.. shares], 0.15),
                new BudgetRow(
                    "rate reached",
                    "img/s",
                    [.. reached],
                    [],
                    [.. reached.Select(r => r / Load.ImagesPerSecond)],
                    0.99,
                    AtMost: false
                ),
            ]
        );
    }
}
