using CoKe.Abstractions;
using CoKe.Access;
using CoKe.Client;
using CoKe.Connections;
using CoKe.Learning.Resume;
using CoKe.Settings;
using CoKe.Storage;

namespace CoKe.Trainer.Runs;

/// <summary>The silos that a demo clusters on: running ones, or one in this process. A run is claimed and fed in the same way on
/// both.</summary>
sealed class RunSilos : IAsyncDisposable
{
    readonly Connection _connection;
    readonly string _place;
    readonly string? _token;

    RunSilos(Connection connection, string place, string? token = null) => (_connection, _place, _token) = (connection, place, token);

    const string TokenName = "token";

    /// <summary>Creates and feeds runs.</summary>
    public CokeClient Client => _connection.Client;

    /// <summary>Starts a silo in this process.</summary>
    /// <param name="database">Where it keeps the run.</param>
    /// <param name="state">The folder that gets the token of this start, so that only the same user's processes reach it.</param>
    /// <param name="configure">Its further settings.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunSilos> EmbedAsync(
        string database,
        string state,
        Action<ISiloBuilder> configure,
        CancellationToken cancellation
    )
    {
        var connection = await Connection.EmbedAsync(new SqliteOptions { Path = database }, configure, cancellation);
        var token = Path.Combine(Path.GetFullPath(state), TokenName);
        connection.Silo!.WriteToken(token);
        return new RunSilos(connection, database, token);
    }

    /// <summary>Connects to running silos.</summary>
    /// <exception cref="SiloUnreachableException">None answers.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    public static async Task<RunSilos> ConnectAsync(CokeConnection silos, CancellationToken cancellation) =>
        new(await Connection.ConnectAsync(silos, cancellation), $"The clustering at {string.Join(", ", silos.Gateways)}");

    /// <summary>Makes the run on the silos that of this process: a new one, the one that it goes on with, or one that nobody has fed
    /// yet.</summary>
    /// <param name="specification">What the run must be.</param>
    /// <param name="runId">The run that was begun before and is gone on with; null: none is.</param>
    /// <param name="discarded">A run that may be deleted for a new one.</param>
    /// <exception cref="ResumeRefusedException">The run is gone, or another one has its name.</exception>
    /// <exception cref="RunConflictException">Nobody has fed it, but it was asked for with other options.</exception>
    public async Task<RunStatus> ClaimAsync(RunSpecification specification, string? runId, string? discarded)
    {
        var present = await FindAsync(specification.Name);
        if (runId is not null && present?.RunId != runId)
            throw Lacks(_place, isDatabase: _connection.Silo is not null);
        if (present is not null && present.RunId == discarded)
            await Client.DeleteRunAsync(present.Name, present.RunId);
        else if (runId is null && present is { Step: > 0 } or { Epoch: > 0 })
            throw new ResumeRefusedException(
                "run",
                present.Name,
                $"{_place} has a run '{present.Name}' in epoch {present.Epoch} already: go on with it by --resume and the folder it was "
                    + $"begun in, choose another name by --run, or remove it by 'coke runs delete {present.Name}'."
            );
        return await Client.CreateRunAsync(specification);
    }

    /// <summary>What a run was begun in has not got it.</summary>
    /// <param name="place">A database file, or silos by their gateways.</param>
    /// <param name="isDatabase">Which of the two.</param>
    public static ResumeRefusedException Lacks(string place, bool isDatabase) =>
        new(
            isDatabase ? RunFolder.DatabaseName : "gateway",
            place,
            $"{place} lacks the run that was begun here: "
                + (isDatabase ? "restore the file from a copy, say where it is by --database" : "name the silos that have it by --gateway")
                + ", or begin anew with --force."
        );

    /// <summary>How another process of this machine reaches the silo in this one, as <see cref="Recipes.RunOptions.Silos"/>; null: the
    /// silos run elsewhere.</summary>
    public IReadOnlyDictionary<string, string>? ReachedBy =>
        _connection.Silo is not { } silo
            ? null
            : new Dictionary<string, string>
            {
                [GatewaySettings.Gateway.Name] = $"{(GatewayAddress)silo.Gateway}",
                [AccessSettings.Cluster.Name] = silo.Cluster,
                [AccessSettings.TokenFile.Name] = _token!,
            };

    /// <summary>Ends the connection, and the silo in this process.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    async Task<RunStatus?> FindAsync(string run)
    {
        try
        {
            return await Client.GetStatusAsync(run);
        }
        catch (UnknownRunException)
        {
            return null;
        }
    }
}
