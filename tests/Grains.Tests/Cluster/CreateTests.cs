using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The trainers of a run start together and each creates it.</summary>
public sealed class CreateTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_BesideAnother_IsOneRunOfTheFirst(bool same)
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var go = new TaskCompletionSource();
        var creating = new TaskCompletionSource();
        cluster.Storage.Hold = kind =>
        {
            if (kind is not (Rows.Record or Rows.InitialCenters)) return Task.CompletedTask;
            creating.TrySetResult();
            return go.Task;
        };
        var first = cluster.Coke.CreateRunAsync(With(0));
        await creating.Task.WaitAsync(Patience);
        var second = cluster.Coke.CreateRunAsync(With(same ? 0 : 1));
        await Assert.ThrowsAsync<UnknownRunException>(() => cluster.Coke.GetStatusAsync("run").WaitAsync(Patience)); // came after the second, which waits by now
        go.SetResult();

        var created = await first.WaitAsync(Patience);
        if (same) Assert.Equal(created.RunId, (await second.WaitAsync(Patience)).RunId);
        else await Assert.ThrowsAsync<RunConflictException>(() => second.WaitAsync(Patience));
        Assert.Equal(0, (await cluster.Client.GetGrain<IRunGrain>("run").GetInitialCentersAsync(created.RunId))[0].Span.IndexOf(1f));
    }

    // Every center is the unit vector of one axis.
    static RunSpecification With(int axis) => new("run", new ClusteringOptions { ImageCount = 20, Dimension = 4, BatchSize = 10, Heads = [new HeadOptions { ClusterCount = 2 }] })
    {
        InitialCenters = [new FloatBlock([.. Enumerable.Range(0, 8).Select(i => i % 4 == axis ? 1f : 0f)])],
    };
}
