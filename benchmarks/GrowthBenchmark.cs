using System.Diagnostics;
using CoKe.Abstractions;

namespace CoKe.Benchmarks;

/// <summary>
/// How a step, its CPU and the memory of a silo grow with K, on one silo process and on two. With two, each should score half of the
/// clusters and hold half of the state.
/// </summary>
static class GrowthBenchmark
{
    const int MiniBatches = 16;

    // Fewer steps where one takes longer, and never fewer than heads run ahead.
    static int Steps(int clusters) => Math.Clamp(3_000_000 / clusters, 24, 600);

    public static async Task<BudgetTable> RunAsync(int[] clusters, FileInfo? picture)
    {
        await using var server = await PostgresServer.StartNewAsync();
        var rows = new List<BudgetRow>();
        var (one, two) = (new List<Point>(), new List<Point>());
        foreach (var K in clusters)
        {
            one.Add(await MeasureAsync(server, 1, K));
            two.Add(await MeasureAsync(server, 2, K));
            var (alone, shared) = (one[^1], two[^1]);
            var isLargest = K == clusters.Max();
            rows.Add(BudgetRow.Against($"K {K:n0}: a step on two silos, on one", "ms", [shared.Step], [alone.Step], null));
            rows.Add(BudgetRow.Against("  CPU of the busier silo", "ms", [shared.Cpu], [alone.Cpu], isLargest ? 0.6 : null));
            rows.Add(
                BudgetRow.Against(
                    "  managed heap of the larger silo for the run",
                    "MB",
                    [shared.Heap],
                    [alone.Heap],
                    isLargest ? 0.6 : null
                )
            );
            rows.Add(BudgetRow.Against("  its whole process, garbage with it", "MB", [shared.Memory], [alone.Memory], null));
        }

        if (picture is not null)
            await File.WriteAllTextAsync(picture.FullName, GrowthPicture.Svg(clusters, one, two));
        return new BudgetTable(
            "growth",
            $"b {Load.B}, d {Load.D}, silo processes on PostgreSQL, two cores for all; exponent of a step's time in K from "
                + $"{clusters.Min():n0} on: one silo {Exponent(clusters, one):f2}, two {Exponent(clusters, two):f2}",
            rows
        );
    }

    static async Task<Point> MeasureAsync(PostgresServer server, int silos, int K)
    {
        await using var pair = await SiloPair.StartAsync(server, silos);
        var (idle, idleHeaps) = (pair.MemoryOfSilos(), await pair.HeapsOfSilosAsync());
        var status = await pair.Client.CreateRunAsync(new RunSpecification("growth", Load.Options(K)));
        await using var session = await pair.Client.OpenSessionAsync("growth");
        var batches = Load.Batches(MiniBatches, 1);
        var step = 0;
        async Task Go(int steps)
        {
            for (var i = 0; i < steps; i++)
                await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
            while (status.Step < step)
                status = await pair.Client.WaitForChangeAsync(status);
        }

        await Go(Steps(K));
        var (began, cpu) = (Stopwatch.GetTimestamp(), pair.CpuOfEachSilo());
        await Go(Steps(K));
        var taken = Stopwatch.GetElapsedTime(began).TotalMilliseconds / Steps(K);
        var used = pair.CpuOfEachSilo().Zip(cpu, (now, before) => (now - before).TotalMilliseconds / Steps(K)).Max();
        if (silos > 1)
            await pair.SpreadAsync("growth"); // or it would be one silo's number
        var memory = pair.MemoryOfSilos().Zip(idle, (now, before) => (now - before) / 1e6).Max();
        var heap = (await pair.HeapsOfSilosAsync()).Zip(idleHeaps, (now, before) => (now - before) / 1e6).Max();
        return new Point(taken, used, heap, memory);
    }

    /// <summary>The slope of log time over log K, by least squares.</summary>
    static double Exponent(int[] clusters, List<Point> points)
    {
        var (x, y) = (clusters.Select(K => Math.Log(K)).ToArray(), points.Select(point => Math.Log(point.Step)).ToArray());
        var (mx, my) = (x.Average(), y.Average());
        return x.Zip(y, (a, b) => (a - mx) * (b - my)).Sum() / x.Sum(a => (a - mx) * (a - mx));
    }

    /// <summary>One K on so many silos.</summary>
    /// <param name="Step">ms.</param>
    /// <param name="Cpu">ms a step, of the busiest silo.</param>
    /// <param name="Heap">MB that the run adds to what lives on the larger silo's managed heap.</param>
    /// <param name="Memory">MB that it adds to that silo's process, with what the collector has not given back.</param>
    public sealed record Point(double Step, double Cpu, double Heap, double Memory);
}
