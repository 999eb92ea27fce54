using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;

namespace CoKe.Storage.Postgres;

/// <summary>
/// Opens the database before anything else of the host starts, so that a refusal comes first and alone; then watches it, so that a silo
/// that stores nothing at the moment is not ready either when the database is away. A silo that alone has lost it gives way to one that has
/// it, because its runs could only wait. It closes the database after everything stopped.
/// </summary>
sealed partial class PostgresHost(
    PostgresDatabase database,
    DatabaseReach reach,
    GatewayDoor door,
    StorageHealth health,
    IServiceProvider services
) : IHostedLifecycleService
{
    /// <summary>Small enough not to matter, large enough to need room of its own.</summary>
    const int ProbeBytes = 64 << 10;

    readonly CancellationTokenSource _end = new();
    readonly TimeProvider _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
    Task _watch = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await database.OpenAsync(cancellationToken);
        if (services.GetService<ClusterSecret>() is { IsGiven: false } secret)
            secret.Become(await database.ReadSecretAsync(cancellationToken));
        var cluster = services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;
        await database.ForgetLaterSilosAsync(cluster, services.GetRequiredService<ILocalSiloDetails>().SiloAddress, cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        reach.Heard();
        _watch = WatchAsync(services.GetRequiredKeyedService<IGrainStorage>(CokeStorage.Name));
        return Task.CompletedTask;
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _end.CancelAsync();
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await database.DisposeAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    async Task WatchAsync(IGrainStorage storage)
    {
        using var timer = new PeriodicTimer(DatabaseTimes.Look, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                try
                {
                    await LookAsync(storage);
                    if (reach.IsLost)
                        await GiveWayAsync();
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // Whoever stopped looking would never see the database again.
                    reach.Missed();
                    health.Report(exception.Message);
                }
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Looks once: asks the server anything, and, after something failed, writes.</summary>
    internal async Task LookAsync(IGrainStorage storage)
    {
        try
        {
            await database.PingAsync(_end.Token);
            reach.Heard();
            door.Open();
            // What failed may have been a write for want of room: only a write proves that it is over. Its storage reports it.
            if (health.Current is not null)
                await ProbeAsync(storage);
        }
        catch (StorageFailedException failed)
        {
            // A server with too many connections has answered; so do those on the connections that the rows hold.
            if (PostgresRefusal.IsAnswer(failed))
            {
                reach.Heard();
                door.Open();
            }
            else
            {
                reach.Missed();
            }

            health.Report(failed.Message);
        }
        catch (InconsistentStateException)
        {
            health.Report(null); // another silo wrote the row just now
        }
    }

    /// <summary>
    /// Asks the other silos whether they have the database; the first that has it takes over, and this silo ends. Where none answers, the
    /// others may be at work without this silo: its clients are sent to them.
    /// </summary>
    internal async Task GiveWayAsync()
    {
        var (successor, isCutOff) = await services.GetRequiredService<DatabaseWitnesses>().AskAsync(_time);
        if (isCutOff)
            Shut();
        else
            door.Open();
        if (successor is not { } other)
            return;
        var lost = new StorageLostException(database.Place, reach.Silence.TotalSeconds, other);
        services.GetRequiredService<IFatalErrorHandler>().OnFatalException(this, "storage", lost);
    }

    void Shut()
    {
        if (!door.IsShut && services.GetService<ILogger<PostgresHost>>() is { } log)
            LogCutOff(log, database.Place);
        door.Shut();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "This silo reaches neither the PostgreSQL database {place} nor any other silo: until it does, "
            + "its clients are sent to the others."
    )]
    static partial void LogCutOff(ILogger log, string place);

    static async Task ProbeAsync(IGrainStorage storage)
    {
        var row = GrainId.Create("health", "probe");
        var state = new GrainState<ProbeRow>(new ProbeRow());
        await storage.ReadStateAsync("probe", row, state);
        state.State = new ProbeRow { Payload = new byte[ProbeBytes] };
        await storage.WriteStateAsync("probe", row, state);
        await storage.ClearStateAsync("probe", row, state);
    }
}

/// <summary>A row that is written only to see whether there is room.</summary>
[GenerateSerializer]
sealed class ProbeRow
{
    [Id(0)]
    public byte[] Payload = [];
}
