using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Grains.Hosting;
using CoKe.Session;

namespace CoKe.Benchmarks;

/// <summary>Budgets 2 and 3: pushed mini-batches through stream, sequencer, heads, blocks, clusters and label shards of one silo.</summary>
internal static class StepBenchmark
{
    const int WarmUp = 60, Measured = 200;

    public static async Task<BudgetTable> RunAsync(Peers peers, int rounds)
    {
        (int[] Heads, double Budget)[] cases = [([3000], 0.6), ([3000, 4000, 5000], 0.45)];
        var ours = cases.Select(_ => new List<double>()).ToArray();
        var alone = cases.Select(_ => new List<double>()).ToArray();
        var torch = cases.Select(_ => new List<double>()).ToArray();
        await Measure(cases[^1].Heads); // until the just-in-time compiler has settled; a trainer runs for hours
        for (var round = 0; round < rounds; round++)
        {
            if (peers.Measure([.. cases.Select(c => Name(c.Heads))]) is { } measured)
                for (var c = 0; c < cases.Length; c++) torch[c].Add(measured[Name(cases[c].Heads)]["torch_coke_step"]!.Value);
            for (var c = 0; c < cases.Length; c++)
            {
                var (throughput, latency) = await Measure(cases[c].Heads);
                ours[c].Add(throughput);
                alone[c].Add(latency);
            }
        }

        return new BudgetTable("step", $"b {Load.B}, d {Load.D}, one silo in this process; {Measured} steps a round; peer: PyTorch step in process",
            [.. cases.SelectMany((c, i) => new[]
            {
                BudgetRow.Against($"step, heads {Name(c.Heads)}", "ms", [.. ours[i]], [.. torch[i]], c.Budget),
                BudgetRow.Against($"one step alone, push to durable, heads {Name(c.Heads)}", "ms", [.. alone[i]], [.. torch[i]], null),
            })]);
    }

    static string Name(int[] heads) => string.Join(',', heads);

    static async Task<(double Throughput, double Latency)> Measure(int[] heads)
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        await using var coke = new CokeClient(silo.Client);
        var status = await coke.CreateRunAsync(new RunSpecification("step", Load.Options(heads)));
        await using var session = await coke.OpenSessionAsync("step");
        var batches = Load.Batches(16, 1);
        var step = 0;
        async Task Push() => await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
        async Task Done()
        {
            while (status.Step < step) status = await coke.WaitForChangeAsync(status);
        }

        for (var i = 0; i < WarmUp; i++) await Push();
        await Done();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Measured; i++) await Push();
        await Done();
        var throughput = Stopwatch.GetElapsedTime(start).TotalMilliseconds / Measured;

        var latencies = new List<double>();
        for (var i = 0; i < 30; i++)
        {
            start = Stopwatch.GetTimestamp();
            await Push();
            await Done();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (throughput, BudgetRow.Median([.. latencies]));
    }
}
