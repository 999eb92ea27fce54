using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace CoKe.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresMembershipTests(PostgresFixture postgres) : IAsyncLifetime
{
    const string Cluster = "test",
        Other = "other";

    string _database = "";

    public async Task InitializeAsync() => _database = await postgres.Server.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task TwoSilosAtOnceOnAnEmptyDatabase_FormOneCluster()
    {
        var silos = await Task.WhenAll(
            StorageSilo.StartOnPostgresAsync(_database, Cluster),
            StorageSilo.StartOnPostgresAsync(_database, Cluster)
        );
        await using var first = silos[0];
        Assert.Equal(2, await ActiveAsync(first));

        await silos[1].DisposeAsync();
        Assert.Equal(1, await ActiveAsync(first));
    }

    // Orleans' protocol of the table, beside the silo's own cluster.
    [Fact]
    public async Task Table_KeepsTheProtocol()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database, Cluster);
        var table = Table(silo);
        await table.InitializeMembershipTableAsync(true);
        await table.InitializeMembershipTableAsync(true); // another silo's start changes nothing
        var empty = await table.ReadAllAsync();
        Assert.Empty(empty.Members);

        var a = Entry(1, SiloStatus.Joining);
        Assert.True(await table.InsertRowAsync(a, empty.Version.Next()));
        Assert.False(await table.InsertRowAsync(Entry(2, SiloStatus.Joining), empty.Version.Next())); // another was first
        var one = await table.ReadAllAsync();
        Assert.False(await table.InsertRowAsync(a, one.Version.Next())); // it is there already
        Assert.Equal(one.Version.Version, (await table.ReadAllAsync()).Version.Version);
        Assert.True(one.Version.Version > empty.Version.Version);
        Assert.NotEqual(one.Version.VersionEtag, empty.Version.VersionEtag);

        a.Status = SiloStatus.Active;
        a.AddSuspector(SiloAddress.New(IPAddress.Loopback, 9, 9), a.StartTime);
        var etag = one.Members.Single().Item2;
        Assert.False(await table.UpdateRowAsync(a, etag, empty.Version.Next()));
        Assert.True(await table.UpdateRowAsync(a, etag, one.Version.Next()));
        var (read, _) = Assert.Single((await table.ReadRowAsync(a.SiloAddress)).Members);
        Assert.Equal(
            (a.Status, a.SiloName, a.HostName, a.ProxyPort, a.StartTime, a.IAmAliveTime),
            (read.Status, read.SiloName, read.HostName, read.ProxyPort, read.StartTime, read.IAmAliveTime)
        );
        Assert.Equal(a.SuspectTimes, read.SuspectTimes);
        Assert.Empty((await table.ReadRowAsync(SiloAddress.New(IPAddress.Loopback, 99, 1))).Members);

        a.IAmAliveTime = a.IAmAliveTime.AddMinutes(1);
        await table.UpdateIAmAliveAsync(a);
        Assert.Equal(a.IAmAliveTime, (await table.ReadRowAsync(a.SiloAddress)).Members.Single().Item1.IAmAliveTime);

        var dead = Entry(3, SiloStatus.Dead);
        Assert.True(await table.InsertRowAsync(dead, (await table.ReadAllAsync()).Version.Next()));
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(dead.IAmAliveTime)); // not before its time
        Assert.Equal(2, (await table.ReadAllAsync()).Members.Count);
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(a.IAmAliveTime.AddHours(1)));
        Assert.Equal(a.SiloAddress, Assert.Single((await table.ReadAllAsync()).Members).Item1.SiloAddress); // the living stay

        await table.DeleteMembershipTableEntriesAsync(Other);
        Assert.Equal(1L, await PostgresServer.AskAsync(_database, "SELECT count(*) FROM coke.member")); // of the silo's own cluster
    }

    [Fact]
    public async Task Table_ManyInsertAtOnce_OneWinsPerVersion()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database, Cluster);
        var table = Table(silo);
        await table.InitializeMembershipTableAsync(true);
        var version = (await table.ReadAllAsync()).Version.Next();
        var won = await Task.WhenAll(Enumerable.Range(1, 8).Select(port => table.InsertRowAsync(Entry(port, SiloStatus.Joining), version)));
        Assert.Single(won, true);
        Assert.Single((await table.ReadAllAsync()).Members);
    }

    static IMembershipTable Table(StorageSilo silo) =>
        ActivatorUtilities.CreateInstance<Orleans.Runtime.MembershipService.AdoNetClusteringTable>(
            silo.Services,
            Microsoft.Extensions.Options.Options.Create(new ClusterOptions { ClusterId = Other, ServiceId = Other })
        );

    static MembershipEntry Entry(int port, SiloStatus status)
    {
        var time = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 7),
            SiloName = $"silo {port}",
            HostName = "host",
            Status = status,
            ProxyPort = 30_000,
            StartTime = time,
            IAmAliveTime = time.AddSeconds(1),
        };
    }

    static async Task<int> ActiveAsync(StorageSilo silo) =>
        (await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count;
}
