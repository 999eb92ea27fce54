using System.Net;
using CoKe.Abstractions;
using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Serialization;
using CoKe.Access;
using CoKe.Client.Gateways;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace CoKe.Client;

/// <summary>A connection to the silos: creates runs, asks for live statistics, opens trainer sessions. The program's signals stay its
/// own.</summary>
public sealed class CokeClient : IAsyncDisposable
{
    // How often a question is repeated after a grain was found lost, or the run was faster than the question.
    const int Tries = 5;

    // How often it is looked up where the gateways are and what the silos offer.
    static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1);

    // How long a lost gateway is left alone while another one lives; when none does, all are tried at once.
    static readonly TimeSpan GatewayPatience = TimeSpan.FromSeconds(10);

    // The client of Orleans tries for minutes by itself; a person wants to know sooner.
    static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(8);

    readonly IHost? _host;
    readonly GatewayPulse? _pulse;
    readonly IClusterClient _client;
    readonly PatientClient _patient;

    /// <summary>Uses a client that exists already, for instance the one of an embedded silo; it is not disposed with this object.</summary>
    public CokeClient(IClusterClient client) => (_client, _patient) = (client, new PatientClient(client));

    CokeClient(IHost host)
        : this(host.Services.GetRequiredService<IClusterClient>()) => (_host, _pulse) = (host, new GatewayPulse(_client));

    /// <summary>
    /// How long what is asked here is asked again while silos die, stop, or recover; above zero. Then it ends in a
    /// <see cref="SilosSilentException"/>. Sessions have a time of their own.
    /// </summary>
    public TimeSpan GiveUpAfter
    {
        get => _patient.GiveUpAfter;
        set => _patient.GiveUpAfter = value;
    }

    /// <summary>Connects to silos that ask for neither token nor TLS.</summary>
    /// <param name="gateways">Gateway addresses; none: <see cref="CokeConnection.DefaultGateway"/>.</param>
    /// <param name="cancellation">Gives up connecting.</param>
    /// <exception cref="SiloUnreachableException">No gateway answered in 8 s.</exception>
    /// <exception cref="AccessRefusedException">The silos ask for more.</exception>
    public static Task<CokeClient> ConnectAsync(IReadOnlyList<GatewayAddress>? gateways = null, CancellationToken cancellation = default) =>
        ConnectAsync(gateways is { Count: > 0 } ? new CokeConnection { Gateways = gateways } : new CokeConnection(), cancellation);

    /// <summary>Connects to running silos, by as many of their gateways as are named; while one of them lives, the connection
    /// does.</summary>
    /// <param name="connection">Which, and what is proved to them.</param>
    /// <param name="cancellation">Gives up connecting.</param>
    /// <exception cref="SiloUnreachableException">No gateway answered in 8 s.</exception>
    /// <exception cref="InvalidOptionsException">No gateway's host is known.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    public static async Task<CokeClient> ConnectAsync(CokeConnection connection, CancellationToken cancellation = default)
    {
        var gateways = new NamedGateways(connection.Gateways, GatewayPatience);
        var refusals = new GatewayRefusals(gateways);
        var host = BuildHost(connection, gateways, refusals);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        giveUp.CancelAfter(ConnectPatience);
        var start = host.StartAsync(giveUp.Token);
        try
        {
            // Orleans would ask for minutes again and again.
            if (await Task.WhenAny(start, refusals.ByAll).WaitAsync(giveUp.Token) != start)
                throw await refusals.ByAll;
            await start;
            if (!host.Services.GetRequiredService<LastKnownGrains>().AreKnown)
                throw new SiloUnreachableException(
                    connection,
                    new InvalidOperationException("The only silo that answered was about to stop.")
                );
            return new CokeClient(host);
        }
        catch (Exception e)
        {
            await giveUp.CancelAsync();
            _ = start.ContinueWith(_ => host.Dispose(), TaskScheduler.Default);
            if (e is CokeException || cancellation.IsCancellationRequested)
                throw;
            if (refusals.Silence is { } silence)
                throw silence;
            throw refusals.Ending is { } ending
                ? new SiloUnreachableException(connection, ending, e)
                : new SiloUnreachableException(connection, e);
        }
    }

    static IHost BuildHost(CokeConnection connection, NamedGateways gateways, GatewayRefusals refusals)
    {
        var guard = new ConnectionGuard(connection.Token, connection.Tls, refusals.Add);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        GuestLifetime.AddTo(builder.Services);
        builder.UseOrleansClient(client =>
        {
            client.Services.AddSingleton<IGatewayListProvider>(gateways);
            client.Configure<GatewayOptions>(list => list.GatewayListRefreshPeriod = GatewayRefresh);
            // Also how long a start waits after a dead gateway.
            client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = GatewayRefresh);
            client.AddOutgoingGrainCallFilter<UnsentCalls>();
            if (connection.Token is { } token)
                client.AddOutgoingGrainCallFilter(new ProvenCalls(token)); // inside: each try has its own
            client.Configure<ClusterOptions>(cluster => cluster.ClusterId = connection.Cluster);
            client.Configure<ClientConnectionOptions>(connections =>
                connections.ConfigureConnection(guarded =>
                {
                    new SilenceWatch(TimeProvider.System).Watch(guarded);
                    guard.GuardOutgoing(guarded, Purpose.Gateway);
                    refusals.Watch(guarded);
                    NestingGuard.AddTo(guarded);
                })
            );
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
            LastKnownGrains.AddTo(client.Services);
            client.Services.AddSingleton<GatewayWatch>();
            client.Services.AddSingleton<IClusterConnectionStatusObserver>(services => services.GetRequiredService<GatewayWatch>());
        });
        return builder.Build();
    }

    /// <summary>Creates a run and starts its grains; repeating it with the same specification changes nothing.</summary>
    /// <exception cref="RunConflictException">The run exists with another specification.</exception>
    /// <exception cref="InvalidOptionsException">A field is out of range.</exception>
    public Task<RunStatus> CreateRunAsync(RunSpecification specification)
    {
        specification.Validate();
        return _patient.AskAsync(PatientClient.Later, () => Run(specification.Name).CreateAsync(specification));
    }

    /// <summary>Every run, by name. A run that cannot be asked is listed with the reason, and hides no other.</summary>
    public async Task<IReadOnlyList<RunListing>> ListRunsAsync()
    {
        var names = await _patient.AskAsync(PatientClient.Soon, () => _client.GetGrain<IRunCatalogGrain>(Keys.Catalog).ListAsync());
        return await Task.WhenAll(
            names.Select(async name =>
            {
                try
                {
                    return new RunListing(name, await GetStatusAsync(name), null);
                }
                catch (Exception e) when (e is CokeException or TimeoutException or OrleansException)
                {
                    return new RunListing(name, null, e.Message);
                }
            })
        );
    }

    /// <summary>Takes a run back to its last committed boundary: what was accepted since is dropped, and every trainer loads the state it
    /// saved there.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="RunFaultedException">The boundary itself cannot be restored.</exception>
    public Task<RunStatus> RestoreRunAsync(string run) => _patient.AskAsync(PatientClient.Later, () => Run(run).RestoreAsync());

    /// <summary>Removes a run and everything it stored.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public async Task DeleteRunAsync(string run) =>
        await DeleteRunAsync(run, await _patient.AskAsync(PatientClient.Soon, () => Run(run).GetRunIdAsync()));

    /// <summary>Removes a run and everything it stored, unless another one has the name by now.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="runId">Its id.</param>
    public async Task DeleteRunAsync(string run, string runId)
    {
        var tried = false;
        await _patient.DoAsync(PatientClient.Later, async () =>
        {
            try
            {
                await Run(run).DeleteAsync(runId);
            }
            catch (UnknownRunException) when (tried)
            {
                // The try before did it.
            }
            finally
            {
                tried = true;
            }
        });
    }

    /// <summary>One run, live.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public Task<RunStatus> GetStatusAsync(string run) => _patient.AskAsync(PatientClient.Soon, () => Run(run).GetStatusAsync());

    /// <summary>The report of a committed epoch.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    public Task<EpochReport> GetEpochReportAsync(string run, int epoch) =>
        _patient.AskAsync(PatientClient.Soon, async () =>
            await _client.GetGrain<ISequencerGrain>(await Run(run).GetRunIdAsync()).GetEpochReportAsync(epoch)
        );

    /// <summary>Waits for the next change of a run, at most about a second.</summary>
    /// <param name="status">What is known already.</param>
    public async Task<RunStatus> WaitForChangeAsync(RunStatus status)
    {
        await _patient.DoAsync(PatientClient.Soon, () => _client.GetGrain<ISequencerGrain>(status.RunId).WaitForChangeAsync(status.Stamp));
        return await GetStatusAsync(status.Name);
    }

    /// <summary>Every cluster of a head.</summary>
    /// <exception cref="UnknownPartException">There is no such head.</exception>
    public async Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(string run, int head)
    {
        var status = await GetStatusAsync(run);
        CheckHead(status, head);
        return await AskAsync(status, _ => _client.GetGrain<IHeadGrain>(Keys.Head(status.RunId, head)).GetClustersAsync());
    }

    /// <summary>One cluster, asked of its own grain.</summary>
    /// <exception cref="UnknownPartException">There is no such head or cluster.</exception>
    public async Task<ClusterStatistics> GetClusterAsync(string run, int head, int cluster)
    {
        var status = await GetStatusAsync(run);
        var K = CheckHead(status, head);
        if (cluster < 0 || cluster >= K)
            throw new UnknownPartException("cluster", cluster, K);
        return await AskAsync(status, now =>
            _client.GetGrain<IClusterGrain>(Keys.Cluster(status.RunId, head, cluster)).GetStatisticsAsync(now.RowsAccepted, now.Incarnation)
        );
    }

    /// <summary>Labels of the last committed epoch, read without taking part in the run. A run that sleeps is woken.</summary>
    /// <param name="run">The run.</param>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <param name="epoch">The epoch it must be, for several reads of one; null: whichever is the last.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<EpochLabels> ReadLabelsAsync(string run, ReadOnlyMemory<int> imageIds, int? epoch = null) =>
        ReadAsync(run, epoch, (reader, name) => reader.ReadLabelsAsync(name, imageIds));

    /// <summary>Frozen centers of the last committed epoch, read without taking part in the run. A run that sleeps is woken.</summary>
    /// <param name="run">The run.</param>
    /// <param name="epoch">The epoch it must be, for several reads of one; null: whichever is the last.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<EpochCenters> ReadCentersAsync(string run, int? epoch = null) =>
        ReadAsync(run, epoch, async (reader, name) => new EpochCenters(name.Epoch, await reader.ReadCentersAsync(name)));

    /// <summary>Takes a rank of a run and begins to feed it. A session that had the rank before is fenced.</summary>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">The run has no such rank.</exception>
    public async Task<TrainerSession> OpenSessionAsync(string run, int rank = 0, SessionOptions? options = null)
    {
        var trainer = Guid.NewGuid().ToString("N"); // a name only: nothing is computed from it
        return await TrainerSession.OpenAsync(SessionSurroundings.Of(_client), run, rank, trainer, options ?? new SessionOptions());
    }

    /// <summary>Closes the connection if this object made it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_host is null)
            return;
        await _pulse!.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }

    Task<T> AskAsync<T>(RunStatus status, Func<RunStatus, Task<T>> question) =>
        _patient.AskAsync(PatientClient.Later, () => AskOnceAsync(status, question));

    /// <summary>Asks grains of a run, which must be in memory: wakes the run, and has it restored when one was lost.</summary>
    async Task<T> AskOnceAsync<T>(RunStatus status, Func<RunStatus, Task<T>> question)
    {
        var sequencer = _client.GetGrain<ISequencerGrain>(status.RunId);
        for (var tries = Tries; ; tries--)
        {
            status = await AwakeAsync(status);
            try
            {
                return await question(status);
            }
            catch (StaleCallException) when (tries > 0)
            {
                await sequencer.ReportLostAsync(status.Incarnation);
                status = await sequencer.GetStatusAsync();
            }
        }
    }

    Task<T> ReadAsync<T>(string run, int? epoch, Func<ClusterReader, EpochName, Task<T>> read) =>
        _patient.AskAsync(PatientClient.Later, () => ReadOnceAsync(run, epoch, read));

    /// <summary>
    /// Reads from grains that serve the last committed epoch alone. One that refuses may have been told of a newer epoch already, which the
    /// status says in a moment; or it was lost, which is so when the same is refused again.
    /// </summary>
    async Task<T> ReadOnceAsync<T>(string run, int? epoch, Func<ClusterReader, EpochName, Task<T>> read)
    {
        var status = await GetStatusAsync(run);
        var refused = new EpochName(-1, 0);
        for (var tries = Tries; ; tries--)
        {
            if (status.LastEpoch is null)
                throw new EpochNotReadableException($"run '{run}'", epoch ?? 0, -1);
            status = await AwakeAsync(status);
            var last = status.LastEpoch!;
            if (epoch is { } asked && asked != last.Epoch)
                throw new EpochNotReadableException($"run '{run}'", asked, last.Epoch);
            var name = new EpochName(last.Epoch, last.CommittedIncarnation);
            try
            {
                return await read(new ClusterReader(_client, status.RunId, status.Specification.Clustering, status.Layout), name);
            }
            catch (Exception e) when (tries > 0 && (e is StaleCallException or EpochNotReadableException))
            {
                if (name == refused)
                    await _client.GetGrain<ISequencerGrain>(status.RunId).ReportLostAsync(status.Incarnation);
                refused = name;
                status = await WaitForChangeAsync(status);
            }
        }
    }

    /// <summary>The run, live: woken when it was asleep.</summary>
    async Task<RunStatus> AwakeAsync(RunStatus status)
    {
        if (status.State == RunState.Live)
            return status;
        var sequencer = _client.GetGrain<ISequencerGrain>(status.RunId);
        await sequencer.StartAsync();
        return await sequencer.GetStatusAsync();
    }

    IRunGrain Run(string name) =>
        string.IsNullOrWhiteSpace(name) ? throw new UnknownRunException(name ?? "") : _client.GetGrain<IRunGrain>(name);

    static int CheckHead(RunStatus status, int head)
    {
        var heads = status.Specification.Clustering.Heads;
        return head >= 0 && head < heads.Count ? heads[head].ClusterCount : throw new UnknownPartException("head", head, heads.Count);
    }
}

/// <summary>One run of a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">The run, or null when it could not be asked.</param>
/// <param name="Trouble">Null, or why it could not be asked.</param>
public sealed record RunListing(string Name, RunStatus? Status, string? Trouble);

/// <summary>No silo answered at the given gateways.</summary>
public sealed class SiloUnreachableException : CokeException
{
    internal SiloUnreachableException(CokeConnection connection, Exception inner)
        : base(
            "gateway",
            Places(connection),
            $"No silo answers at {Places(connection)}: start one with 'dotnet run -c Release --project src/Silo', "
                + "or name another with --gateway.",
            inner
        )
    { }

    internal SiloUnreachableException(CokeConnection connection, EndPoint ending, Exception inner)
        : base(
            "cluster",
            connection.Cluster,
            $"What answers at {ending} ends every connection: probably it is a silo of another cluster than '{connection.Cluster}', "
                + "whose name --cluster takes; or it stops just now, or is no silo.",
            inner
        )
    { }

    static string Places(CokeConnection connection) => string.Join(", ", connection.Gateways);
}
