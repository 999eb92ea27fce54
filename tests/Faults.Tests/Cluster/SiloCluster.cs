using System.Net;
using CoKe.Abstractions;
using CoKe.Access;
using CoKe.Client;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cluster;

/// <summary>Silos as processes of their own on one PostgreSQL database, and a client that knows every gateway, also of silos that are yet
/// to come.</summary>
sealed class SiloCluster : IAsyncDisposable
{
    /// <summary>Short, so that every epoch has checkpoints.</summary>
    public const int CheckpointInterval = 6;

    // In Orleans' membership.
    const int Dead = 6;

    // Pages and tables tell nobody when they change.
    static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    readonly ITestOutputHelper? _output;

    SiloCluster(PostgresServer postgres, string database, IReadOnlyList<SiloProcess> silos, ITestOutputHelper? output) =>
        (Postgres, Database, Silos, _output) = (postgres, database, silos, output);

    public PostgresServer Postgres { get; }

    /// <summary>The connection string.</summary>
    public string Database { get; }

    public IReadOnlyList<SiloProcess> Silos { get; }

    public CokeClient Coke { get; private set; } = null!;

    public IPEndPoint[] Gateways => [.. Silos.Select(silo => silo.Gateway)];

    /// <summary>Starts a cluster on a database of its own.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="silos">How many.</param>
    /// <param name="output">Is told at the end what the silos wrote.</param>
    /// <param name="later">How many more have ports, but are not started yet.</param>
    /// <param name="connection">The connection string of a silo, given its index and that of the database; null: that of the
    /// database.</param>
    public static async Task<SiloCluster> StartAsync(
        PostgresServer postgres,
        int silos,
        ITestOutputHelper? output = null,
        int later = 0,
        Func<int, string, string>? connection = null
    )
    {
        var database = await postgres.CreateDatabaseAsync();
        var all = Enumerable
            .Range(0, silos + later)
            .Select(silo => new SiloProcess(null, Options) { Connection = connection?.Invoke(silo, database) ?? database });
        var cluster = new SiloCluster(postgres, database, [.. all], output);
        return await cluster.StartAsync(silos, token: null);
    }

    /// <summary>Starts a cluster of which each silo is a machine of its own.</summary>
    public static async Task<SiloCluster> StartAsync(PostgresServer postgres, SiloNetwork network, ITestOutputHelper? output)
    {
        var database = await postgres.CreateDatabaseAsync();
        var all = network.Machines.Select(machine => new SiloProcess(
            null,
            [.. Options, "--address", $"{machine.Address}", "--token-file", network.TokenFile]
        )
        {
            Connection = database,
            Namespace = machine.Namespace,
            Address = machine.Address,
        });
        var cluster = new SiloCluster(postgres, database, [.. all], output);
        return await cluster.StartAsync(cluster.Silos.Count, network.Token);
    }

    static string[] Options => ["--storage", "postgres", "--checkpoint-interval", $"{CheckpointInterval}"];

    async Task<SiloCluster> StartAsync(int silos, AccessToken? token)
    {
        try
        {
            await Task.WhenAll(Silos.Take(silos).Select(StartAsync));
            Coke = await CokeClient.ConnectAsync(
                new CokeConnection { Gateways = [.. Gateways.Select(gateway => (GatewayAddress)gateway)], Token = token }
            );
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task StartAsync(SiloProcess silo) => Assert.True(await silo.StartAsync(), silo.Output);

    /// <summary>Creates a run, and takes its first rank.</summary>
    public async Task<Feeder> FeedAsync(string run, RunShape shape)
    {
        await Coke.CreateRunAsync(shape.Specification(run));
        return await Feeder.BeginAsync(Coke, run, shape);
    }

    /// <summary>The silo on which the run's sequencer was made last: each says so in its log.</summary>
    public SiloProcess SequencerOf(RunStatus run)
    {
        var line = $"Run {run.RunId} is live: incarnation {run.Incarnation},";
        return Silos.Single(silo => silo.Output.Contains(line, StringComparison.Ordinal));
    }

    /// <summary>Completes when a run satisfies a condition.</summary>
    public async Task<RunStatus> UntilAsync(string run, Func<RunStatus, bool> holds)
    {
        var status = await Coke.GetStatusAsync(run);
        while (!holds(status))
            status = await Coke.WaitForChangeAsync(status);
        return status;
    }

    /// <summary>Completes when the health page of a silo says something that satisfies a condition.</summary>
    /// <returns>The sentence.</returns>
    public static async Task<string> UntilHealthAsync(SiloProcess silo, Func<HttpStatusCode, string, bool> holds)
    {
        while (true)
        {
            var (code, text) = await silo.HealthAsync();
            if (holds(code, text))
                return text;
            await Task.Delay(Glance);
        }
    }

    /// <summary>Completes when the others hold a silo for dead.</summary>
    public async Task UntilHeldForDeadAsync(SiloProcess silo)
    {
        while (
            await PostgresServer.AskAsync(
                Database,
                $"SELECT status FROM coke.member WHERE port = {silo.Silo.Port} ORDER BY generation DESC LIMIT 1"
            )
                is not Dead
        )
            await Task.Delay(Glance);
    }

    /// <summary>Completes when a silo holds clusters of a run.</summary>
    public async Task UntilTakesPartAsync(SiloProcess silo, string run)
    {
        var status = await Coke.GetStatusAsync(run);
        while (!await TakesPartAsync(silo, status))
            status = await Coke.WaitForChangeAsync(status);
    }

    async Task<bool> TakesPartAsync(SiloProcess silo, RunStatus run)
    {
        for (var h = 0; h < run.Specification.Clustering.Heads.Count; h++)
        {
            // The first cluster of every block.
            for (var k = 0; k < run.Specification.Clustering.Heads[h].ClusterCount; k += run.Layout.ClustersPerBlock)
                if ((await Coke.GetClusterAsync(run.Name, h, k)).Silo.Contains($":{silo.Silo.Port}", StringComparison.Ordinal))
                    return true;
        }

        return false;
    }

    /// <summary>What all silos have written.</summary>
    string Log() => string.Join('\n', Silos.Select((silo, i) => $"---- silo {i} ({silo.Gateway})\n{silo.Output}"));

    public async ValueTask DisposeAsync()
    {
        if (Coke is not null)
            await Coke.DisposeAsync();
        foreach (var silo in Silos)
            await silo.DisposeAsync();
        _output?.WriteLine(Log());
    }
}
