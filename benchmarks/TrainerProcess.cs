using System.Diagnostics;
using System.Globalization;
using System.Net;
using CoKe.Session;
using CoKe.Testing;

namespace CoKe.Benchmarks;

/// <summary>A trainer's side of a run in a process of its own, as fast as it is let: pushes, ends epochs, takes labels and centers; it trains nothing.</summary>
internal sealed class TrainerProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly Task<string> _errors;

    TrainerProcess(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    public static TrainerProcess Start(IEnumerable<IPEndPoint> gateways, int rank, int epochs) => new(Process.Start(BuiltProgram.Start(
        typeof(TrainerProcess).Assembly.Location, ["trainer", .. gateways.SelectMany(gateway => new[] { "--gateway", $"{gateway}" }), "--rank", $"{rank}", "--epochs", $"{epochs}"]))!);

    /// <summary>Waits for the end of its next epoch.</summary>
    /// <returns>MB of the process, and of its managed heap after a collection.</returns>
    public async Task<(double Total, double Managed)> EpochAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() is not { } line) throw new InvalidOperationException($"A trainer ended: {await _errors}");
        var numbers = line.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1]);
    }

    /// <summary>The child's side.</summary>
    public static async Task RunAsync(string[] gateways, int rank, int epochs)
    {
        await using var coke = await CokeClient.ConnectAsync([.. gateways.Select(IPEndPoint.Parse)]);
        await using var session = await coke.OpenSessionAsync(MemoryBenchmark.Run, rank);
        var rows = Load.B / MemoryBenchmark.Ranks;
        var steps = session.Specification.Clustering.ImageCount / Load.B;
        float[][] batches = [.. Load.Batches(16, 3 + rank).Select(batch => batch[..(rows * Load.D)])];
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            for (var step = 0; step < steps; step++)
            {
                int[] ids = [.. Enumerable.Range((step * Load.B) + (rank * rows), rows)];
                await session.PushAsync(ids, batches[(step + epoch) % batches.Length]);
                if (epoch > 0) await session.GetLabelsAsync(ids);
            }

            await session.EndEpochAsync();
            await session.GetCentersAsync();
            GC.Collect();
            using var self = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{self.WorkingSet64 / 1e6} {GC.GetTotalMemory(forceFullCollection: true) / 1e6}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
