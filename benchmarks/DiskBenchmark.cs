using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Benchmarks;

/// <summary>The space that a long run takes on disk: the images come in another order and another place each epoch, so that labels
/// change.</summary>
static class DiskBenchmark
{
    /// <summary>Two snapshots that the manifest names and one that is being written, with room for pages that are half full.</summary>
    const double MostOverOneEpoch = 4;

    public static async Task<BudgetTable> RunAsync(int epochs)
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.StartAsync(folder.Database);
        await using var coke = new CokeClient(silo.Client);
        await coke.CreateRunAsync(new RunSpecification("disk", Load.Options(3000, 4000, 5000)));
        await using var session = await coke.OpenSessionAsync("disk");
        var batches = Load.Batches(64, 3);
        var sizes = new List<double>();
        var seconds = new List<double>();
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var first = 0; first < Load.N; first += Load.B)
            {
                var rows = Math.Min(Load.B, Load.N - first);
                var batch = batches[((first / Load.B) + (7 * epoch)) % batches.Length];
                await session.PushAsync([.. Enumerable.Range(first, rows)], rows == Load.B ? batch : batch[..(rows * Load.D)]);
            }

            await session.EndEpochAsync();
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            sizes.Add(new DirectoryInfo(folder.Path).EnumerateFiles().Sum(file => file.Length) / 1e6);
            Console.Error.WriteLine($"epoch {epoch}: {sizes[^1]:F0} MB after {seconds[^1]:F0} s");
        }

        // What one epoch needs: a label per image and head, and of every cluster two centers, a sum, and a few numbers.
        var states = ((4.0 * 3 * Load.N) + (12_000 * ((2 * 4 * Load.D) + (8 * Load.D) + 32))) / 1e6;
        return new BudgetTable(
            "disk",
            $"N {Load.N}, d {Load.D}, heads 3000,4000,5000; SQLite file with its log after every epoch",
            [
                new BudgetRow("seconds of an epoch", "s", [.. seconds], [], [], null),
                new BudgetRow("size on disk", "MB", [.. sizes], [], [], null),
                new BudgetRow(
                    "largest size, over one epoch's labels and clusters",
                    "MB",
                    [sizes.Max()],
                    [states],
                    [sizes.Max() / states],
                    MostOverOneEpoch
                ),
            ]
        );
    }
}
