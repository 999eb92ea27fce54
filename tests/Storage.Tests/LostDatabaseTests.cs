using CoKe.Abstractions.Hosting;
using CoKe.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace CoKe.Storage.Tests;

/// <summary>A silo whose way to the database swallows what is sent: it says so, and gives way to a silo that has the database.</summary>
[Collection(PostgresCollection.Name)]
public sealed class LostDatabaseTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Look_NetworkThatSwallowsEverything_SaysSoWhileStatementsStillWait()
    {
        await using var way = new BrokenWay(postgres.Server);
        await using var silo = await StorageSilo.StartOnPostgresAsync(way.To(await postgres.Server.CreateDatabaseAsync()));
        way.Break();
        var write = silo.WriteNewAsync("run/1", [1]);
        await Host(silo).LookAsync(silo.Storage);
        Assert.Contains("does not answer in time", silo.Health.Current);
        Assert.False(write.IsCompleted); // the page knows before the statements give up
        var failed = await Assert.ThrowsAsync<Abstractions.Storage.StorageFailedException>(() => write);
        Assert.Contains("does not answer in time", failed.Message);

        way.Mend();
        while (silo.Health.Current is not null)
            await Host(silo).LookAsync(silo.Storage);
        await silo.WriteNewAsync("run/2", [2]);
    }

    [Fact]
    public async Task GiveWay_AnotherSiloHasTheDatabase_EndsThisOneAndTellsTheTable()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var way = new BrokenWay(postgres.Server);
        var ended = new Ended();
        await using var lost = await StorageSilo.StartOnPostgresAsync(way.To(database), configure: ended.Watch);
        await using var other = await StorageSilo.StartOnPostgresAsync(database);
        way.Break();
        lost.EndsAtOnce = true;
        await Host(lost).LookAsync(lost.Storage);
        await Host(lost).GiveWayAsync();

        var sentence = Assert.IsType<StorageLostException>(await ended.Reason).Message;
        Assert.Contains("it alone has lost the PostgreSQL database", sentence);
        Assert.Contains($"the silo {Address(other).Endpoint} has it", sentence);
        var silo = Address(lost);
        way.Mend();
        // The other silo writes it after it has answered.
        await foreach (var members in other.Services.GetRequiredService<IClusterMembershipService>().MembershipUpdates)
            if (members.GetSiloStatus(silo) == SiloStatus.Dead)
                break;
        Assert.Equal(
            6,
            await PostgresServer.AskAsync(
                database,
                $"SELECT status FROM coke.member WHERE port = {silo.Endpoint.Port} AND generation = {silo.Generation}"
            )
        );
    }

    [Fact]
    public async Task GiveWay_NoSiloHasTheDatabase_WaitsForIt()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var way = new BrokenWay(postgres.Server);
        var ended = new Ended();
        await using var first = await StorageSilo.StartOnPostgresAsync(way.To(database), configure: ended.Watch);
        await using var second = await StorageSilo.StartOnPostgresAsync(way.To(database), configure: ended.Watch);
        way.Break();
        (first.EndsAtOnce, second.EndsAtOnce) = (true, true);
        await Host(first).LookAsync(first.Storage);
        await Host(first).GiveWayAsync();
        Assert.False(ended.Reason.IsCompleted);
        way.Mend();
    }

    [Fact]
    public async Task GiveWay_NoOtherSiloAnswers_SendsTheClientsAwayUntilTheDatabaseDoes()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var way = new BrokenWay(postgres.Server);
        var ended = new Ended();
        await using var first = await StorageSilo.StartOnPostgresAsync(way.To(database), configure: ended.Watch);
        // As if nothing came through to it.
        await using var other = await StorageSilo.StartOnPostgresAsync(database, configure: silo =>
            silo.AddIncomingGrainCallFilter(call =>
                call.MethodName == nameof(IDatabaseWitness.TakeOverAsync) ? throw new TimeoutException() : call.Invoke()
            )
        );
        var door = first.Services.GetRequiredService<GatewayDoor>();
        way.Break();
        await Host(first).LookAsync(first.Storage);
        await Host(first).GiveWayAsync();
        Assert.True(door.IsShut);
        way.Mend();
        while (door.IsShut)
            await Host(first).LookAsync(first.Storage);
        first.EndsAtOnce = true;
    }

    [Fact]
    public async Task GiveWay_AnotherSiloFoundTheDatabaseAgainFirst_WaitsForIt()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var way = new BrokenWay(postgres.Server);
        await using var otherWay = new BrokenWay(postgres.Server);
        var ended = new Ended();
        await using var first = await StorageSilo.StartOnPostgresAsync(way.To(database), configure: ended.Watch);
        await using var other = await StorageSilo.StartOnPostgresAsync(otherWay.To(database));
        way.Break();
        otherWay.Break();
        await Task.WhenAll(Host(first).LookAsync(first.Storage), Host(other).LookAsync(other.Storage));
        otherWay.Mend();
        while (other.Health.Current is not null)
            await Host(other).LookAsync(other.Storage);
        first.EndsAtOnce = true;
        await Host(first).GiveWayAsync();
        Assert.False(ended.Reason.IsCompleted);
        way.Mend();
    }

    [Fact]
    public async Task GiveWay_OfOneSiloAlone_WaitsForTheDatabase()
    {
        await using var way = new BrokenWay(postgres.Server);
        var ended = new Ended();
        await using var silo = await StorageSilo.StartOnPostgresAsync(
            way.To(await postgres.Server.CreateDatabaseAsync()),
            configure: ended.Watch
        );
        way.Break();
        silo.EndsAtOnce = true;
        await Host(silo).GiveWayAsync();
        Assert.False(ended.Reason.IsCompleted);
        way.Mend();
    }

    [Fact]
    public async Task Start_ClockSetBack_TakesThePlaceOfSilosThatSeemToComeLater()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        var (port, gateway) = StorageSilo.FreePorts();
        await using (await StorageSilo.StartOnPostgresAsync(database)) { }

        // From before the clock was set back an hour: one of this silo's own port that was killed, and one of another that is known to be
        // dead.
        var other = StorageSilo.FreePorts().First;
        foreach (var (ofPort, status) in new[] { (port, 3), (other, 6) })
        {
            await PostgresServer.AskAsync(
                database,
                $"""
                INSERT INTO coke.member (cluster, address, port, generation, silo, host, status, gateway_port, started, alive)
                VALUES ('test', '127.0.0.1', {ofPort}, 2000000000, 'later', 'later', {status}, 30000,
                  now() + interval '1 hour', now() + interval '1 hour')
                """
            );
        }

        var version = (int)(await PostgresServer.AskAsync(database, "SELECT version FROM coke.membership"))!;
        var ended = new Ended();
        await using var silo = await StorageSilo.StartOnPostgresAsync(database, ports: (port, gateway), configure: builder =>
        {
            ended.Watch(builder);
            // As CoKe's silos: one that was not seen for three looks at the table, and answers no probe, no longer counts.
            var second = TimeSpan.FromSeconds(1);
            builder.Configure<ClusterMembershipOptions>(membership =>
            {
                (membership.IAmAliveTablePublishTimeout, membership.TableRefreshTimeout, membership.ProbeTimeout) = (
                    second,
                    second,
                    second
                );
                (membership.NumMissedProbesLimit, membership.NumVotesForDeathDeclaration) = (2, 1);
            });
        });
        Assert.False(ended.Reason.IsCompleted);
        Assert.Equal(
            0L,
            await PostgresServer.AskAsync(database, $"SELECT count(*) FROM coke.member WHERE port = {port} AND generation = 2000000000")
        );
        Assert.Equal(
            false,
            await PostgresServer.AskAsync(
                database,
                $"SELECT alive > now() + interval '1 minute' OR started > now() + interval '1 minute' FROM coke.member WHERE port = {other}"
            )
        );
        Assert.True((int)(await PostgresServer.AskAsync(database, "SELECT version FROM coke.membership"))! > version);
    }

    static PostgresHost Host(StorageSilo silo) => silo.Services.GetServices<IHostedService>().OfType<PostgresHost>().Single();

    static SiloAddress Address(StorageSilo silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    /// <summary>Is told instead of the process being ended.</summary>
    sealed class Ended : IFatalErrorHandler
    {
        readonly TaskCompletionSource<Exception?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception?> Reason => _reason.Task;

        public void Watch(ISiloBuilder silo) => silo.Services.AddSingleton<IFatalErrorHandler>(this);

        public bool IsUnexpected(Exception exception) => true;

        public void OnFatalException(object? sender, string? context, Exception? exception)
        {
            if (exception is StorageLostException || sender is not PostgresHost)
                _reason.TrySetResult(exception);
        }
    }
}
