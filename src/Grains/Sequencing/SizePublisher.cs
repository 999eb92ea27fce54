using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// Carries the sizes of committed epochs to the table, behind the run and never in its way. What fails is tried again, and told. An epoch
/// that is committed stays so, so whoever carries it, twice or late, carries the same.
/// </summary>
sealed partial class SizePublisher(string runId, ActorWorld world, ILogger log)
{
    readonly SizeRows _rows = new(world, runId);
    readonly CancellationTokenSource _end = new();
    readonly Occasions _troubles = new();
    Task _work = Task.CompletedTask;
    int _committed = -1;
    int _published = -1;

    /// <summary>Why the table lags behind, as one sentence; null: it does not, as far as is known.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The last committed epoch; what the table has not got of it and of those before is carried over.</summary>
    public void Publish(int committed)
    {
        if (world.SizeTable is null || committed <= _committed)
            return;
        _committed = committed;
        if (_work.IsCompleted)
            _work = WorkAsync(world.SizeTable);
    }

    /// <summary>Begins nothing more; completes with what is under way.</summary>
    public Task StopAsync()
    {
        _end.Cancel();
        return _work;
    }

    async Task WorkAsync(IClusterSizeTable table)
    {
        var failures = 0;
        while (_published < _committed && !_end.IsCancellationRequested)
        {
            try
            {
                await PublishAsync(table, _committed);
                (Trouble, failures) = (null, 0);
            }
            catch (Exception e)
            {
                var trouble = $"The table of cluster sizes lags behind and is tried again: {Reason.Of(e)}";
                if (trouble != Trouble && _troubles.IsTold(out var count))
                    LogLag(log, runId, trouble, count);
                Trouble = trouble;
                await Task.Delay(GrainTimes.SizeTable.Pause(failures++), world.Time, _end.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    // Rows are cleared from the oldest on, so those that are left reach from the committed epoch down without a hole.
    async Task PublishAsync(IClusterSizeTable table, int committed)
    {
        var waiting = new Stack<(int Epoch, DurableRow Row, HeadSizes[] Heads)>();
        for (var epoch = committed; epoch > _published && await _rows.ReadAsync(epoch) is { } found; epoch--)
            waiting.Push((epoch, found.Row, found.Heads));
        foreach (var (epoch, row, heads) in waiting)
        {
            if (_end.IsCancellationRequested)
                return;
            await table.UpsertAsync(runId, epoch, heads);
            try
            {
                await row.ClearKnownAsync();
            }
            catch (InconsistentStateException)
            {
                // Another carried it too; or the run was deleted meanwhile, whose manifest goes before its lines of the table.
                if (await new ManifestRow(world, runId).ReadAsync() is null)
                    await table.DeleteAsync(runId);
            }

            _published = epoch;
        }

        _published = committed;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {run}: {trouble} (trouble {count} of this kind here)")]
    static partial void LogLag(ILogger log, string run, string trouble, long count);
}
