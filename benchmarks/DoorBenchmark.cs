using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Benchmarks;

/// <summary>The CPU that a silo of its own takes for a Python session over HTTP, against that for the C# session over its gateway: the
/// load of <see cref="RateBenchmark"/>, one after the other in every round.</summary>
static class DoorBenchmark
{
    const string Python = "/usr/bin/python3"; // Debian's, which has NumPy

    public static async Task<BudgetTable> RunAsync(int rounds, int seconds)
    {
        var (ours, peer) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await using var silo = await SiloProcess.StartAsync();
            peer.Add(await OfSessionAsync(silo, seconds));
            ours.Add(await OfPythonAsync(silo, seconds));
        }

        return new BudgetTable(
            "door",
            $"b {Load.B}, d {Load.D}, heads 3000,4000,5000; {Load.ImagesPerSecond} img/s; silo in its own process, {seconds} s each",
            [BudgetRow.Against("silo CPU, Python session to C# session", "cores", [.. ours], [.. peer], 1.3)]
        );
    }

    static async Task<double> OfSessionAsync(SiloProcess silo, int seconds)
    {
        await using var coke = new CokeClient(silo.Client);
        await coke.CreateRunAsync(new RunSpecification("session", Load.Options(3000, 4000, 5000)));
        await using var session = await coke.OpenSessionAsync("session");
        var batches = Load.Batches(16, 2);
        var step = 0;
        await PacedAsync(TimeSpan.FromSeconds(5));
        var (cpu, started) = (silo.CpuTime, Stopwatch.GetTimestamp());
        await PacedAsync(TimeSpan.FromSeconds(seconds));
        return (silo.CpuTime - cpu) / Stopwatch.GetElapsedTime(started);

        async Task PacedAsync(TimeSpan time)
        {
            var (begin, from) = (Stopwatch.GetTimestamp(), step);
            while (Stopwatch.GetElapsedTime(begin) < time)
            {
                await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
                await Load.PaceAsync(begin, step - from);
            }
        }
    }

    static async Task<double> OfPythonAsync(SiloProcess silo, int seconds)
    {
        var start = new ProcessStartInfo(
            Python,
            [
                Repository.At("python/benchmarks/door.py"),
                "--silo",
                SiloProcess.Door.ToString().TrimEnd('/'),
                "--seconds",
                $"{seconds}",
                "--only-pace",
            ]
        )
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONPATH"] = Repository.At("python/src");
        using var process = Process.Start(start)!;
        await UntilAsync("begin");
        var (cpu, started) = (silo.CpuTime, Stopwatch.GetTimestamp());
        await UntilAsync("end");
        var used = (silo.CpuTime - cpu) / Stopwatch.GetElapsedTime(started);
        await process.WaitForExitAsync();
        return used;

        async Task UntilAsync(string word)
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
                if (line == word)
                    return;
            throw new InvalidOperationException($"The Python session ended before it said '{word}'.");
        }
    }
}
