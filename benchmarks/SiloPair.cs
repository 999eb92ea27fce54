using CoKe.Abstractions;
using CoKe.Client;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>Two silo processes on a database of their own, and a client of both.</summary>
sealed class SiloPair : IAsyncDisposable
{
    SiloPair(SiloProgram[] silos) => Silos = silos;

    public SiloProgram[] Silos { get; }

    public CokeClient Client { get; private set; } = null!;

    public static async Task<SiloPair> StartAsync(PostgresServer server)
    {
        var database = await server.CreateDatabaseAsync();
        var pair = new SiloPair([
            .. Enumerable.Range(0, 2).Select(_ => new SiloProgram(null, "--storage", "postgres") { Connection = database }),
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
