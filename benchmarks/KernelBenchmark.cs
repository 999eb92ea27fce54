using System.Diagnostics;
using CoKe.ConstrainedKMeans;

namespace CoKe.Benchmarks;

/// <summary>Budget 1: fused dot, dual and argmax against the best BLAS' matrix product alone.</summary>
static class KernelBenchmark
{
    const int Repetitions = 60;

    public static BudgetTable Run(Peers peers, int rounds)
    {
        int[] counts = [1000, 3000, 5000];
        var ours = counts.ToDictionary(K => K, _ => new List<double>());
        var product = counts.ToDictionary(K => K, _ => new List<double>());
        Median(counts[0]); // until the just-in-time compiler has settled
        for (var round = 0; round < rounds; round++)
        {
            if (peers.Measure([.. counts.Select(K => $"{K}")]) is { } measured)
                foreach (var K in counts)
                    product[K].Add(measured[$"{K}"]["torch_mm_only"]!.Value);
            foreach (var K in counts)
                ours[K].Add(Median(K));
        }

        return new BudgetTable(
            "kernel",
            $"b {Load.B}, d {Load.D}, {Threads} threads; peer: matrix product alone (python3-torch)",
            [
                .. counts.Select(K =>
                    BudgetRow.Against($"score + argmax, K = {K}", "ms", [.. ours[K]], [.. product[K]], K == 3000 ? 1.0 : null)
                ),
            ]
        );
    }

    static int Threads => Math.Min(2, Environment.ProcessorCount);

    static double Median(int K)
    {
        var plan = new HeadPlan(Load.Options(K), 0);
        using var matrix = new ScoringMatrix(plan, plan.InitialCenters());
        var batches = Load.Batches(8, K);
        var labels = new int[Load.B];
        var times = new List<double>();
        for (var i = 0; i < Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            matrix.Assign(batches[i % batches.Length], Load.B, 0, labels, default, Threads);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return BudgetRow.Median([.. times.Skip(Repetitions / 6)]);
    }
}
