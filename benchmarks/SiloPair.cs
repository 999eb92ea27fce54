using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Abstractions;
using CoKe.Client;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>Two silo processes, or as many as are asked for, on a database of their own, and a client of all.</summary>
sealed partial class SiloPair : IAsyncDisposable
{
    SiloPair(SiloProgram[] silos) => Silos = silos;

    public SiloProgram[] Silos { get; }

    public CokeClient Client { get; private set; } = null!;

    public static async Task<SiloPair> StartAsync(PostgresServer server, int silos = 2)
    {
        var database = await server.CreateDatabaseAsync();
        var pair = new SiloPair([
            .. Enumerable.Range(0, silos).Select(_ => new SiloProgram(null, "--storage", "postgres") { Connection = database }),
        ]);
        try
        {
            await Task.WhenAll(pair.Silos.Select(StartAsync));
            pair.Client = await CokeClient.ConnectAsync([.. pair.Silos.Select(silo => silo.Gateway)]);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo, for the first time or again; completes when it is ready.</summary>
    public static async Task StartAsync(SiloProgram silo)
    {
        if (!await silo.StartAsync())
            throw new InvalidOperationException($"The silo ended: {silo.Output}");
    }

    /// <summary>Waits until both silos hold clusters of a run's first head.</summary>
    public async Task<RunStatus> SpreadAsync(string run)
    {
        var status = await Client.GetStatusAsync(run);
        while (await SilosOf(status) < Silos.Length)
            status = await Client.WaitForChangeAsync(status);
        return status;
    }

    /// <summary>CPU that the silo processes have used together.</summary>
    public TimeSpan CpuOfSilos() => CpuOfEachSilo().Aggregate(TimeSpan.Zero, (sum, cpu) => sum + cpu);

    /// <summary>CPU that each silo process has used.</summary>
    public TimeSpan[] CpuOfEachSilo() => [.. Silos.Select(silo => Living(silo).TotalProcessorTime)];

    /// <summary>Bytes of memory that each silo process holds.</summary>
    public long[] MemoryOfSilos() => [.. Silos.Select(silo => Living(silo).WorkingSet64)];

    /// <summary>Bytes that live on each silo's managed heap, after a full collection.</summary>
    public Task<long[]> HeapsOfSilosAsync() => Task.WhenAll(Silos.Select(silo => ManagedHeap.AfterCollectionAsync(Living(silo).Id)));

    static Process Living(SiloProgram silo) =>
        silo.Death.IsCompleted ? throw new InvalidOperationException($"The silo ended: {silo.Output}") : Process.GetProcessById(silo.Id);

    /// <summary>Bytes that went between the silos so far, as the kernel counts what both ends of their connections have sent.</summary>
    public async Task<long> BytesBetweenSilosAsync()
    {
        var ports = string.Join(" or ", Silos.SelectMany(silo => new[] { $"sport = :{silo.Silo.Port}", $"dport = :{silo.Silo.Port}" }));
        using var ss = Process.Start(
            new ProcessStartInfo("ss", ["-Htin", "state", "established", $"( {ports} )"]) { RedirectStandardOutput = true }
        )!;
        var text = await ss.StandardOutput.ReadToEndAsync();
        await ss.WaitForExitAsync();
        return SentBytes().Matches(text).Sum(match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"bytes_sent:(\d+)")]
    private static partial Regex SentBytes();

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
            await Client.DisposeAsync();
        foreach (var silo in Silos)
            await silo.DisposeAsync();
    }

    async Task<int> SilosOf(RunStatus run)
    {
        var K = run.Specification.Clustering.Heads[0].ClusterCount;
        var firsts = Enumerable
            .Range(0, run.Layout.BlockCount(K))
            .Select(block => Client.GetClusterAsync(run.Specification.Name, 0, block * run.Layout.ClustersPerBlock));
        return (await Task.WhenAll(firsts)).Select(cluster => cluster.Silo).Distinct().Count();
    }
}
