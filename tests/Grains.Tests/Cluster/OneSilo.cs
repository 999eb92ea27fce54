namespace CoKe.Grains.Tests.Cluster;

/// <summary>A cluster of one silo, for tests that leave it as it is.</summary>
public sealed class OneSilo : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(silos: 1);

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
