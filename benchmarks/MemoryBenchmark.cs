using System.Globalization;
using CoKe.Abstractions;
using CoKe.Session;
using CoKe.Testing;

namespace CoKe.Benchmarks;

/// <summary>
/// The memory of two silo processes and two trainer processes at the end of every epoch. What a runtime keeps of its heap moves by itself, so
/// the last three epochs are held against the three before the middle: what grew with every epoch would show twice as much there.
/// </summary>
internal static class MemoryBenchmark
{
    /// <summary>Images of an epoch: 256 mini-batches, several checkpoints.</summary>
    const int N = 262_144;

    /// <summary>Epochs until caches and heaps have their size; the first two have less to keep than the others.</summary>
    const int WarmUp = 2, Few = 3;

    public const int Ranks = 2;

    public const string Run = "memory";

    public static async Task<BudgetTable> RunAsync(int epochs)
    {
        epochs = Math.Max(epochs, WarmUp + (2 * Few));
        await using var server = await PostgresServer.StartNewAsync();
        await using var pair = await SiloPair.StartAsync(server);
        await pair.Client.CreateRunAsync(new RunSpecification(Run, Load.Options(3000) with { ImageCount = N }, Ranks));
        var trainers = Enumerable.Range(0, Ranks).Select(rank => TrainerProcess.Start(pair.Silos.Select(silo => silo.Gateway), rank, epochs)).ToArray();
        try
        {
            var (silos, workers, heaps) = (Series(), Series(), Series());
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                for (var rank = 0; rank < Ranks; rank++)
                {
                    var (total, heap) = await trainers[rank].EpochAsync();
                    workers[rank].Add(total);
                    heaps[rank].Add(heap);
                }

                for (var silo = 0; silo < pair.Silos.Length; silo++) silos[silo].Add(pair.Silos[silo].WorkingSet / 1e6);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  epoch {epoch}: silos {silos[0][^1]:F0} and {silos[1][^1]:F0} MB, trainers {workers[0][^1]:F0} and {workers[1][^1]:F0} MB, of which managed {heaps[0][^1]:F0} and {heaps[1][^1]:F0} MB"));
            }

            await pair.SpreadAsync(Run);
            return new BudgetTable("memory", $"b {Load.B}, d {Load.D}, K 3000, N {N}, {epochs} epochs; two silo processes on PostgreSQL, two trainer processes; the last {Few} epochs against epochs {WarmUp} to {WarmUp + Few - 1}",
            [
                .. silos.Select((s, i) => Flat($"silo {i + 1}, working set", s)),
                .. workers.Select((w, i) => Flat($"trainer {i}, working set", w)),
                .. heaps.Select((h, i) => Flat($"trainer {i}, managed heap after a collection", h)),
            ]);
        }
        finally
        {
            foreach (var trainer in trainers) await trainer.DisposeAsync();
        }
    }

    static List<double>[] Series() => [[], []];

    static BudgetRow Flat(string what, List<double> values) =>
        new(what, "MB", [.. values.Skip(WarmUp)], [], [values.TakeLast(Few).Average() / values.Skip(WarmUp).Take(Few).Average()], 1.1);
}
