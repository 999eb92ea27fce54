using System.Diagnostics;
using System.Globalization;
using CoKe.Abstractions;
using CoKe.Access;
using CoKe.Client;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>
/// A silo that may open 1,024 files, with a run that is fed at the paper's rate, while strangers hold 5,000 connections to each of its
/// ports and say nothing: what becomes of the run, of <c>coke runs</c>, and of the silo's memory.
/// </summary>
static class IdleBenchmark
{
    const string Run = "idle";
    const int Files = 1024,
        Connections = 5000,
        Asks = 8;
    const double MostSeconds = 5,
        MostGrowth = 100,
        MostLeft = 50; // s, MB

    // Before and after, a checkpoint (80 steps, 32 s) is among what is measured: it needs memory of its own.
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(45),
        Span = TimeSpan.FromSeconds(15),
        Calm = TimeSpan.FromSeconds(40);

    public static async Task<BudgetTable> RunAsync()
    {
        var rows = new List<BudgetRow>();
        foreach (var (withToken, addresses) in new[] { (true, 0), (true, 250), (true, 1), (false, 250), (false, 1) })
            rows.AddRange(await RunAsync(withToken, addresses));
        return new BudgetTable(
            "idle connections",
            $"b {Load.B}, d {Load.D}, K 3000; one silo process, {Files} files, {Connections:N0} silent connections to each port, "
                + "opened again as it closes them",
            rows
        );
    }

    /// <param name="withToken">The silo asks for one.</param>
    /// <param name="addresses">How many the strangers come from; 0: nobody comes, to tell what the run does by itself.</param>
    static async Task<BudgetRow[]> RunAsync(bool withToken, int addresses)
    {
        using var folder = new TemporaryFolder();
        var tokenFile = Path.Combine(folder.Path, "token");
        string[] access = withToken ? ["--token-file", tokenFile] : [];
        await using var silo = new SiloProgram(Path.Combine(folder.Path, "idle.db"), access) { Files = Files };
        if (!await silo.StartAsync())
            throw new InvalidOperationException($"The silo did not start: {silo.Output}");
        var token = withToken ? new AccessToken(File.ReadAllText(tokenFile)) : null;
        await using var coke = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway], Token = token });
        await coke.CreateRunAsync(new RunSpecification(Run, Load.Options(3000)));
        await using var session = await coke.OpenSessionAsync(Run);
        using var end = new CancellationTokenSource();
        var feeding = Load.FeedAsync(session, end.Token);
        using var memory = new MemoryWatch(silo.Id);
        await Task.Delay(WarmUp);

        var before = await RateAsync(coke);
        var beforeMemory = memory.TakeMost();
        var ports = addresses > 0 ? new[] { silo.Gateway, silo.Silo, silo.Http } : [];
        var holders = await Task.WhenAll(ports.Select(port => IdleHolder.StartAsync(port, Connections, addresses)));
        var seconds = new List<double>();
        var asking = Task.Run(() =>
        {
            for (var i = 0; i < Asks; i++)
                seconds.Add(Ask(folder.Path, ["runs", "--gateway", $"{silo.Gateway}", .. access]));
        });
        var during = await RateAsync(coke);
        await asking;
        var health = await HealthAsync(silo);
        var opened = (await Task.WhenAll(holders.Select(holder => holder.EndAsync()))).Sum();
        foreach (var holder in holders)
            await holder.DisposeAsync();
        var peak = memory.TakeMost();
        await Task.Delay(Calm);
        memory.TakeMost();
        var regained = await RateAsync(coke);
        var afterMemory = memory.TakeMost();
        var lives = !silo.Death.IsCompleted;
        await end.CancelAsync();
        await feeding;

        var name =
            $"{(withToken ? "token" : "no token")}, "
            + $"{(addresses == 0 ? "nobody comes" : addresses == 1 ? "one address" : $"{addresses} addresses")}";
        Console.Error.WriteLine(
            $"  {name}: {opened:N0} connections opened, {before:F2} -> {during:F2} -> {regained:F2} steps/s, "
                + $"coke runs {string.Join(' ', seconds.Select(s => $"{s:F1}"))} s, health {health}, "
                + $"{beforeMemory:F0} -> {peak:F0} -> {afterMemory:F0} MB, {(lives ? "lives" : "is dead")}"
        );
        foreach (var line in silo.Output.Split('\n').Where(line => line.Contains("so far", StringComparison.Ordinal)).TakeLast(3))
            Console.Error.WriteLine($"    {line}");
        return
        [
            new($"steps a second under connections (peer: without), {name}", "1/s", [during], [before], [during / before], null),
            new($"`coke runs`, the longest of {Asks}, {name}", "s", [.. seconds], [], [seconds.Max() / MostSeconds], 1),
            new(
                $"memory at most, above before, {name}",
                "MB",
                [peak - beforeMemory],
                [beforeMemory],
                [(peak - beforeMemory) / MostGrowth],
                1
            ),
            new(
                $"memory at most after they are closed, above before, {name}",
                "MB",
                [afterMemory - beforeMemory],
                [beforeMemory],
                [(afterMemory - beforeMemory) / MostLeft],
                1
            ),
            new(
                $"the silo lives and is ready, {name}",
                "",
                [lives && health == "ready" ? 1 : 0],
                [],
                [lives && health == "ready" ? 1 : 0],
                1,
                AtMost: false
            ),
        ];
    }

    static async Task<double> RateAsync(CokeClient coke)
    {
        var (from, started) = (await coke.GetStatusAsync(Run), Stopwatch.GetTimestamp());
        await Task.Delay(Span);
        return ((await coke.GetStatusAsync(Run)).Step - from.Step) / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    static async Task<string> HealthAsync(SiloProgram silo)
    {
        try
        {
            return (await silo.HealthAsync().WaitAsync(TimeSpan.FromSeconds(MostSeconds))).Text;
        }
        catch (Exception e) when (e is TimeoutException or HttpRequestException)
        {
            return e.Message;
        }
    }

    // Infinite: it failed.
    static double Ask(string folder, string[] arguments)
    {
        try
        {
            return CokeProgram.Run(folder, arguments).Seconds;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"  {e.Message}");
            return double.PositiveInfinity;
        }
    }

    /// <summary>Looks at a process's memory (VmRSS) ten times a second.</summary>
    sealed class MemoryWatch : IDisposable
    {
        readonly CancellationTokenSource _end = new();
        readonly Lock _lock = new();
        double _most;

        public MemoryWatch(int process) => _ = WatchAsync($"/proc/{process}/status");

        /// <summary>The most since the last time, MB.</summary>
        public double TakeMost()
        {
            lock (_lock)
                return (_most, _most = 0).Item1;
        }

        public void Dispose() => _end.Cancel();

        async Task WatchAsync(string status)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (await timer.WaitForNextTickAsync(_end.Token) && File.Exists(status))
            {
                var line = (await File.ReadAllLinesAsync(status)).FirstOrDefault(line =>
                    line.StartsWith("VmRSS:", StringComparison.Ordinal)
                );
                if (line is null)
                    return; // it is gone
                var megabytes =
                    double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
                lock (_lock)
                    _most = Math.Max(_most, megabytes);
            }
        }
    }
}
