using System.Diagnostics;
using System.Net;
using CoKe.Client;

namespace CoKe.Benchmarks;

/// <summary>A trainer's side of a run in a process of its own, as fast as it is let: pushes, ends epochs, takes labels and centers; it
/// trains nothing.</summary>
sealed class TrainerProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly Task<string> _errors;

    TrainerProcess(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    public static TrainerProcess Start(IEnumerable<IPEndPoint> gateways, int rank, int epochs)
    {
        string[] arguments =
        [
            "trainer",
            .. gateways.SelectMany(gateway => new[] { "--gateway", $"{gateway}" }),
            "--rank",
            $"{rank}",
            "--epochs",
            $"{epochs}",
        ];
        var start = BuiltProgram.Start(typeof(TrainerProcess).Assembly.Location, arguments);
        start.RedirectStandardInput = true;
        return new TrainerProcess(Process.Start(start)!);
    }

    public int Id => _process.Id;

    /// <summary>Waits for the end of its next epoch, behind which it stands still.</summary>
    public async Task EpochAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() is null)
            throw new InvalidOperationException($"A trainer ended: {await _errors}");
    }

    /// <summary>Lets it begin the next epoch.</summary>
    public async Task GoOnAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
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
                if (epoch > 0)
                    await session.GetLabelsAsync(ids);
            }

            await session.EndEpochAsync();
            await session.GetCentersAsync();
            Console.WriteLine(epoch);
            await Console.In.ReadLineAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
