using System.Diagnostics;
using System.Globalization;
using CoKe.Abstractions;

namespace CoKe.Benchmarks;

/// <summary>
/// The memory of two silo processes and two trainer processes at the end of every epoch, after a full collection: what lives of the managed
/// heap, and the whole process. The last three epochs are held against the third to the fifth: what grew with every epoch would show there.
/// </summary>
static class MemoryBenchmark
{
    /// <summary>Images of an epoch: 256 mini-batches, several checkpoints.</summary>
    const int N = 262_144;

    /// <summary>Epochs until everything has its size; the first two have less to keep than the others.</summary>
    const int WarmUp = 2,
        Few = 3;

    public const int Ranks = 2;

    public const string Run = "memory";

    public static async Task<BudgetTable> RunAsync(int epochs)
    {
        epochs = Math.Max(epochs, WarmUp + (2 * Few));
        await using var server = await PostgresServer.StartNewAsync();
        await using var pair = await SiloPair.StartAsync(server);
        await pair.Client.CreateRunAsync(new RunSpecification(Run, Load.Options(3000) with { ImageCount = N }, Ranks));
        var trainers = Enumerable
            .Range(0, Ranks)
            .Select(rank => TrainerProcess.Start(pair.Silos.Select(silo => silo.Gateway), rank, epochs))
            .ToArray();
        try
        {
            int[] processes = [.. pair.Silos.Select(silo => silo.Id), .. trainers.Select(trainer => trainer.Id)];
            var (wholes, heaps) = (
                processes.Select(_ => new List<double>()).ToArray(),
                processes.Select(_ => new List<double>()).ToArray()
            );
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                foreach (var trainer in trainers)
                    await trainer.EpochAsync();
                for (var i = 0; i < processes.Length; i++)
                {
                    heaps[i].Add(await ManagedHeap.AfterCollectionAsync(processes[i]) / 1e6);
                    using var process = Process.GetProcessById(processes[i]);
                    wholes[i].Add(process.WorkingSet64 / 1e6);
                }

                foreach (var trainer in trainers)
                    await trainer.GoOnAsync();
                Console.Error.WriteLine(
                    $"  epoch {epoch}: silos {Two(heaps, 0)}, trainers {Two(heaps, 2)} MB in use; {Two(wholes, 0)}, "
                        + $"{Two(wholes, 2)} MB in all"
                );
            }

            await pair.SpreadAsync(Run);
            string[] names = ["silo 1", "silo 2", "trainer 0", "trainer 1"];
            return new BudgetTable(
                "memory",
                $"b {Load.B}, d {Load.D}, K 3000, N {N}, {epochs} epochs; two silo processes on PostgreSQL, two trainer processes; "
                    + $"ratio: the last {Few} epochs to epochs {WarmUp} to {WarmUp + Few - 1}",
                [
                    .. names.SelectMany(
                        (name, i) => new[] { Flat($"{name}, managed heap in use", heaps[i]), Flat($"{name}, whole process", wholes[i]) }
                    ),
                ]
            );
        }
        finally
        {
            foreach (var trainer in trainers)
                await trainer.DisposeAsync();
        }
    }

    static string Two(List<double>[] series, int first) =>
        string.Create(CultureInfo.InvariantCulture, $"{series[first][^1]:F1} and {series[first + 1][^1]:F1}");

    static BudgetRow Flat(string what, List<double> values) =>
        new(what, "MB", [.. values.Skip(WarmUp)], [], [values.TakeLast(Few).Average() / values.Skip(WarmUp).Take(Few).Average()], 1.1);
}
