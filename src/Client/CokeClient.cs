using CoKe.Abstractions;
using CoKe.Access;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Client;

/// <summary>
/// A connection to the silos: creates runs, asks for live statistics, opens trainer sessions. Safe for use by several threads. The
/// program's signals stay its own.
/// </summary>
/// <remarks>
/// Every call takes a token that ends the wait for the answer in an <see cref="OperationCanceledException"/>. What was asked may be done
/// all the same; all of it may be asked again. A run is given by its name, or by its id (<see cref="RunStatus.RunId"/>), which no later run
/// of the name has: then it is that run or none.
/// </remarks>
public sealed partial class CokeClient : IAsyncDisposable
{
    readonly SiloConnection? _connection;
    readonly IClusterClient _client;
    readonly PatientClient _patient;
    readonly RunQuestions _runs;

    /// <summary>Uses a client that exists already, for instance the one of an embedded silo; it is not disposed with this object.</summary>
    public CokeClient(IClusterClient client)
    {
        (_client, _patient) = (client, new PatientClient(client));
        _runs = new RunQuestions(client, _patient);
    }

    CokeClient(SiloConnection connection)
        : this(connection.Client) => _connection = connection;

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
    public static async Task<CokeClient> ConnectAsync(CokeConnection connection, CancellationToken cancellation = default) =>
        new(await SiloConnection.OpenAsync(connection, cancellation));

    /// <summary>Creates a run and starts its grains; repeating it with the same specification changes nothing.</summary>
    /// <param name="specification">Its name, and what is to be clustered.</param>
    /// <param name="cancellation">Gives up waiting; the run may be created all the same.</param>
    /// <exception cref="RunConflictException">The run exists with another specification.</exception>
    /// <exception cref="InvalidOptionsException">A field is out of range.</exception>
    public Task<RunStatus> CreateRunAsync(RunSpecification specification, CancellationToken cancellation = default)
    {
        specification.Validate();
        return _patient.AskAsync(ClientTimes.Later, () => _runs.Run(specification.Name).CreateAsync(specification), cancellation);
    }

    /// <summary>Every run, by name. A run that cannot be asked is listed with the reason, and hides no other.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<IReadOnlyList<RunListing>> ListRunsAsync(CancellationToken cancellation = default)
    {
        var catalog = _client.GetGrain<IRunCatalogGrain>(Keys.Catalog);
        var names = await _patient.AskAsync(ClientTimes.Soon, catalog.ListAsync, cancellation);
        return await Task.WhenAll(
            names.Select(async name =>
            {
                try
                {
                    return new RunListing(name, await GetStatusAsync(name, cancellation), null);
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
    /// <param name="run">Its name or id.</param>
    /// <param name="cancellation">Gives up waiting; the run may go back all the same.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="RunFaultedException">The boundary itself cannot be restored.</exception>
    public Task<RunStatus> RestoreRunAsync(string run, CancellationToken cancellation = default) =>
        _patient.AskAsync(ClientTimes.Later, () => _runs.Run(run).RestoreAsync(RunQuestions.IdIn(run)), cancellation);

    /// <summary>As above, but only out of the attempt that is named: repeated, it does not go back twice.</summary>
    /// <param name="run">Its name or id.</param>
    /// <param name="leaving">The attempt to leave, <see cref="RunStatus.Attempt"/>; a run that has left it stays as it is.</param>
    /// <param name="cancellation">Gives up waiting; the run may go back all the same.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="AttemptConflictException">The run has not come to that attempt.</exception>
    /// <exception cref="RunFaultedException">The boundary itself cannot be restored.</exception>
    public Task<RunStatus> RestoreRunAsync(string run, int leaving, CancellationToken cancellation = default) =>
        _patient.AskAsync(ClientTimes.Later, () => _runs.Run(run).RestoreAsync(RunQuestions.IdIn(run), leaving), cancellation);

    /// <summary>Removes a run and everything it stored.</summary>
    /// <param name="run">Its name or id.</param>
    /// <param name="cancellation">Gives up waiting; the run may be removed all the same.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public async Task DeleteRunAsync(string run, CancellationToken cancellation = default)
    {
        var runId = await _runs.GetRunIdAsync(run, cancellation);
        await DeleteRunAsync(run, runId, cancellation);
    }

    /// <summary>Removes a run and everything it stored, unless another one has the name by now.</summary>
    /// <param name="run">Its name or id.</param>
    /// <param name="runId">Its id, <see cref="RunStatus.RunId"/>.</param>
    /// <param name="cancellation">Gives up waiting; the run may be removed all the same.</param>
    /// <exception cref="UnknownRunException">There is no run of that name.</exception>
    public async Task DeleteRunAsync(string run, string runId, CancellationToken cancellation = default)
    {
        var tried = false;
        await _patient.DoAsync(
            ClientTimes.Later,
            async () =>
            {
                // Set before the call: nobody may wait for its end, and it deletes all the same.
                var isRepeated = tried;
                tried = true;
                try
                {
                    await _runs.Run(run).DeleteAsync(runId);
                }
                catch (UnknownRunException) when (isRepeated)
                {
                    // A try before did it.
                }
            },
            cancellation
        );
    }

    /// <summary>One run, live.</summary>
    /// <param name="run">Its name or id.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public Task<RunStatus> GetStatusAsync(string run, CancellationToken cancellation = default) => _runs.GetStatusAsync(run, cancellation);

    /// <summary>The report of a committed epoch.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    public async Task<EpochReport> GetEpochReportAsync(string run, int epoch, CancellationToken cancellation = default)
    {
        var sequencer = _client.GetGrain<ISequencerGrain>(await _runs.GetRunIdAsync(run, cancellation));
        return await _patient.AskAsync(ClientTimes.Soon, () => sequencer.GetEpochReportAsync(epoch), cancellation);
    }

    /// <summary>Every silo that takes part. One that cannot be asked is listed with the reason, and hides no other.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<IReadOnlyList<SiloListing>> GetSilosAsync(CancellationToken cancellation = default) =>
        _patient.AskAsync(ClientTimes.Later, _client.GetGrain<ISilosGrain>(0).ListAsync, cancellation);

    /// <summary>What the storage of the silos takes; of silos that keep their state in memory, nothing.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="Abstractions.Storage.StorageFailedException">The database does not answer.</exception>
    public Task<StorageStatistics> GetStorageAsync(CancellationToken cancellation = default) =>
        _patient.AskAsync(ClientTimes.Later, _client.GetGrain<ISilosGrain>(0).GetStorageAsync, cancellation);

    /// <summary>Waits for the next change of a run, at most about a second.</summary>
    /// <param name="status">What is known already.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    public Task<RunStatus> WaitForChangeAsync(RunStatus status, CancellationToken cancellation = default) =>
        _runs.WaitForChangeAsync(status, cancellation);

    /// <summary>Every cluster of a head. A run that sleeps is woken.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="head">The head, from 0.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">There is no such head.</exception>
    public async Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(string run, int head, CancellationToken cancellation = default)
    {
        var status = await GetStatusAsync(run, cancellation);
        CheckHead(status, head);
        var reader = new ClusterReader(_client, status.RunId, status.Specification.Clustering, status.Layout);
        return await _runs.AskAsync(status, now => reader.ReadClustersAsync(head, now.RowsAccepted, now.Incarnation), cancellation);
    }

    /// <summary>One cluster, asked of its own grain. A run that sleeps is woken.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="head">The head, from 0.</param>
    /// <param name="cluster">The cluster, 0 to K - 1.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">There is no such head or cluster.</exception>
    public async Task<ClusterStatistics> GetClusterAsync(string run, int head, int cluster, CancellationToken cancellation = default)
    {
        var status = await GetStatusAsync(run, cancellation);
        var K = CheckHead(status, head);
        if (cluster < 0 || cluster >= K)
            throw new UnknownPartException("cluster", cluster, K);
        var grain = _client.GetGrain<IClusterGrain>(Keys.Cluster(status.RunId, head, cluster));
        return await _runs.AskAsync(status, now => grain.GetStatisticsAsync(now.RowsAccepted, now.Incarnation), cancellation);
    }

    /// <summary>Labels of the last committed epoch, read without taking part in the run. A run that sleeps is woken.</summary>
    /// <param name="run">The run.</param>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <param name="epoch">The epoch it must be, for several reads of one; null: whichever is the last.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<EpochLabels> ReadLabelsAsync(
        string run,
        ReadOnlyMemory<int> imageIds,
        int? epoch = null,
        CancellationToken cancellation = default
    ) => _runs.ReadAsync(run, new AskedEpoch(epoch), (reader, name) => reader.ReadLabelsAsync(name, imageIds), cancellation);

    /// <summary>Frozen centers of the last committed epoch, read without taking part in the run. A run that sleeps is woken.</summary>
    /// <param name="run">The run.</param>
    /// <param name="epoch">The epoch it must be, for several reads of one; null: whichever is the last.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<EpochCenters> ReadCentersAsync(string run, int? epoch = null, CancellationToken cancellation = default) =>
        _runs.ReadAsync(
            run,
            new AskedEpoch(epoch),
            async (reader, name) => new EpochCenters(name.Epoch, await reader.ReadCentersAsync(name)),
            cancellation
        );

    /// <summary>Reads one run often, asking for its specification only once.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    public async Task<RunReader> OpenReaderAsync(string run, CancellationToken cancellation = default) =>
        new(_client, _runs, await GetStatusAsync(run, cancellation));

    /// <summary>Takes a rank of a run and begins to feed it. A session that had the rank before is fenced.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="rank">The rank, 0 to W - 1.</param>
    /// <param name="options">How the session paces and repeats; null: as usual.</param>
    /// <param name="cancellation">Gives up waiting; the rank may be taken all the same.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">The run has no such rank.</exception>
    /// <exception cref="InvalidOptionsException">An option is out of range.</exception>
    public Task<TrainerSession> OpenSessionAsync(
        string run,
        int rank = 0,
        SessionOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        var trainer = Guid.NewGuid().ToString("N"); // a name only: nothing is computed from it
        var opening = new SessionOpening(SessionWorld.Of(_client), options ?? new SessionOptions(), cancellation);
        return opening.OpenAsync(run, rank, trainer);
    }

    /// <summary>Closes the connection if this object made it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
    }

    /// <summary>Where it is connected to.</summary>
    public override string ToString() =>
        _connection is null ? "client of the silo in this process, or of another program's connection" : $"client of {_connection}";

    static int CheckHead(RunStatus status, int head)
    {
        var heads = status.Specification.Clustering.Heads;
        return head >= 0 && head < heads.Count ? heads[head].ClusterCount : throw new UnknownPartException("head", head, heads.Count);
    }
}
