using Microsoft.Extensions.Hosting;

namespace CoKe.Storage.Sqlite;

/// <summary>Opens the file before anything else of the host starts, so that a refusal comes first and alone, and closes it after everything stopped.</summary>
sealed class SqliteHost(SqliteFile file) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        file.Open();
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
}
