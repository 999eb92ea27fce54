using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Page.Tests.Driving;

/// <summary>A run that a test feeds through a session, as a trainer does.</summary>
sealed class FedRun(RunStatus created, float[] rows) : IAsyncDisposable
{
    public const int N = 600,
        D = 16,
        B = 60;

    int _next;

    public TrainerSession? Session { get; private set; }

    public string Id => created.RunId;

    /// <summary>Creates one and takes its rank.</summary>
    public static async Task<FedRun> BeginAsync(CokeClient coke, string name, params int[] clusters)
    {
        var options = new ClusteringOptions
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Seed = 3,
            Heads = [.. clusters.Select(count => new HeadOptions { ClusterCount = count, MinimumSizeRatio = 0.5 })],
        };
        var run = new FedRun(await coke.CreateRunAsync(new RunSpecification(name, options)), UnitRows.Random(7, N, D));
        run.Session = await coke.OpenSessionAsync(name);
        return run;
    }

    /// <summary>Pushes the next mini-batch of the open epoch.</summary>
    public async Task PushAsync()
    {
        int[] ids = [.. Enumerable.Range(_next, B)];
        _next += B;
        await Session!.PushAsync(ids, UnitRows.Of(rows, ids, D));
    }

    /// <summary>Pushes what is left of the epoch, and closes it.</summary>
    public async Task EpochAsync()
    {
        while (_next < N)
            await PushAsync();
        await Session!.EndEpochAsync();
        _next = 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (Session is not null)
            await Session.DisposeAsync();
    }
}
