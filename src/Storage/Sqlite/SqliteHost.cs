using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoKe.Storage.Sqlite;

/// <summary>Opens the file before anything else of the host starts, so that a refusal comes first and alone, and closes it after everything
/// stopped.</summary>
sealed partial class SqliteHost(SqliteFile file, ILogger<SqliteHost> log) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        file.Open();
        if (file.IsExclusive)
            LogExclusive(log, file.Place);
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        file.Dispose();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The file system of {path} has no shared memory, as some network file systems: the silo holds the file alone, "
            + "and it can be backed up only while the silo stands still."
    )]
    static partial void LogExclusive(ILogger log, string path);
}
